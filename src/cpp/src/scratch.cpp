#include "flatnet/core/scratch.hpp"

#include <new>

#include "flatnet/core/memory.hpp"

namespace flatnet {
namespace {

struct Kept {
  std::byte* data = nullptr;
  std::size_t bytes = 0;
  ~Kept() { ::operator delete(data, std::align_val_t{Scratch::alignment}); }
};
thread_local Kept kept;

}  // namespace

Scratch::Scratch(std::size_t bytes) {
  if (kept.bytes >= bytes) {
    data_ = kept.data;
    bytes_ = kept.bytes;
    kept.data = nullptr;
    kept.bytes = 0;
    return;
  }
  require_memory("scratch for the panels", static_cast<double>(bytes));
  data_ = static_cast<std::byte*>(::operator new(bytes, std::align_val_t{alignment}));
  bytes_ = bytes;
}

Scratch::~Scratch() {
  if (bytes_ <= kept_bytes && bytes_ > kept.bytes) {
    ::operator delete(kept.data, std::align_val_t{alignment});
    kept.data = data_;
    kept.bytes = bytes_;
    return;
  }
  ::operator delete(data_, std::align_val_t{alignment});
}

}  // namespace flatnet
