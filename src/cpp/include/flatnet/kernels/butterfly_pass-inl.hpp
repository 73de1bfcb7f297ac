// A pass of up to seven 2 x 2 stages over blocks of 2^stages rows. A block is read from x once, passes through sweeps of two (or,
// once, three or one) stages in a buffer that stays in the nearest cache, and is written to y once. Weights are packed in the order
// in which they are read. A sweep of two stages holds 4 rows of C vectors: 16 weights are broadcast for 32 C operations, and with
// C = 2 data, weights and products fit into 16 registers; of three stages 8 rows, 48 weights for 96 operations.
namespace flatnet::FLATNET_ISA {
namespace {

// Keeps a vector in its register: read row after row, neighbours together, rows of equal distance do not wait for one bank.
#if defined(__aarch64__)
#define FLATNET_IN_REGISTER "w"
#elif defined(__AVX512F__)
#define FLATNET_IN_REGISTER "v"
#else
#define FLATNET_IN_REGISTER "x"
#endif

// Stage t of 2^S rows: pair (j, j + 2^bit) with its four weights one after the other. First term a plain product, as in blocks-inl.hpp.
template <class T, int S, int C, bool Up, int t>
[[gnu::always_inline]] inline void packed_stage(Vec<T> (&row)[1 << S][C], const T* weights) {
  constexpr int bit = Up ? t : S - 1 - t, half = 1 << bit;
  FLATNET_UNROLL
  for (int i = 0; i < 1 << (S - 1); ++i) {
    const int j = (i >> bit << (bit + 1)) | (i & (half - 1));
    const T* w = weights + 4 * i;
    Vec<T> a[C], b[C];
    FLATNET_UNROLL
    for (int q = 0; q < C; ++q) a[q] = row[j][q], b[q] = row[j + half][q];
    const Vec<T> w00 = broadcast(w[0]), w01 = broadcast(w[1]), w10 = broadcast(w[2]), w11 = broadcast(w[3]);
    FLATNET_UNROLL
    for (int q = 0; q < C; ++q) row[j][q] = vmadd<T>(w01, b[q], w00 * a[q]);
    FLATNET_UNROLL
    for (int q = 0; q < C; ++q) row[j + half][q] = vmadd<T>(w11, b[q], w10 * a[q]);
  }
}

template <class T, int S, int C, bool Up, bool Stream>
[[gnu::always_inline]] inline void packed_group(const T* x, index_t x_step, T* y, index_t y_step, const T* weights) {
  constexpr int R = 1 << S;
  Vec<T> row[R][C];
  FLATNET_UNROLL
  for (int j = 0; j < R; ++j) FLATNET_UNROLL
  for (int q = 0; q < C; ++q) {
    row[j][q] = load(x + j * x_step + q * width<T>);
    asm("" : "+" FLATNET_IN_REGISTER(row[j][q]));
  }
  packed_stage<T, S, C, Up, 0>(row, weights);
  if constexpr (S > 1) packed_stage<T, S, C, Up, 1>(row, weights + 2 * R);
  if constexpr (S > 2) packed_stage<T, S, C, Up, 2>(row, weights + 4 * R);
  FLATNET_UNROLL
  for (int j = 0; j < R; ++j) FLATNET_UNROLL
  for (int q = 0; q < C; ++q) {
    if constexpr (Stream) stream(y + j * y_step + q * width<T>, row[j][q]);
    else store(y + j * y_step + q * width<T>, row[j][q]);
  }
}

// From where to where a sweep goes: rows of `lanes` elements, `step` apart.
template <class T> struct Sweep {
  const T* x;
  index_t x_step;
  T* y;
  index_t y_step;
  index_t lanes;
  index_t ahead;  // what is read next lies there [elements]; 0: nothing is fetched
};

// Stages bit .. bit + S - 1 of a block. The compiler is kept from giving each row a pointer of its own (the empty asm): the
// loop over the lanes is short, and what stands before it would cost as much.
template <class T, int S, int C, bool Up, bool Stream>
[[gnu::noinline]] void packed_sweep(const Sweep<T>& g, int stages, int bit, const T* weights) {
  const index_t x_step = g.x_step << bit, y_step = g.y_step << bit, lines = x_step * static_cast<index_t>(sizeof(T));
  const T* x = g.x;
  T* y = g.y;
  for (index_t high = index_t{1} << (stages - bit - S); high > 0; --high, x += x_step << S, y += y_step << S) {
    const T* from = x;
    T* to = y;
    for (index_t low = index_t{1} << bit; low > 0; --low, from += g.x_step, to += g.y_step, weights += S * (2 << S)) {
      const T* xp = from;
      T* yp = to;
      index_t p = g.lanes;
      for (; p >= C * width<T>; p -= C * width<T>, xp += C * width<T>, yp += C * width<T>) {
        asm("" : "+r"(xp), "+r"(yp));
        if (g.ahead != 0) {
          const char* next = reinterpret_cast<const char*>(xp + g.ahead);
          FLATNET_UNROLL
          for (int j = 0; j < 1 << S; ++j) __builtin_prefetch(next + j * lines);
        }
        packed_group<T, S, C, Up, Stream>(xp, x_step, yp, y_step, weights);
      }
      if constexpr (C > 1)
        for (; p > 0; p -= width<T>, xp += width<T>, yp += width<T>)
          packed_group<T, S, 1, Up, Stream>(xp, x_step, yp, y_step, weights);
    }
  }
}

inline constexpr int packed_vectors = FLATNET_REGISTERS >= 32 ? 4 : 2;

template <class T, bool Up, bool Stream>
inline void sweep_of(const Sweep<T>& sweep, int count, int stages, int bit, const T* weights) {
  if (count == 3) packed_sweep<T, 3, packed_vectors / 2, Up, Stream>(sweep, stages, bit, weights);
  else if (count == 2) packed_sweep<T, 2, packed_vectors, Up, Stream>(sweep, stages, bit, weights);
  else packed_sweep<T, 1, packed_vectors, Up, Stream>(sweep, stages, bit, weights);
}

template <class T, bool Up> inline void pass_block(const ButterflyPass& g, const T* x, T* y, const T* weights) {
  T* buffer = static_cast<T*>(g.buffer);
  Sweep<T> sweep{x, g.x_step, buffer, g.lanes, g.lanes, g.ahead ? g.x_next : 0};
  for (int done = 0; done < g.stages;) {
    const int count = ButterflyPass::sweep(g.stages - done), bit = Up ? done : g.stages - done - count;
    const bool last = done + count == g.stages;
    if (last) sweep.y = y, sweep.y_step = g.y_step;
    if (last && g.stream) sweep_of<T, Up, true>(sweep, count, g.stages, bit, weights);
    else sweep_of<T, Up, false>(sweep, count, g.stages, bit, weights);
    weights += (index_t{2} << g.stages) * count;
    done += count;
    sweep.x = sweep.y, sweep.x_step = sweep.y_step, sweep.ahead = 0;
  }
}

template <class T> void butterfly_pass(const ButterflyPass& g) noexcept {
  const T* x = static_cast<const T*>(g.x);
  T* y = static_cast<T*>(g.y);
  const T* weights = static_cast<const T*>(g.weights);
  const index_t block = (index_t{2} << g.stages) * g.stages;
  for (index_t i = 0; i < g.blocks; ++i, x += g.x_next, y += g.y_next, weights += block) {
    if (g.up) pass_block<T, true>(g, x, y, weights);
    else pass_block<T, false>(g, x, y, weights);
  }
  if (g.stream) stream_end();
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
