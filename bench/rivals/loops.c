/* Loops around one call, so that no call of Python is timed: transforms below 2^14 last less than one. The functions come as
 * pointers, flatnet's from its static library by name, the rivals' from their shared ones. */
#include <flatnet/flatnet.h>
#include <string.h>
#include <time.h>

#define LOOP __attribute__((visibility("default")))

enum { in_a_row = 8 }; /* transforms before the data are put back: each multiplies their norm by sqrt(n) */

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

LOOP void* flatnet_function(const char* name) {
  if (!strcmp(name, "fht_float")) return (void*)flatnet_fht_float;
  if (!strcmp(name, "fht_double")) return (void*)flatnet_fht_double;
  if (!strcmp(name, "plan_new")) return (void*)flatnet_fft_plan_new;
  if (!strcmp(name, "plan_free")) return (void*)flatnet_fft_plan_free;
  if (!strcmp(name, "execute")) return (void*)flatnet_fft_execute;
  return NULL;
}

/* Seconds a call of f(buf, log_n), in place. Above 16 KiB the copies are outside of the time; below, where reading the clock
 * would weigh more than they do, inside. */
LOOP double in_place(int (*f)(void*, int), void* buf, const void* source, size_t bytes, int log_n, long calls) {
  const int copy_apart = bytes > 1 << 14;
  double spent = 0, begin = now();
  for (long done = 0; done < calls; done += in_a_row) {
    const long some = calls - done < in_a_row ? calls - done : in_a_row;
    memcpy(buf, source, bytes);
    if (copy_apart) begin = now();
    for (long i = 0; i < some; ++i) f(buf, log_n);
    if (copy_apart) spent += now() - begin;
  }
  return (copy_apart ? spent : now() - begin) / (double)calls;
}

/* Rows one after the other or shared by threads: f(from, to, log_n). */
LOOP void rows(int (*f)(const void*, void*, int), const char* from, char* to, size_t bytes, int log_n, long count,
               int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (long i = 0; i < count; ++i) f(from + i * bytes, to + i * bytes, log_n);
}

/* f(plan, x, y): FFTW's execute_dft, flatnet_fft_execute. */
LOOP double executed(void (*f)(const void*, const void*, void*), const void* plan, const void* x, void* y, long calls) {
  const double begin = now();
  for (long i = 0; i < calls; ++i) f(plan, x, y);
  return (now() - begin) / (double)calls;
}

/* The same for MKL's DftiComputeForward, which takes any number of pointers. */
LOOP double executed_variadic(long (*f)(const void*, ...), const void* plan, const void* x, void* y, long calls) {
  const double begin = now();
  for (long i = 0; i < calls; ++i) f(plan, x, y);
  return (now() - begin) / (double)calls;
}
