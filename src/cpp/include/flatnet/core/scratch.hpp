#pragma once
/// Scratch memory for panels: aligned blocks per calling thread, kept between calls up to `kept_bytes`.
#include <cstddef>

namespace flatnet {

class Scratch {
 public:
  static constexpr std::size_t alignment = 64;  // bytes, one cache line and one 512-bit register
  static constexpr std::size_t kept_bytes = std::size_t{64} << 20;

  /// Borrows at least `bytes`; throws std::bad_alloc before anything is written.
  explicit Scratch(std::size_t bytes);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::byte* data() const { return data_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace flatnet
