// flatnet.h: arguments are checked here, exceptions become numbers and a sentence, the work is the engines'.
#include <algorithm>
#include <cstdio>
#include <limits>
#include <new>
#include <numeric>

#include "flatnet/core/check.hpp"
#include "flatnet/core/isa.hpp"
#include "flatnet/core/parallel.hpp"
#include "flatnet/core/scratch.hpp"
#include "flatnet/engine/fourier.hpp"
#include "flatnet/engine/fwht.hpp"
#include "flatnet/flatnet.h"

struct flatnet_fft_plan {
  std::shared_ptr<const flatnet::engine::FourierPlan> plan;
  flatnet_fft_kind kind;
  std::size_t x_bytes, y_bytes, scratch_bytes;
  bool inverse;
  double scale;
};

namespace flatnet {
namespace {

constexpr index_t largest = index_t{1} << 62;  // elements, bytes
constexpr int max_log_n = 40;
constexpr std::size_t stack_bytes = 8192;  // scratch of short vectors

// One sentence of the thread's last refused call: a fixed place, so that running out of memory can be told too.
thread_local char last_error[512] = "";

int refused(int status, const char* sentence) noexcept {
  std::snprintf(last_error, sizeof last_error, "%s", sentence);
  return status;
}

// Runs f; the exceptions of the C++ side end here.
template <class F> int guarded(F&& f) noexcept {
  try {
    f();
    return FLATNET_OK;
  } catch (const std::invalid_argument& e) {
    return refused(FLATNET_BAD_ARGUMENT, e.what());
  } catch (const too_large_error& e) { return refused(FLATNET_NO_MEMORY, e.what()); } catch (const std::bad_alloc&) {
    return refused(FLATNET_NO_MEMORY, "out of memory");
  } catch (const std::exception& e) { return refused(FLATNET_FAILED, e.what()); } catch (...) {
    return refused(FLATNET_FAILED, "unknown error");
  }
}

struct Side {
  const char* name;
  const void* data;
  index_t n, batch, step, between, element;  // steps [elements], element [bytes]
};

// Bytes from the first to behind the last element in memory, relative to `data`.
struct Span { std::uintptr_t begin, end; };

Span span_of(const Side& s) {
  index_t low = 0, high = 0;
  for (const auto& [count, step] : {std::pair{s.n, s.step}, std::pair{s.batch, s.between}}) {
    index_t reach = 0;
    require(!__builtin_mul_overflow(count - 1, step, &reach) && reach > -largest && reach < largest, s.name,
            " spans more than 2^62 elements: ", count, " of them ", step, " apart");
    (reach < 0 ? low : high) += reach;
  }
  require(low > -largest / s.element && high < largest / s.element, s.name, " spans more than 2^62 bytes");
  const auto at = reinterpret_cast<std::uintptr_t>(s.data);
  return {at + static_cast<std::uintptr_t>(low * s.element), at + static_cast<std::uintptr_t>((high + 1) * s.element)};
}

// i * between = j * step has a solution besides 0 within the sizes: two elements at one place.
bool overlaps_itself(const Side& s) {
  const index_t step = s.n > 1 ? std::abs(s.step) : 0, between = s.batch > 1 ? std::abs(s.between) : 0;
  if ((s.n > 1 && step == 0) || (s.batch > 1 && between == 0)) return true;
  if (s.n <= 1 || s.batch <= 1) return false;
  const index_t g = std::gcd(step, between);
  return step / g < s.batch && between / g < s.n;
}

index_t as_index(const char* what, std::size_t value) {
  require(value <= static_cast<std::size_t>(largest), what, " must be at most 2^62, got ", value);
  return static_cast<index_t>(value);
}

void check_memory(const Side& x, const Side& y, bool in_place) {
  if (x.batch == 0) return;
  for (const Side& s : {x, y})
    require(s.data != nullptr, s.name, " is a null pointer, it must hold ", s.batch, " vectors of ", s.n, " elements");
  const Span from = span_of(x), to = span_of(y);
  require(!overlaps_itself(y), "y has elements that share memory: ", y.n, " of them ", y.step, " apart, ", y.batch, " vectors ",
          y.between, " apart");
  const bool same = in_place && x.data == y.data && (x.n == 1 || x.step == y.step) && (x.batch == 1 || x.between == y.between);
  require(same || from.end <= to.begin || to.end <= from.begin,
          "x and y overlap: ", in_place ? "y must be x itself with the same steps, or lie apart" : "they must lie apart");
}

engine::Lines lines_of(const Side& x, const Side& y) {
  return {{x.batch, x.n},
          {x.between * x.element, x.step * x.element},
          x.element,
          {y.batch, y.n},
          {y.between * y.element, y.step * y.element},
          y.element,
          1};
}

int threads_of(int threads) {
  require(threads >= 0 && threads <= max_threads, "threads must be from 0 (the default) to ", max_threads, ", got ", threads);
  return threads == 0 ? default_threads() : threads;
}

bool is_power_of_two(index_t n) { return n > 0 && (n & (n - 1)) == 0; }

// n max|x| must fit: every result is a sum of n elements with signs.
template <class T> void check_range(const T* x, const flatnet_lines& l) {
  constexpr T most = std::numeric_limits<T>::max();
  const T bound = l.n > static_cast<std::size_t>(most) ? 0 : most / static_cast<T>(l.n);
  T low = 0, high = 0;
  for (index_t i = 0; i < static_cast<index_t>(l.batch); ++i)
    for (index_t j = 0; j < static_cast<index_t>(l.n); ++j) {
      const T v = x[i * l.x_batch + j * l.x_step];
      low = std::min(low, v);
      high = std::max(high, v);
    }
  require(low >= -bound && high <= bound, "sums of ", l.n, " elements as large as ", high > -(low + 1) ? high : low,
          " can pass the range of ", name(dtype_of<T>::value));
}

template <class T> int fwht(const T* x, T* y, const flatnet_lines& l, flatnet_order order, double scale, int threads) {
  return guarded([&] {
    const index_t n = as_index("n", l.n), batch = as_index("batch", l.batch), size = sizeof(T);
    require(is_power_of_two(n), "the Walsh-Hadamard transform needs a power of two, got n=", l.n);
    require(order >= FLATNET_NATURAL && order <= FLATNET_DYADIC, "order must be 0, 1 or 2, got ", static_cast<int>(order));
    const int team = threads_of(threads);
    const Side from{"x", x, n, batch, l.x_step, l.x_batch, size}, to{"y", y, n, batch, l.y_step, l.y_batch, size};
    check_memory(from, to, true);
    if constexpr (std::is_integral_v<T>) {
      require(scale == 1, "integers take scale 1 only, got ", scale);
      if (batch > 0) check_range(x, l);
    }
    if (batch == 0) return;
    engine::fwht(dtype_of<T>::value, lines_of(from, to), x, y, 1, static_cast<engine::FwhtOrder>(order), scale, team);
  });
}

using Fft = void (*)(Dtype, const engine::Lines&, const void*, void*, bool, double, int, const kernels::Table*);

void check_direction(flatnet_direction direction) {
  require(direction == FLATNET_FORWARD || direction == FLATNET_INVERSE, "direction must be 0 (forward) or 1 (inverse), got ",
          static_cast<int>(direction));
}

template <class X, class Y>
int fft(Fft run, const X* x, Y* y, const flatnet_lines& l, flatnet_direction direction, double scale, int threads) {
  return guarded([&] {
    const index_t n = as_index("n", l.n), batch = as_index("batch", l.batch);
    require(n > 0, "the Fourier transform needs n >= 1, got n=0");
    check_direction(direction);
    const int team = threads_of(threads);
    constexpr bool c2c = std::is_same_v<X, Y>;
    const index_t half = n / 2 + 1;
    const Side from{"x", x, c2c || !is_complex_v<X> ? n : half, batch, l.x_step, l.x_batch, sizeof(X)};
    const Side to{"y", y, c2c || !is_complex_v<Y> ? n : half, batch, l.y_step, l.y_batch, sizeof(Y)};
    check_memory(from, to, c2c);
    if (batch == 0) return;
    run(component(dtype_of<Y>::value), lines_of(from, to), x, y, direction == FLATNET_INVERSE, scale, team, nullptr);
  });
}

template <class T> int fht(const T* in, T* out, int log_n) {
  return guarded([&] {
    require(log_n >= 0 && log_n <= max_log_n, "log_n must be from 0 to ", max_log_n, ", got ", log_n);
    require(in != nullptr && out != nullptr, "the vector is a null pointer, it must hold 2^", log_n, " elements");
    if (in == out) return engine::fwht_vector(active_kernels(), dtype_of<T>::value, log_n, out);
    const index_t n = index_t{1} << log_n;
    const Side from{"in", in, n, 1, 1, n, sizeof(T)}, to{"out", out, n, 1, 1, n, sizeof(T)};
    check_memory(from, to, true);
    engine::fwht(dtype_of<T>::value, engine::Lines::rows(1, n, n), in, out, 1, engine::FwhtOrder::natural, 1.0, 1);
  });
}

flatnet_fft_plan* new_plan(std::size_t n, flatnet_fft_kind kind, flatnet_precision precision, flatnet_direction direction,
                           double scale) {
  require(n > 0, "the Fourier transform needs n >= 1, got n=0");
  require(kind >= FLATNET_C2C && kind <= FLATNET_C2R, "kind must be 0, 1 or 2, got ", static_cast<int>(kind));
  require(precision == FLATNET_F32 || precision == FLATNET_F64, "precision must be 0 (float) or 1 (double), got ",
          static_cast<int>(precision));
  check_direction(direction);
  require(n <= std::size_t{1} << 40, "n must be at most 2^40, got ", n);
  const Dtype component = precision == FLATNET_F32 ? Dtype::f32 : Dtype::f64;
  const std::size_t real = static_cast<std::size_t>(size_of(component)), half = 2 * (n / 2 + 1);
  auto plan = engine::fourier_plan(component, static_cast<index_t>(n));
  const auto scratch = static_cast<std::size_t>(plan->scratch_bytes());
  const std::size_t x = kind == FLATNET_C2C ? 2 * n : kind == FLATNET_R2C ? n : half;
  const std::size_t y = kind == FLATNET_C2C ? 2 * n : kind == FLATNET_R2C ? half : n;
  return new flatnet_fft_plan{std::move(plan), kind, x * real, y * real, scratch, direction == FLATNET_INVERSE, scale};
}

void execute(const flatnet_fft_plan& p, const void* x, void* y) {
  require(x != nullptr && y != nullptr, x ? "y" : "x", " is a null pointer");
  const auto from = reinterpret_cast<std::uintptr_t>(x), to = reinterpret_cast<std::uintptr_t>(y);
  require((x == y && p.kind == FLATNET_C2C) || from + p.x_bytes <= to || to + p.y_bytes <= from,
          "x and y overlap: y must lie apart, or be x itself in c2c");
  const auto run = [&](void* scratch) {
    switch (p.kind) {
      case FLATNET_C2C: return p.plan->c2c(x, y, p.inverse, p.scale, scratch);
      case FLATNET_R2C: return p.plan->r2c(x, y, p.inverse, p.scale, scratch);
      default: return p.plan->c2r(x, y, p.inverse, p.scale, scratch);
    }
  };
  if (p.scratch_bytes <= stack_bytes) {
    alignas(Scratch::alignment) std::byte scratch[stack_bytes];
    run(scratch);
  } else {
    run(Scratch(p.scratch_bytes).data());
  }
}

}  // namespace
}  // namespace flatnet

