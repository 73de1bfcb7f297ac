#include "output.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>

namespace py = pybind11;

namespace flatnet::python {
namespace {

constexpr std::size_t kept_from = std::size_t{1} << 16;    // bytes of an array that takes part
constexpr std::size_t kept_bytes = std::size_t{64} << 20;  // of all blocks that wait
constexpr std::size_t line = 64, huge_page = std::size_t{1} << 21;

// NumPy's C API as far as it is needed (numpy/ndarraytypes.h, NEP 49): PyDataMem_Handler, version 1.
struct Allocator {
  void* context;
  void* (*malloc)(void*, std::size_t);
  void* (*calloc)(void*, std::size_t, std::size_t);
  void* (*realloc)(void*, void*, std::size_t);
  void (*free)(void*, void*, std::size_t);
};
struct Handler {
  char name[127];
  std::uint8_t version;
  Allocator allocator;
};

// A block begins with a line that tells its size; what follows is the array's.
struct Block {
  std::size_t bytes;  // with this line
  std::byte* data() { return reinterpret_cast<std::byte*>(this) + line; }
  static Block* of(void* data) { return reinterpret_cast<Block*>(static_cast<std::byte*>(data) - line); }
};

Block* map(std::size_t bytes) {
  const std::size_t room = bytes + (bytes >= huge_page ? huge_page : 0);
  void* const p = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return nullptr;
  auto* begin = static_cast<std::byte*>(p);
  if (room > bytes) {  // from a boundary of huge pages on
    const std::size_t ahead = (huge_page - reinterpret_cast<std::uintptr_t>(p) % huge_page) % huge_page;
    if (ahead > 0) munmap(begin, ahead);
    begin += ahead;
    munmap(begin + bytes, huge_page - ahead);
#ifdef MADV_HUGEPAGE
    madvise(begin, bytes, MADV_HUGEPAGE);
#endif
  }
  auto* const block = new (begin) Block{bytes};
  return block;
}

// Blocks that wait for the next array, the longest unused first. Never destroyed: arrays outlive the module. Nobody waits for the
// lock: who does not get it maps or unmaps instead, and so does a child that was forked while another thread held it.
class Kept {
 public:
  Block* take(std::size_t bytes) {
    const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
    if (!lock) return nullptr;
    auto best = blocks_.end();
    for (auto b = blocks_.begin(); b != blocks_.end(); ++b)
      if ((*b)->bytes >= bytes && (*b)->bytes <= bytes + bytes / 4 && (best == blocks_.end() || (*b)->bytes < (*best)->bytes))
        best = b;
    if (best == blocks_.end()) return nullptr;
    Block* const block = *best;
    blocks_.erase(best);
    total_ -= block->bytes;
    return block;
  }

  void give(Block* block) {
    const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
    if (!lock) {
      munmap(block, block->bytes);
      return;
    }
    blocks_.push_back(block);
    total_ += block->bytes;
    std::size_t gone = 0;
    for (; total_ > kept_bytes; ++gone) {
      total_ -= blocks_[gone]->bytes;
      munmap(blocks_[gone], blocks_[gone]->bytes);
    }
    blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(gone));
  }

 private:
  std::mutex mutex_;
  std::vector<Block*> blocks_;
  std::size_t total_ = 0;
};

Kept& kept() {
  static Kept& all = *new Kept;
  return all;
}

void* allocate(void*, std::size_t size) {
  static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t bytes = (size + line + page - 1) / page * page;
  if (bytes < size) return nullptr;
  Block* block = kept().take(bytes);
  if (!block) block = map(bytes);
  return block ? block->data() : nullptr;
}

void release(void*, void* data, std::size_t) {
  if (data) kept().give(Block::of(data));
}

void* allocate_zeros(void*, std::size_t count, std::size_t size) {
  if (size > 0 && count > SIZE_MAX / size) return nullptr;
  void* const data = allocate(nullptr, count * size);
  if (data) std::memset(data, 0, count * size);
  return data;
}

void* reallocate(void*, void* data, std::size_t size) {
  void* const grown = allocate(nullptr, size);
  if (!grown || !data) return grown;
  std::memcpy(grown, data, std::min(size, Block::of(data)->bytes - line));
  release(nullptr, data, 0);
  return grown;
}

Handler handler = {"flatnet", 1, {nullptr, allocate, allocate_zeros, reallocate, release}};

// From here to its end, arrays of this thread take their memory from the blocks above; the user's own allocator stays.
class Exchange {
 public:
  Exchange() : before_(numpy().set(numpy().own)) {
    if (!before_) throw py::error_already_set();
    const auto* const other = static_cast<const Handler*>(PyCapsule_GetPointer(before_, "mem_handler"));
    if (!other || std::strcmp(other->name, "default_allocator") != 0) back();
    if (!other) throw py::error_already_set();
  }
  ~Exchange() { back(); }

 private:
  struct Numpy {
    PyObject* (*set)(PyObject*);  // PyDataMem_SetHandler: the handler before
    PyObject* own;
    Numpy() {
      const py::object api = py::detail::import_numpy_core_submodule("multiarray").attr("_ARRAY_API");
      void** const table = static_cast<void**>(PyCapsule_GetPointer(api.ptr(), nullptr));
      own = table ? PyCapsule_New(&handler, "mem_handler", nullptr) : nullptr;
      if (!own) throw py::error_already_set();
      set = reinterpret_cast<PyObject* (*)(PyObject*)>(table[304]);
    }
  };
  static const Numpy& numpy() {
    static const Numpy& found = *new Numpy;
    return found;
  }
  void back() {
    if (!before_) return;
    Py_XDECREF(numpy().set(before_));
    Py_CLEAR(before_);
  }
  PyObject* before_;
};

}  // namespace

py::array output(const py::dtype& dtype, const std::vector<py::ssize_t>& shape) {
  auto bytes = static_cast<std::size_t>(dtype.itemsize());
  for (const py::ssize_t n : shape) bytes *= static_cast<std::size_t>(n);
  if (bytes < kept_from) return py::array(dtype, shape);
  const Exchange exchange;
  return py::array(dtype, shape);
}

}  // namespace flatnet::python
