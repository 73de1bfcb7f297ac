/* FFHT's calls on flatnet's kernels: a pseudo-random rotation x -> H D3 H D2 H D1 x / n^(3/2), the one that FALCONN and many
 * others use FFHT for, and its inverse. A program written for FFHT changes one line, its #include, and links flatnet:
 *
 *   F="$(dirname "$(python -c 'import flatnet; print(flatnet.get_include())')")"
 *   cc -O2 ffht.c -I "$F/include" "$F/lib/libflatnet.a" -lstdc++ -lm -pthread -o ffht && ./ffht
 */
#include <flatnet/fht.h> /* was: #include "fht.h" */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOG_N = 16, N = 1 << LOG_N, ROUNDS = 3 };

static uint64_t state;

/* +1 or -1, by xorshift64 and its highest bit. */
static float next_sign(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state >> 63 ? -1.0f : 1.0f;
}

/* One round is H D / sqrt(n); its inverse D H / sqrt(n). */
static int rotate(float* x, const float* signs, int inverse) {
  const float scale = 1.0f / sqrtf((float)N);
  for (int round = 0; round < ROUNDS; ++round) {
    const float* d = signs + (size_t)(inverse ? ROUNDS - 1 - round : round) * N;
    if (!inverse)
      for (int i = 0; i < N; ++i) x[i] *= d[i];
    if (fht_float(x, LOG_N) != 0) return 1;
    for (int i = 0; i < N; ++i) x[i] *= inverse ? scale * d[i] : scale;
  }
  return 0;
}

static double norm(const float* x) {
  double sum = 0;
  for (int i = 0; i < N; ++i) sum += (double)x[i] * x[i];
  return sqrt(sum);
}

int main(void) {
  float* x = calloc(N, sizeof *x);
  float* signs = malloc(sizeof *signs * ROUNDS * N);
  if (!x || !signs) return 1;
  state = 88172645463325252u;
  for (size_t i = 0; i < (size_t)ROUNDS * N; ++i) signs[i] = next_sign();

  x[5] = 3.0f; /* all its weight in two places, as bad for hashing as can be */
  x[N - 1] = 4.0f;
  if (rotate(x, signs, 0) != 0) {
    fprintf(stderr, "%s\n", flatnet_last_error());
    return 1;
  }
  float largest = 0;
  for (int i = 0; i < N; ++i) largest = fmaxf(largest, fabsf(x[i]));
  printf("norm %.4f, largest of %d coordinates %.3f\n", norm(x), N, largest);

  if (rotate(x, signs, 1) != 0) return 1;
  printf("back: x[5] = %.4f, x[%d] = %.4f, norm %.4f\n", x[5], N - 1, x[N - 1], norm(x));

  if (fht_float(x, -1) == 0) return 1;
  printf("refused: %s\n", flatnet_last_error());
  free(signs);
  free(x);
  return 0;
}
