#include "flatnet/engine/activation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "flatnet/core/check.hpp"
#include "flatnet/core/memory.hpp"
#include "flatnet/core/panel.hpp"
#include "flatnet/core/parallel.hpp"
#include "flatnet/core/scratch.hpp"
#include "flatnet/kernels/activation.hpp"

namespace flatnet::engine {
namespace {

constexpr index_t block = 1 << 13;      // elements a task, at least
constexpr index_t buffered = 1 << 10;   // elements of strided arrays at a time, on the stack
constexpr index_t alone = 1 << 16;      // fewer elements are not worth the waking of a second thread
constexpr index_t streamed = 24 << 20;  // bytes of a result from which on it goes past the caches

/// What runs on `count` elements side by side, x to y.
using Line = void (*)(const void* context, index_t count, const void* x, void* y);
struct Kernel {
  Line run;
  const void* context;
  void operator()(index_t count, const void* x, void* y) const { run(context, count, x, y); }
};
template <class F> Kernel kernel(const F& f) {
  return {[](const void* c, index_t count, const void* x, void* y) { (*static_cast<const F*>(c))(count, x, y); }, &f};
}

template <class S, class T> void gather(const char* x, index_t step, bool swapped, index_t count, T* y) {
  for (index_t i = 0; i < count; ++i, x += step) {
    S v;
    if (swapped) {
      unsigned char raw[sizeof(S)];
      std::memcpy(raw, x, sizeof raw);
      std::reverse(raw, raw + sizeof raw);
      std::memcpy(&v, raw, sizeof v);
    } else {
      std::memcpy(&v, x, sizeof v);
    }
    y[i] = static_cast<T>(v);
  }
}
template <class T> using Gather = void (*)(const char*, index_t, bool, index_t, T*);
template <class T> Gather<T> gather_of(Scalar s) {
  constexpr Gather<T> all[] = {gather<std::int8_t, T>,   gather<std::int16_t, T>,  gather<std::int32_t, T>,
                               gather<std::int64_t, T>,  gather<std::uint8_t, T>,  gather<std::uint16_t, T>,
                               gather<std::uint32_t, T>, gather<std::uint64_t, T>, gather<float, T>,
                               gather<double, T>};
  return all[static_cast<int>(s)];
}

void check(const char* what, const ConstArrayView& x, const ArrayView& y, int threads) {
  require(y.dtype == Dtype::f32 || y.dtype == Dtype::f64, what, " works on float32 and float64, the output is ", name(y.dtype));
  require(x.scalar != Scalar::c64 && x.scalar != Scalar::c128, what, " works on real numbers, x is complex");
  require(y.dtype == Dtype::f64 || x.scalar == Scalar::f32, what, " in float32 takes float32");
  require(x.sizes == y.sizes && x.strides.size() == x.sizes.size() && y.strides.size() == y.sizes.size(), what,
          " needs an output of the shape of x, got ", x.sizes.size(), " and ", y.sizes.size(), " axes");
  require(threads >= 0 && threads <= max_threads, "the number of threads must be from 1 to ", max_threads,
          ", or 0 for the default, got ", threads);
}

/// Axes of x and y, slowest in y first, neighbours that step alike joined.
std::vector<BatchAxis> joined(const ConstArrayView& x, const ArrayView& y) {
  std::vector<BatchAxis> axes, all;
  for (std::size_t i = 0; i < x.sizes.size(); ++i)
    if (x.sizes[i] != 1) axes.push_back({x.sizes[i], x.strides[i], y.strides[i]});
  std::stable_sort(axes.begin(), axes.end(),
                   [](const BatchAxis& p, const BatchAxis& q) { return std::abs(p.y) > std::abs(q.y); });
  for (const BatchAxis& a : axes) {
    if (!all.empty() && all.back().x == a.x * a.size && all.back().y == a.y * a.size)
      all.back() = {all.back().size * a.size, a.x, a.y};
    else all.push_back(a);
  }
  if (all.empty()) all.push_back({1, size_of(y.dtype), size_of(y.dtype)});
  return all;
}

template <class T> void on_runs(const ConstArrayView& x, const ArrayView& y, int threads, const Kernel& f) {
  std::vector<BatchAxis> outer = joined(x, y);
  const BatchAxis run = outer.back();
  outer.pop_back();
  index_t runs = 1;
  for (const BatchAxis& a : outer) runs *= a.size;
  const index_t pieces = (run.size + block - 1) / block, together = std::max<index_t>(1, block / run.size);
  const index_t tasks = runs * pieces, parts = (tasks + together - 1) / together;
  constexpr auto size = static_cast<index_t>(sizeof(T));
  const bool native = !x.swapped && x.scalar == scalar_of(dtype_of<T>::value);
  const bool x_line = native && (run.x == size || run.size == 1), y_line = run.y == size || run.size == 1;
  const Gather<T> read = gather_of<T>(x.scalar);
  const int team = static_cast<int>(std::min<index_t>(parts, runs * run.size < alone ? 1
                                                             : threads > 0           ? threads
                                                                                     : default_threads()));
  parallel_for(parts, team, [&](index_t part, int) {
    for (index_t task = part * together, end = std::min(tasks, task + together); task < end; ++task) {
      index_t from, to;
      batch_offsets(outer, task / pieces, 1, &from, &to);
      const index_t first = task % pieces * block, count = std::min(block, run.size - first);
      const char* xs = static_cast<const char*>(x.data) + from + first * run.x;
      char* ys = static_cast<char*>(y.data) + to + first * run.y;
      if (x_line && y_line) {
        f(count, xs, ys);
        continue;
      }
      alignas(64) T held[buffered];
      for (index_t i = 0; i < count; i += buffered) {
        const index_t some = std::min(buffered, count - i);
        read(xs + i * run.x, run.x, x.swapped, some, held);
        f(some, held, held);
        for (index_t j = 0; j < some; ++j) std::memcpy(ys + (i + j) * run.y, held + j, sizeof(T));
      }
    }
  });
}

void on_array(const ConstArrayView& x, const ArrayView& y, int threads, const Kernel& f) {
  for (const index_t n : x.sizes)
    if (n == 0) return;
  if (y.dtype == Dtype::f32) on_runs<float>(x, y, threads, f);
  else on_runs<double>(x, y, threads, f);
}

}  // namespace

void activate(Activation f, const ConstArrayView& x, const ArrayView& y, int threads, const kernels::Table* k) {
  require(f != Activation::softmax, "softmax needs an axis");
  check("an activation", x, y, threads);
  const auto run = (k ? *k : active_kernels()).activation->map[kernels::size_index(size_of(y.dtype))][static_cast<int>(f)];
  double bytes = static_cast<double>(size_of(y.dtype));
  for (const index_t n : y.sizes) bytes *= static_cast<double>(n);
  const bool stream = x.data != y.data && bytes >= static_cast<double>(streamed);
  const auto line = [run, stream](index_t count, const void* from, void* to) { run({count, from, to, stream && from != to}); };
  on_array(x, y, threads, kernel(line));
}

void activate_line(Activation f, Dtype dtype, index_t count, const void* x, void* y, int threads, const kernels::Table* k) {
  const auto run = (k ? *k : active_kernels()).activation->map[kernels::size_index(size_of(dtype))][static_cast<int>(f)];
  const index_t size = size_of(dtype);
  if (count < alone) return run({count, x, y});
  const bool stream = x != y && count * size >= streamed;
  const index_t parts = (count + block - 1) / block;
  const int team = static_cast<int>(std::min<index_t>(parts, threads > 0 ? threads : default_threads()));
  parallel_for(parts, team, [&](index_t part, int) {
    const index_t first = part * block;
    run({std::min(block, count - first), static_cast<const char*>(x) + first * size, static_cast<char*>(y) + first * size,
         stream});
  });
}

void logistic_centred(double bias, const ConstArrayView& x, const ArrayView& y, int threads, const kernels::Table* k) {
  check("sigmoid_centred", x, y, threads);
  const double most = y.dtype == Dtype::f32 ? 60 : 600;
  require(std::abs(bias) <= most, "sigmoid_centred in ", name(y.dtype), " takes a bias of at most ", most,
          " in magnitude, got ", bias);
  const long double up = std::exp(static_cast<long double>(bias)), down = std::exp(-static_cast<long double>(bias));
  const auto run = (k ? *k : active_kernels()).activation->centred[kernels::size_index(size_of(y.dtype))];
  const kernels::CentredArgs args{0,
                                  nullptr,
                                  nullptr,
                                  static_cast<double>(1 / (1 + down)),
                                  static_cast<double>(1 / (1 + up)),
                                  static_cast<double>(up),
                                  static_cast<double>(down)};
  const auto line = [run, args](index_t count, const void* from, void* to) {
    kernels::CentredArgs own = args;
    own.count = count, own.x = from, own.y = to;
    run(own);
  };
  on_array(x, y, threads, kernel(line));
}

void softmax(const ConstArrayView& x, const ArrayView& y, int axis, int threads, const kernels::Table* k) {
  check("softmax", x, y, threads);
  require(axis >= 0 && axis < static_cast<int>(x.sizes.size()), "axis ", axis, " is out of range for an array of ",
          x.sizes.size(), " dimensions");
  const Panels panels(x, y, axis);
  const index_t n = x.sizes[static_cast<std::size_t>(axis)];
  if (n == 0 || panels.columns() == 0) return;
  const kernels::Table& table = k ? *k : active_kernels();
  const auto run = table.activation->touch[kernels::size_index(size_of(y.dtype))][static_cast<int>(Activation::softmax)];
  const index_t lanes = panels.lanes(n), count = (panels.columns() + lanes - 1) / lanes;
  const index_t bytes = (n * lanes * size_of(y.dtype) + 63) / 64 * 64;
  const int wanted = n * panels.columns() < alone ? 1 : threads > 0 ? threads : default_threads();
  const int team = static_cast<int>(std::min<index_t>(count, wanted));
  require_memory("panels of softmax", static_cast<double>(bytes) * team);
  const Scratch scratch(static_cast<std::size_t>(bytes * team));
  parallel_for(count, team, [&](index_t i, int thread) {
    std::byte* panel = scratch.data() + bytes * thread;
    const index_t first = i * lanes, present = std::min(lanes, panels.columns() - first);
    panels.load(table, first, present, lanes, panel);
    run({n, lanes, nullptr, panel});
    panels.store(table, first, present, lanes, panel);
  });
}

}  // namespace flatnet::engine
