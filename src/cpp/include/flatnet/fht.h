/* FFHT's interface (fht.h of FALCONN-LIB/FFHT) on flatnet's kernels: include this header instead, link flatnet, change nothing
 * else. The functions are inline, their symbols are flatnet's own: a program may hold FFHT itself as well. They return 0, and
 * another number where flatnet_last_error() says why not. */
#ifndef FLATNET_FHT_H
#define FLATNET_FHT_H

#ifdef _FHT_H_
#error "flatnet/fht.h stands in for FFHT's fht.h: include one of them"
#endif

#include "flatnet/flatnet.h"

static inline int fht_float(float* buf, int log_n) { return flatnet_fht_float(buf, log_n); }
static inline int fht_double(double* buf, int log_n) { return flatnet_fht_double(buf, log_n); }
static inline int fht_float_oop(float* in, float* out, int log_n) { return flatnet_fht_float_oop(in, out, log_n); }
static inline int fht_double_oop(double* in, double* out, int log_n) { return flatnet_fht_double_oop(in, out, log_n); }

#ifdef __cplusplus
static inline int fht(float* buf, int log_n) { return flatnet_fht_float(buf, log_n); }
static inline int fht(double* buf, int log_n) { return flatnet_fht_double(buf, log_n); }
static inline int fht(float* in, float* out, int log_n) { return flatnet_fht_float_oop(in, out, log_n); }
static inline int fht(double* in, double* out, int log_n) { return flatnet_fht_double_oop(in, out, log_n); }
#endif

#endif /* FLATNET_FHT_H */
