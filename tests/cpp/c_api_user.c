/* flatnet.h and fht.h compiled as C: the impulse's transforms are constant, and back again. 0 if all is right. */
#include "flatnet/fht.h"

enum { log_n = 6, n = 1 << log_n };

static int real_to_complex_and_back(void) {
  double x[n] = {1}, back[n];
  flatnet_c128 y[n / 2 + 1];
  if (flatnet_fft_r2c_f64(x, y, flatnet_rows_r2c(n, 1), FLATNET_FORWARD, 1.0, 1) != FLATNET_OK) return 1;
  if (flatnet_fft_c2r_f64(y, back, flatnet_rows_c2r(n, 1), FLATNET_INVERSE, 1.0 / n, 1) != FLATNET_OK) return 1;
  for (int i = 0; i <= n / 2; ++i)
    if (y[i] != 1) return 1;
  for (int i = 0; i < n; ++i)
    if (back[i] != x[i]) return 1;
  return 0;
}

int c_user(void) {
  float buf[n] = {1};
  flatnet_c64 z[n] = {1}, w[n];
  flatnet_fft_plan* plan = flatnet_fft_plan_new(n, FLATNET_C2C, FLATNET_F32, FLATNET_FORWARD, 1.0);
  if (!plan || flatnet_fft_execute(plan, z, w) != FLATNET_OK) return 1;
  flatnet_fft_plan_free(plan);
  if (fht_float(buf, log_n) != 0 || fht_float(buf, 99) == 0 || !*flatnet_last_error()) return 1;
  for (int i = 0; i < n; ++i)
    if (buf[i] != 1 || w[i] != 1) return 1;
  return real_to_complex_and_back();
}
