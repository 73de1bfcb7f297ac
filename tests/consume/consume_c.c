/* A C program on the installed library: FFHT's call, flatnet's own for columns, and a Fourier plan. Exit status 0 if all agree
 * with what is known of the transforms of an impulse. */
#include <flatnet/fht.h>
#include <stdio.h>

enum { log_n = 10, n = 1 << log_n, batch = 3, impulse = 5 };

static int sign(unsigned i, unsigned j) {
  int s = 1;
  for (unsigned both = i & j; both != 0; both &= both - 1) s = -s;
  return s;
}

static int hadamard(void) {
  static float x[n], columns[n * batch];
  x[impulse] = 1;
  for (int b = 0; b < batch; ++b) columns[impulse * batch + b] = (float)(b + 1);
  if (fht_float(x, log_n) != 0) return 0;
  if (flatnet_fwht_f32(columns, columns, flatnet_columns(n, batch), FLATNET_NATURAL, 1.0, 2) != FLATNET_OK) return 0;
  for (unsigned i = 0; i < n; ++i) {
    if (x[i] != (float)sign(i, impulse)) return 0;
    for (int b = 0; b < batch; ++b)
      if (columns[i * batch + b] != (float)(sign(i, impulse) * (b + 1))) return 0;
  }
  return 1;
}

static int fourier(void) {
  static flatnet_c128 x[n], y[n];
  flatnet_fft_plan* forward = flatnet_fft_plan_new(n, FLATNET_C2C, FLATNET_F64, FLATNET_FORWARD, 1.0);
  flatnet_fft_plan* inverse = flatnet_fft_plan_new(n, FLATNET_C2C, FLATNET_F64, FLATNET_INVERSE, 1.0 / n);
  int right = forward && inverse;
  x[impulse] = 1;
  right = right && flatnet_fft_execute(forward, x, y) == FLATNET_OK && flatnet_fft_execute(inverse, y, y) == FLATNET_OK;
  for (int i = 0; right && i < n; ++i) {
    const double* z = (const double*)&y[i];
    const double expected = i == impulse;
    right = z[0] - expected < 1e-14 && expected - z[0] < 1e-14 && z[1] < 1e-14 && z[1] > -1e-14;
  }
  flatnet_fft_plan_free(forward);
  flatnet_fft_plan_free(inverse);
  return right;
}

int main(void) {
  const int right = hadamard() && fourier() && fht_float(NULL, 3) != 0;
  printf("from C, %s kernels: %s; refused: %s\n", flatnet_isa(), right ? "all agrees" : "WRONG", flatnet_last_error());
  return right ? 0 : 1;
}
