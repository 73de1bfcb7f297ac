#include "flatnet/core/memory.hpp"

#include "flatnet/core/check.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

namespace flatnet {

double physical_memory() {
  // Asked once: the question is a system call, longer than the call of a small network.
  static const double bytes = [] {
#if defined(_SC_PHYS_PAGES)
    const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGE_SIZE);
    if (pages > 0 && size > 0) return static_cast<double>(pages) * static_cast<double>(size);
#endif
    return 0x1p40;
  }();
  return bytes;
}

void require_memory(const char* what, double bytes) {
  const double have = physical_memory();
  if (bytes > have)
    throw too_large_error(sentence(what, " needs ", bytes / 0x1p20, " MiB, this machine has ", have / 0x1p20, " MiB"));
}

}  // namespace flatnet
