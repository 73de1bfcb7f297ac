#pragma once
/// Sparse rows as the kernels read them: rows of like lengths side by side in slices of four (kernels::CsrArgs), indices of 16
/// bits where the columns allow it, one value where all are the same. Made at first use and kept beside the rows.
#include <mutex>

#include "flatnet/factors/values.hpp"
#include "flatnet/kernels/table.hpp"

namespace flatnet {

struct Csr;

class Sliced {
 public:
  /// A kernel's arguments for the rows of `m` (whose cache this is) with values in `dtype`, but for x, y and lanes.
  /// Safe from many threads; allocates at the first call for a dtype only.
  kernels::CsrArgs args(const Csr& m, Dtype dtype);
  /// Bits of an index: 16, 32 or 64.
  static int index_bits(const Csr& m);

  /// The slices first .. last - 1 that are part `part` of `parts`: about as many entries in each.
  static void share(kernels::CsrArgs& args, index_t part, index_t parts);

 private:
  struct Weights {
    std::once_flag made;
    Buffer values;
    bool shared = false;
  };
  void arrange(const Csr& m);
  template <class T> void fill(const Csr& m, Weights& to) const;

  std::once_flag arranged_;
  Buffer order_, lengths_;
  std::shared_ptr<const void> indices_;
  std::shared_ptr<index_t[]> begin_;
  index_t slices_ = 0;
  Weights weights_[dtype_count];
};

}  // namespace flatnet
