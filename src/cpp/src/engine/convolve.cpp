#include "flatnet/engine/convolve.hpp"

#include <algorithm>
#include <cstring>

#include "convolve_blocks.hpp"
#include "flatnet/core/check.hpp"
#include "flatnet/core/isa.hpp"
#include "flatnet/core/parallel.hpp"
#include "flatnet/core/scratch.hpp"
#include "flatnet/engine/fourier.hpp"
#include "spectrum.hpp"

namespace flatnet::engine {
namespace {

using convolution::Blocks;

struct Job {
  const Lines& a;
  const Lines& v;
  const void* a_data;
  const void* v_data;
  void* y;
  index_t first;
};

/// One line after another through blocks that stay in cache: transform, product with the kernel's spectrum, transform back.
/// E: reals an element (1: real data, 2: complex).
template <class T, int E> class Fourier {
 public:
  Fourier(const Job& job, const Blocks& blocks, const kernels::Table& table)
      : job_(job), blocks_(blocks), plan_(fourier_plan(dtype_of<T>::value, blocks.length, &table)) {
    const index_t length = blocks.length;
    data_ = aligned<T>((length + 2) * E);
    spectrum_ = aligned<T>(2 * (E == 1 ? length / 2 + 1 : length));
    rest_ = (plan_->scratch_bytes() + 63) / 64 * 64;
  }

  void run(int threads) const {
    const index_t lines = job_.a.count;
    const bool shared = std::all_of(job_.v.batch.begin(), job_.v.batch.end(), [](const BatchAxis& d) { return d.x == 0; });
    const index_t tasks = shared ? lines * blocks_.count : lines;
    threads = team(lines * blocks_.count * blocks_.length, tasks, threads);
    const index_t mine = data_ + 2 * spectrum_ + rest_;
    const Scratch scratch(static_cast<std::size_t>(spectrum_ + mine * threads));
    T* common = reinterpret_cast<T*>(scratch.data());
    if (shared) kernel(0, common, scratch.data() + spectrum_);
    parallel_for(tasks, threads, [&](index_t i, int thread) {
      std::byte* own = scratch.data() + spectrum_ + mine * thread;
      if (shared) {
        block(i / blocks_.count, i % blocks_.count, common, own);
        return;
      }
      T* factors = reinterpret_cast<T*>(own + data_ + spectrum_);
      kernel(i, factors, own);
      for (index_t b = 0; b < blocks_.count; ++b) block(i, b, factors, own);
    });
  }

 private:
  void forward(const T* x, T* spectrum, double scale, void* rest) const {
    if constexpr (E == 1) plan_->r2c(x, spectrum, false, scale, rest);
    else plan_->c2c(x, spectrum, false, scale, rest);
  }

  /// The spectrum, over the length, of the kernel of a line; `own` is a task's memory.
  void kernel(index_t line, T* factors, std::byte* own) const {
    index_t from, to;
    job_.v.offsets(line, 1, &from, &to);
    T* x = reinterpret_cast<T*>(own);
    fill<T, E>(static_cast<const T*>(job_.v_data) + E * from, job_.v.x_step, job_.v.n_in, 0, blocks_.length, x);
    forward(x, factors, 1.0 / static_cast<double>(blocks_.length), own + data_ + 2 * spectrum_);
  }

  void block(index_t line, index_t b, const T* factors, std::byte* own) const {
    index_t from, to;
    job_.a.offsets(line, 1, &from, &to);
    T* x = reinterpret_cast<T*>(own);
    T* spectrum = reinterpret_cast<T*>(own + data_);
    void* rest = own + data_ + 2 * spectrum_;
    const index_t start = blocks_.start + b * blocks_.step;
    fill<T, E>(static_cast<const T*>(job_.a_data) + E * from, job_.a.x_step, job_.a.n_in, start, blocks_.length, x);
    forward(x, spectrum, 1.0, rest);
    multiply(spectrum, factors, E == 1 ? blocks_.length / 2 + 1 : blocks_.length);
    if constexpr (E == 1) plan_->c2r(spectrum, x, true, 1.0, rest);
    else plan_->c2c(spectrum, x, true, 1.0, rest);
    const index_t done = b * blocks_.step, present = std::min(blocks_.step, job_.a.n_out - done);
    T* y = static_cast<T*>(job_.y) + E * (to + done * job_.a.y_step);
    drain<T, E>(x + E * blocks_.skip, present, y, job_.a.y_step);
  }

  const Job& job_;
  const Blocks& blocks_;
  std::shared_ptr<const FourierPlan> plan_;
  index_t data_, spectrum_, rest_;  // bytes
};

/// Sums of products, for kernels so short that they beat the transforms, and for integers (modulo 2^64).
template <class T> void direct(const Job& job, int threads) {
  using U = std::conditional_t<std::is_same_v<T, index_t>, std::uint64_t, T>;
  constexpr index_t tile = 2048;  // outputs: their sums and inputs stay in the first cache
  const index_t taps = job.v.n_in, n_y = job.a.n_out;
  const index_t blocks = (n_y + tile - 1) / tile;
  const index_t inputs = aligned<U>(tile + taps), kernel = aligned<U>(taps), sums = aligned<U>(tile);
  const index_t mine = inputs + kernel + sums, tasks = job.a.count * blocks;
  threads = team(job.a.count * n_y * (taps / 8 + 1), tasks, threads);
  const Scratch scratch(static_cast<std::size_t>(mine * threads));
  parallel_for(tasks, threads, [&](index_t i, int thread) {
    std::byte* own = scratch.data() + mine * thread;
    U* x = reinterpret_cast<U*>(own);
    U* v = reinterpret_cast<U*>(own + inputs);
    U* sum = reinterpret_cast<U*>(own + inputs + kernel);
    const index_t line = i / blocks, done = i % blocks * tile, present = std::min(tile, n_y - done);
    index_t from, to, kernel_from, unused;
    job.a.offsets(line, 1, &from, &to);
    job.v.offsets(line, 1, &kernel_from, &unused);
    fill<U, 1>(static_cast<const U*>(job.a_data) + from, job.a.x_step, job.a.n_in, job.first + done - (taps - 1),
               present + taps - 1, x);
    fill<U, 1>(static_cast<const U*>(job.v_data) + kernel_from, job.v.x_step, taps, 0, taps, v);
    convolution::products(x, v, taps, present, sum);
    drain<U, 1>(sum, present, static_cast<U*>(job.y) + to + done * job.a.y_step, job.a.y_step);
  });
}

template <class T, int E> void choose(const Job& job, int threads, const kernels::Table& table) {
  const index_t taps = job.v.n_in;
  if constexpr (E == 1)
    if (convolution::direct_is_cheaper(job.a.n_out, taps)) return direct<T>(job, threads);
  const Blocks blocks = convolution::blocks(job.a.n_in, taps, job.first, job.a.n_out, static_cast<index_t>(sizeof(T)) * E);
  Fourier<T, E>(job, blocks, table).run(threads);
}

}  // namespace

void convolve(Dtype dtype, const Lines& a, const Lines& v, const void* a_data, const void* v_data, void* y, index_t first,
              int threads, const kernels::Table* table) {
  require(a.count == v.count, "convolve got ", a.count, " lines of data and ", v.count, " kernels");
  require(a.n_in >= 1 && v.n_in >= 1, "convolve needs at least one element in the data and the kernel, got ", a.n_in, " and ",
          v.n_in);
  require(first >= 0 && first + a.n_out <= a.n_in + v.n_in - 1, "the convolution has ", a.n_in + v.n_in - 1,
          " elements, elements ", first, " to ", first + a.n_out, " were asked for");
  if (a.count == 0 || a.n_out == 0) return;
  const Job job{a, v, a_data, v_data, y, first};
  const kernels::Table& kernels = table ? *table : active_kernels();
  switch (dtype) {
    case Dtype::f32: return choose<float, 1>(job, threads, kernels);
    case Dtype::f64: return choose<double, 1>(job, threads, kernels);
    case Dtype::c64: return choose<float, 2>(job, threads, kernels);
    case Dtype::c128: return choose<double, 2>(job, threads, kernels);
    case Dtype::i64: return direct<index_t>(job, threads);
    default: require(false, "convolve computes in int64, float32, float64, complex64 and complex128, got ", name(dtype));
  }
}

}  // namespace flatnet::engine