extern "C" {

const char* flatnet_last_error(void) { return flatnet::last_error; }

const char* flatnet_isa(void) {
  static thread_local std::string isa;
  return flatnet::guarded([&] { isa = flatnet::active_isa(); }) == FLATNET_OK ? isa.c_str() : nullptr;
}

#define FLATNET_FWHT(suffix, T)                                                                                           \
  int flatnet_fwht_##suffix(const T* x, T* y, flatnet_lines lines, enum flatnet_order order, double scale, int threads) { \
    return flatnet::fwht(x, y, lines, order, scale, threads);                                                             \
  }
FLATNET_FWHT(f32, float)
FLATNET_FWHT(f64, double)
FLATNET_FWHT(i32, int32_t)
FLATNET_FWHT(i64, int64_t)
FLATNET_FWHT(c64, flatnet_c64)
FLATNET_FWHT(c128, flatnet_c128)

#define FLATNET_FFT(kind, suffix, X, Y)                                                                                    \
  int flatnet_fft_##kind##_##suffix(const X* x, Y* y, flatnet_lines lines, enum flatnet_direction direction, double scale, \
                                    int threads) {                                                                         \
    return flatnet::fft(&flatnet::engine::kind, x, y, lines, direction, scale, threads);                                   \
  }
FLATNET_FFT(c2c, c64, flatnet_c64, flatnet_c64)
FLATNET_FFT(c2c, c128, flatnet_c128, flatnet_c128)
FLATNET_FFT(r2c, f32, float, flatnet_c64)
FLATNET_FFT(r2c, f64, double, flatnet_c128)
FLATNET_FFT(c2r, f32, flatnet_c64, float)
FLATNET_FFT(c2r, f64, flatnet_c128, double)

flatnet_fft_plan* flatnet_fft_plan_new(size_t n, enum flatnet_fft_kind kind, enum flatnet_precision precision,
                                       enum flatnet_direction direction, double scale) {
  flatnet_fft_plan* made = nullptr;
  flatnet::guarded([&] { made = flatnet::new_plan(n, kind, precision, direction, scale); });
  return made;
}

int flatnet_fft_execute(const flatnet_fft_plan* plan, const void* x, void* y) {
  if (plan == nullptr) return flatnet::refused(FLATNET_BAD_ARGUMENT, "the plan is a null pointer");
  return flatnet::guarded([&] { flatnet::execute(*plan, x, y); });
}

void flatnet_fft_plan_free(flatnet_fft_plan* plan) { delete plan; }

int flatnet_fht_float(float* buf, int log_n) { return flatnet::fht(buf, buf, log_n); }
int flatnet_fht_double(double* buf, int log_n) { return flatnet::fht(buf, buf, log_n); }
int flatnet_fht_float_oop(const float* in, float* out, int log_n) { return flatnet::fht(in, out, log_n); }
int flatnet_fht_double_oop(const double* in, double* out, int log_n) { return flatnet::fht(in, out, log_n); }

}  // extern "C"
