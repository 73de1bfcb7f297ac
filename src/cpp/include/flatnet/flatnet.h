/* flatnet's transforms from C (C99) and C++: Walsh-Hadamard and Fourier, batched, any strides, threads.
 *
 * Every function that can fail returns 0, or one of flatnet_status; flatnet_last_error() then says in one sentence what is
 * wrong. No exception leaves the library, inputs are never changed, and a refused call leaves the output as it was. Any number
 * of threads may call at the same time. Link libflatnet.a and the C++ run-time: docs/embedding.md. */
#ifndef FLATNET_FLATNET_H
#define FLATNET_FLATNET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#include <complex>
typedef std::complex<float> flatnet_c64;
typedef std::complex<double> flatnet_c128;
extern "C" {
#else
typedef float _Complex flatnet_c64; /* real part, imaginary part */
typedef double _Complex flatnet_c128;
#endif

enum flatnet_status {
  FLATNET_OK = 0,
  FLATNET_BAD_ARGUMENT = 1, /* arguments that do not fit each other */
  FLATNET_NO_MEMORY = 2,
  FLATNET_FAILED = 3 /* anything else, such as a system that starts no threads */
};

/* What the last refused call of this thread says; "" before the first. Valid until the next refused call of this thread. */
const char* flatnet_last_error(void);

/* Name of the instruction set in use ("v4", "neon"); NULL when FLATNET_ISA in the environment asks for one that is not there. */
const char* flatnet_isa(void);

/* Where `batch` vectors lie: element j of vector i is x[i * x_batch + j * x_step], and so for y. Steps count elements, may be
 * negative, and may be zero in x. n is the length of the transform: of the real side of r2c and c2r, whose complex side has
 * n / 2 + 1 elements. y may be x itself, with the same steps; otherwise the memory that they span may not overlap. */
typedef struct flatnet_lines {
  size_t n, batch;
  ptrdiff_t x_step, x_batch;
  ptrdiff_t y_step, y_batch;
} flatnet_lines;

/* One vector after the other. */
static inline flatnet_lines flatnet_rows(size_t n, size_t batch) {
  const flatnet_lines lines = {n, batch, 1, (ptrdiff_t)n, 1, (ptrdiff_t)n};
  return lines;
}
/* Rows of r2c: n reals to n / 2 + 1 complex numbers. */
static inline flatnet_lines flatnet_rows_r2c(size_t n, size_t batch) {
  const flatnet_lines lines = {n, batch, 1, (ptrdiff_t)n, 1, (ptrdiff_t)(n / 2 + 1)};
  return lines;
}
/* Rows of c2r: n / 2 + 1 complex numbers to n reals. */
static inline flatnet_lines flatnet_rows_c2r(size_t n, size_t batch) {
  const flatnet_lines lines = {n, batch, 1, (ptrdiff_t)(n / 2 + 1), 1, (ptrdiff_t)n};
  return lines;
}
/* The batch runs fastest: columns of a row-major matrix. For every kind of transform. */
static inline flatnet_lines flatnet_columns(size_t n, size_t batch) {
  const flatnet_lines lines = {n, batch, (ptrdiff_t)batch, 1, (ptrdiff_t)batch, 1};
  return lines;
}

/* Order of the rows of the Hadamard matrix. Natural: H[i, j] = (-1)^popcount(i & j); sequency: by the number of sign changes;
 * dyadic: natural with the bits of the row number reversed. */
enum flatnet_order { FLATNET_NATURAL = 0, FLATNET_SEQUENCY = 1, FLATNET_DYADIC = 2 };

/* y = scale H x for every vector, n a power of two. Integers are exact: scale must be 1, and data with n max|x| beyond the
 * type are refused. threads: 0 means the process's default (FLATNET_THREADS, else all cores); the result has the same bits for
 * any number. */
int flatnet_fwht_f32(const float* x, float* y, flatnet_lines lines, enum flatnet_order order, double scale, int threads);
int flatnet_fwht_f64(const double* x, double* y, flatnet_lines lines, enum flatnet_order order, double scale, int threads);
int flatnet_fwht_i32(const int32_t* x, int32_t* y, flatnet_lines lines, enum flatnet_order order, double scale, int threads);
int flatnet_fwht_i64(const int64_t* x, int64_t* y, flatnet_lines lines, enum flatnet_order order, double scale, int threads);
int flatnet_fwht_c64(const flatnet_c64* x, flatnet_c64* y, flatnet_lines lines, enum flatnet_order order, double scale,
                     int threads);
int flatnet_fwht_c128(const flatnet_c128* x, flatnet_c128* y, flatnet_lines lines, enum flatnet_order order, double scale,
                      int threads);

/* y[k] = scale sum over j of x[j] exp(-+ 2 pi i j k / n): minus forward, plus inverse; any n >= 1. Not divided by n: pass
 * scale 1.0 / n for an inverse that undoes the forward transform. r2c gives elements 0 .. n / 2 of the transform of real data;
 * c2r takes those and gives real data (the imaginary part of element 0, and of n / 2 for even n, is not read). */
enum flatnet_direction { FLATNET_FORWARD = 0, FLATNET_INVERSE = 1 };

int flatnet_fft_c2c_c64(const flatnet_c64* x, flatnet_c64* y, flatnet_lines lines, enum flatnet_direction direction,
                        double scale, int threads);
int flatnet_fft_c2c_c128(const flatnet_c128* x, flatnet_c128* y, flatnet_lines lines, enum flatnet_direction direction,
                         double scale, int threads);
int flatnet_fft_r2c_f32(const float* x, flatnet_c64* y, flatnet_lines lines, enum flatnet_direction direction, double scale,
                        int threads);
int flatnet_fft_r2c_f64(const double* x, flatnet_c128* y, flatnet_lines lines, enum flatnet_direction direction, double scale,
                        int threads);
int flatnet_fft_c2r_f32(const flatnet_c64* x, float* y, flatnet_lines lines, enum flatnet_direction direction, double scale,
                        int threads);
int flatnet_fft_c2r_f64(const flatnet_c128* x, double* y, flatnet_lines lines, enum flatnet_direction direction, double scale,
                        int threads);

/* A plan for one contiguous vector, called over and over. It never changes: any number of threads may execute one. */
typedef struct flatnet_fft_plan flatnet_fft_plan;
enum flatnet_fft_kind { FLATNET_C2C = 0, FLATNET_R2C = 1, FLATNET_C2R = 2 };
enum flatnet_precision { FLATNET_F32 = 0, FLATNET_F64 = 1 };

/* NULL when refused. */
flatnet_fft_plan* flatnet_fft_plan_new(size_t n, enum flatnet_fft_kind kind, enum flatnet_precision precision,
                                       enum flatnet_direction direction, double scale);
/* x and y as the functions above read and write them, any alignment of their elements; y may be x in c2c. Allocates nothing,
 * but for scratch at the first call in a thread, and at every call where scratch is beyond 64 MiB. */
int flatnet_fft_execute(const flatnet_fft_plan* plan, const void* x, void* y);
/* NULL is fine. */
void flatnet_fft_plan_free(flatnet_fft_plan* plan);

/* The transform of one contiguous vector of 2^log_n elements in place, unscaled, natural order: FFHT's calls. flatnet/fht.h
 * gives them FFHT's names. The _oop ones leave `in` as it was. */
int flatnet_fht_float(float* buf, int log_n);
int flatnet_fht_double(double* buf, int log_n);
int flatnet_fht_float_oop(const float* in, float* out, int log_n);
int flatnet_fht_double_oop(const double* in, double* out, int log_n);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* FLATNET_FLATNET_H */
