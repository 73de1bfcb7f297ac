#include "flatnet/core/scratch.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "flatnet/core/memory.hpp"

namespace flatnet {
namespace {

// Blocks of this thread that wait for the next call: a call may borrow some at a time, one within the other.
struct Block {
  std::byte* data = nullptr;
  std::size_t bytes = 0;
};
void release(const Block& block) { ::operator delete(block.data, std::align_val_t{Scratch::alignment}); }

struct Kept {
  Block blocks[4];
  ~Kept() {
    for (const Block& block : blocks) release(block);
  }
  // The smallest that is large enough, or none.
  Block take(std::size_t bytes) {
    Block* best = nullptr;
    for (Block& block : blocks)
      if (block.data && block.bytes >= bytes && (!best || block.bytes < best->bytes)) best = &block;
    return best ? std::exchange(*best, Block{}) : Block{};
  }
  // In an empty place, or in that of the smallest if that is smaller; all together stay below the limit.
  void give(Block block) {
    std::size_t total = block.bytes;
    for (const Block& other : blocks) total += other.bytes;
    Block* const least = std::min_element(blocks, blocks + 4, [](const Block& p, const Block& q) { return p.bytes < q.bytes; });
    if (least->bytes < block.bytes && total - least->bytes <= Scratch::kept_bytes) std::swap(*least, block);
    release(block);
  }
};
thread_local Kept kept;

}  // namespace

Scratch::Scratch(std::size_t bytes) {
  Block block = kept.take(bytes);
  if (!block.data) {
    require_memory("scratch for the panels", static_cast<double>(bytes));
    block = {static_cast<std::byte*>(::operator new(bytes, std::align_val_t{alignment})), bytes};
  }
  data_ = block.data;
  bytes_ = block.bytes;
}

Scratch::~Scratch() { kept.give({data_, bytes_}); }

}  // namespace flatnet
