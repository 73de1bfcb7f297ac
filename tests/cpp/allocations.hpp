#pragma once
/// Counts what operator new hands out, in every thread of the program. Included by one file of an executable: it replaces the
/// operators.
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace test {

inline std::atomic<long> allocations{0}, allocated_bytes{0};

inline void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  allocated_bytes += static_cast<long>(bytes);
  const std::size_t size = (bytes + alignment - 1) / alignment * alignment;
  void* const p = std::aligned_alloc(alignment, size ? size : alignment);
  if (!p) throw std::bad_alloc();
  return p;
}

struct Allocated { long count, bytes; };
/// What f allocates.
template <class F> Allocated allocated(F&& f) {
  const long count = allocations, bytes = allocated_bytes;
  f();
  return {allocations - count, allocated_bytes - bytes};
}

}  // namespace test

void* operator new(std::size_t bytes) { return test::counted(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t a) { return test::counted(bytes, static_cast<std::size_t>(a)); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
