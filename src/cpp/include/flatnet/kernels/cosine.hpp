#pragma once
/// The steps before and after the Fourier transforms inside cosine and sine transforms, along one contiguous vector (line) or on
/// panels (rows: W lanes of W vectors, kernels/fourier.hpp). Element i of a vector stands at i, or is row i; complex number j is
/// elements 2j and 2j + 1.
#include "flatnet/core/types.hpp"

namespace flatnet::kernels {

/// n is the length of the cosine or sine transform (fold, spread: the odd N = n - 1 of cosines, n + 1 of sines). A step never
/// writes what it reads. Sines of types 2 and 3 are cosines of (-1)^j x_j, backwards.
struct CosineArgs {
  index_t n;
  const void* x;
  const void* x2;
  void* y;
  void* y2;
  const void* w;  // planar tables, named at each step
  bool sine;
  double first;  // factor on what comes from the first element (type 1: the ends)
};
using CosineKernel = void (*)(const CosineArgs&) noexcept;

struct CosineSet {
  /// Type 2: the evens, then the odds backwards, y_i = x_{2i}, y_{n-1-i} = +-x_{2i+1}; merge: the way back, type 3.
  CosineKernel split, merge;
  /// Even n = 2h, from the transform Z of the h complex numbers that split leaves: y_k = Re c_k, y_{n-k} = -Im c_k with
  /// c_k = 2 w_k V_k, V the transform of split's real numbers, w_k = exp(-pi i k / 2n). With P = w_k (Z_k + conj Z_{h-k}) and
  /// Q = -i w_{5k} (Z_k - conj Z_{h-k}) this is c_k = P + Q, c_{h-k} = exp(-pi i / 4) conj(P - Q).
  /// w, h/2 + 1 numbers each: Re w_k, Im w_k, Re(-i w_{5k}), Im(-i w_{5k}). to_half: the way back, type 3.
  CosineKernel from_half, to_half;
  /// Odd n: y_k = Re w_k V_k, y_{n-k} = -Im w_k V_k from V_k, k <= n/2; w: Re w_k, Im w_k. to_whole: V_k = conj(w_k) (x_k - i x_{n-k}).
  CosineKernel from_whole, to_whole;
  /// Type 4, even n = 2h: y_j = w_j (x_{2j} + i x_{n-1-2j}), j < h (sines: the parts exchanged); w: Re w_j, Im w_j.
  CosineKernel pair4;
  /// y_{2k} = Re w_k x_k, y_{n-1-2k} = -Im w_k x_k (sines: plus).
  CosineKernel part4;
  /// Type 1, odd n: y_i = x_i + x_{n-1-i}, i <= n/2, and y2_i = x_i - x_{n-1-i}, i < n/2.
  CosineKernel mirror;
  /// y_{2i} = x_i, y_{2i+1} = x2_i.
  CosineKernel join;
  /// Type 1, even number of elements, N odd: y_j = s_j + i (-1)^j f_j, j < N, with e the even extension, s_j = e_j + e_{N-j} and
  /// f_j = e_j - e_{N-j} (sines: the odd extension, s_j = e_j - e_{N-j}, f_j = e_j + e_{N-j}).
  CosineKernel fold;
  /// From the transform Z of fold's numbers: y_{2k} = Re Z_k, y_{N-2k} = Im Z_k (sines: element m = 1 .. N-1 stands at y_{m-1};
  /// m = 2k is -Im Z_k, m = N - 2k is -Re Z_k).
  CosineKernel spread;
};

struct CosineTable {
  CosineSet line[2];  // by component size (4, 8 bytes)
  CosineSet rows[2];
};

}  // namespace flatnet::kernels
