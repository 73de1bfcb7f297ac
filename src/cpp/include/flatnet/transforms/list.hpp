#pragma once
/// THE LIST of transforms that C++ programs can build by themselves; Python adds those that need LAPACK or filter tables.
#include "flatnet/network/network.hpp"

namespace flatnet {

/// Walsh-Hadamard transform, natural order: log2(n) stages I (x) [[1,1],[1,-1]] (x) I; 2 n log2(n) synapses. n a power of two.
Network hadamard(index_t n);
/// Discrete Fourier transform (inverse: e^{+...}, divided by n): log2(n) radix-2 stages, bit reversal folded into the first;
/// 2 n log2(n) synapses, complex weights.
Network dft(index_t n, bool inverse = false);
/// y[S] = sum of x[T] over T in S on 2^m points (inverse: Moebius transform); 1.5 m 2^m synapses.
Network zeta(int m, bool inverse = false);

/// log2 of a power of two; shape_error "<what> needs a power of two, got n=..." otherwise.
int log2_exact(const char* what, index_t n);
/// Bit-reversal permutation of n = 2^m points.
Index bit_reversal(index_t n);

}  // namespace flatnet
