#include "flatnet/core/panel.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

namespace flatnet {
namespace {

template <class T> T read(const char* p, bool swapped) {
  T v;
  if (!swapped) {
    std::memcpy(&v, p, sizeof v);
    return v;
  }
  // Bytes of each component reversed; a complex number keeps the order of its parts.
  constexpr std::size_t part = is_complex_v<T> ? sizeof(T) / 2 : sizeof(T);
  unsigned char raw[sizeof(T)];
  std::memcpy(raw, p, sizeof raw);
  for (std::size_t i = 0; i < sizeof(T); i += part) std::reverse(raw + i, raw + i + part);
  std::memcpy(&v, raw, sizeof v);
  return v;
}

template <class F> void with_scalar(Scalar s, F&& f) {
  switch (s) {
    case Scalar::i8: return f(std::int8_t{});
    case Scalar::i16: return f(std::int16_t{});
    case Scalar::i32: return f(std::int32_t{});
    case Scalar::i64: return f(std::int64_t{});
    case Scalar::u8: return f(std::uint8_t{});
    case Scalar::u16: return f(std::uint16_t{});
    case Scalar::u32: return f(std::uint32_t{});
    case Scalar::u64: return f(std::uint64_t{});
    case Scalar::f32: return f(float{});
    case Scalar::f64: return f(double{});
    case Scalar::c64: return f(c64{});
    case Scalar::c128: return f(c128{});
  }
}

// Some columns of any layout and input type, element by element, converted on the way, to the lanes from `panel` on: `room` of
// them, zeros beyond `present`. `lanes` slots a row (and planar halves).
template <class S, class T>
void load_any(const char* x, index_t n, index_t step, bool swapped, const index_t* offsets, index_t present, index_t room,
              index_t lanes, char* panel) {
  for (index_t j = 0; j < room; ++j)
    for (index_t r = 0; r < n; ++r) {
      if constexpr (is_complex_v<T>) {
        using R = typename T::value_type;
        R* at = reinterpret_cast<R*>(panel) + 2 * r * lanes + j;
        R re{}, im{};
        if (j < present) {
          const S v = read<S>(x + offsets[j] + r * step, swapped);
          if constexpr (is_complex_v<S>) {
            re = static_cast<R>(v.real());
            im = static_cast<R>(v.imag());
          } else {
            re = static_cast<R>(v);
          }
        }
        at[0] = re;
        at[lanes] = im;
      } else if constexpr (!is_complex_v<S>) {
        reinterpret_cast<T*>(panel)[r * lanes + j] =
            j < present ? static_cast<T>(read<S>(x + offsets[j] + r * step, swapped)) : T{};
      }
    }
}

template <class T>
void store_any(char* y, index_t n, index_t step, const index_t* offsets, index_t present, index_t lanes, const char* panel) {
  for (index_t j = 0; j < present; ++j)
    for (index_t r = 0; r < n; ++r) {
      T v;
      if constexpr (is_complex_v<T>) {
        const auto* at = reinterpret_cast<const typename T::value_type*>(panel) + 2 * r * lanes + j;
        v = T(at[0], at[lanes]);
      } else {
        v = reinterpret_cast<const T*>(panel)[r * lanes + j];
      }
      std::memcpy(y + offsets[j] + r * step, &v, sizeof v);
    }
}

// f(lane, columns, offsets in x, offsets in y) for columns first .. first + present - 1, as many at a time as there is room for.
constexpr index_t stretch = 64;
template <class F> void each_stretch(const BatchAxes& batch, index_t first, index_t present, F&& f) {
  index_t xo[stretch], yo[stretch];
  for (index_t j = 0; j < present; j += stretch) {
    const index_t some = std::min(stretch, present - j);
    batch_offsets(batch, first + j, some, xo, yo);
    f(j, some, xo, yo);
  }
}

bool side_by_side(const index_t* offsets, index_t present, index_t size) {
  for (index_t j = 1; j < present; ++j)
    if (offsets[j] - offsets[j - 1] != size) return false;
  return true;
}

constexpr index_t line = 64;  // bytes
bool is_aligned(const void* p, index_t bytes) { return reinterpret_cast<std::uintptr_t>(p) % bytes == 0; }

// Bytes of the last cache; what is larger than half of it is gone before anyone reads it. Some systems tell the sum over all
// cores, of which one core reaches a part.
index_t last_cache() {
  static const index_t bytes = [] {
    constexpr index_t usual = index_t{32} << 20;
#if defined(_SC_LEVEL3_CACHE_SIZE)
    const long found = sysconf(_SC_LEVEL3_CACHE_SIZE);
    if (found > 0) return std::min(static_cast<index_t>(found), usual);
#endif
    return usual;
  }();
  return bytes;
}

// Whole cache lines past the cache: they are not read before they are written.
void stream(char* to, const char* from, index_t bytes) {
#if defined(__SSE2__)
  for (index_t i = 0; i < bytes; i += 16)
    _mm_stream_si128(reinterpret_cast<__m128i*>(to + i), _mm_load_si128(reinterpret_cast<const __m128i*>(from + i)));
#else
  std::memcpy(to, from, static_cast<std::size_t>(bytes));
#endif
}
// A row that is read once: it need not push the panels out of the second cache.
constexpr index_t ahead = 32;  // rows
void fetch(const char* p, index_t bytes) {
  for (index_t i = 0; i < bytes; i += line) __builtin_prefetch(p + i, 0, 0);
  __builtin_prefetch(p + bytes - 1, 0, 0);
}

void stream_ends() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

}  // namespace

Panels::Panels(const ConstArrayView& x, const ArrayView& y, int axis)
    : x_(static_cast<const char*>(x.data)),
      y_(static_cast<char*>(y.data)),
      scalar_(x.scalar),
      swapped_(x.swapped),
      dtype_(y.dtype) {
  for (int i = 0; i < static_cast<int>(x.sizes.size()); ++i) {
    if (i == axis) continue;
    columns_ *= x.sizes[i];
    if (x.sizes[i] != 1) batch_.push_back({x.sizes[i], x.strides[i], y.strides[i]});
  }
  n_in_ = x.sizes[axis];
  n_out_ = y.sizes[axis];
  x_step_ = x.strides[axis];
  y_step_ = y.strides[axis];
  // The axis with the smallest steps runs fastest: neighbours in memory become neighbours in a panel.
  arrange(batch_, &BatchAxis::x);
}

index_t Panels::lanes(index_t widest, index_t grain) const {
  if (columns_ <= 2) return 1;
  const index_t pair = 2 * std::max<index_t>(widest, 1) * size_of(dtype_);  // bytes a lane
  const index_t wide = std::min<index_t>(wide_bytes / pair, 64), narrow = std::min(narrow_bytes / pair, max_lanes);
  const index_t most = std::max(std::max(wide, narrow) / grain * grain, grain);
  const index_t count = (columns_ + most - 1) / most, each = (columns_ + count - 1) / count;
  return (each + grain - 1) / grain * grain;
}

bool Panels::streams() const {
  return x_ != y_ && columns_ > last_cache() / 2 / std::max<index_t>(n_out_ * size_of(dtype_), 1);
}

Rows Panels::input(index_t first, index_t present, index_t lanes) const {
  const index_t size = size_of(dtype_);
  const bool panel = lanes == 1 ? x_step_ % size == 0 : x_between() == size && x_step_ == lanes * size;
  if (!even() || !panel || present != lanes || !native() || is_complex(dtype_) || x_ == y_) return {};
  const char* at = x_ + first * x_between();
  // Rows that begin within a cache line are read in two: the copy is cheaper.
  if (!is_aligned(at, lanes == 1 ? size : line)) return {};
  return {const_cast<char*>(at), x_step_};
}

Rows Panels::output(index_t first, index_t present, index_t lanes) const {
  const index_t size = size_of(dtype_);
  const bool panel = lanes == 1 ? y_step_ % size == 0 : y_between() == size && y_step_ == lanes * size;
  if (!even() || !panel || present != lanes || is_complex(dtype_) || streams()) return {};
  char* at = y_ + first * y_between();
  if (!is_aligned(at, lanes == 1 ? size : line)) return {};
  return {at, y_step_};
}

// Rows of x and of the panel lie alike: copies (complex numbers are taken apart).
void Panels::load_rows(const kernels::Table& k, const char* x, index_t present, index_t room, index_t lanes,
                       char* panel) const {
  const index_t parts = is_complex(dtype_) ? 2 : 1, part = size_of(dtype_) / parts;
  for (index_t r = 0; r < n_in_; ++r, x += x_step_, panel += parts * lanes * part) {
    char* const im = panel + lanes * part;
    if (r + ahead < n_in_) fetch(x + ahead * x_step_, present * parts * part);
    if (parts == 1) std::memcpy(panel, x, static_cast<std::size_t>(present * part));
    else k.deinterleave[kernels::size_index(part)]({present, const_cast<char*>(x), panel, im});
    if (present == room) continue;
    std::memset(panel + present * part, 0, static_cast<std::size_t>((room - present) * part));
    if (parts == 2) std::memset(im + present * part, 0, static_cast<std::size_t>((room - present) * part));
  }
}

void Panels::store_rows(const kernels::Table& k, char* y, index_t present, index_t lanes, const char* panel) const {
  const index_t parts = is_complex(dtype_) ? 2 : 1, part = size_of(dtype_) / parts, bytes = present * part;
  const auto whole = [](const void* p, index_t step, index_t count) { return is_aligned(p, count) && step % count == 0; };
  if (parts == 1 && streams() && bytes % line == 0 && whole(y, y_step_, line) && whole(panel, lanes * part, 16)) {
    for (index_t r = 0; r < n_out_; ++r, y += y_step_, panel += lanes * part) stream(y, panel, bytes);
    return stream_ends();
  }
  for (index_t r = 0; r < n_out_; ++r, y += y_step_, panel += parts * lanes * part) {
    if (parts == 1) std::memcpy(y, panel, static_cast<std::size_t>(bytes));
    else
      k.interleave[kernels::size_index(part)]({present, y, const_cast<char*>(panel), const_cast<char*>(panel) + lanes * part});
  }
}

void Panels::load(const kernels::Table& k, index_t first, index_t present, index_t lanes, void* panel) const {
  const index_t size = size_of(dtype_), parts = is_complex(dtype_) ? 2 : 1, part = size / parts;
  const int s = kernels::size_index(part);
  char* const to = static_cast<char*>(panel);
  char* const x = const_cast<char*>(x_);
  if (native() && even()) {
    char* const from = x + first * x_between();
    if (x_step_ == size && lanes == 1) return void(std::memcpy(to, from, static_cast<std::size_t>(n_in_ * size)));
    // Vectors lie contiguously: a transpose (complex numbers as pairs of parts give planar rows).
    if (x_step_ == size) return k.transpose_in[s]({n_in_ * parts, present, lanes, nullptr, from, to, x_between(), lanes});
    if (x_between() == size) return load_rows(k, from, present, lanes, lanes, to);
  }
  each_stretch(batch_, first, present, [&](index_t j, index_t some, const index_t* xo, const index_t*) {
    const index_t room = j + some == present ? lanes - j : some;  // the last stretch fills the rows up
    char* const at = to + j * part;
    if (native() && x_step_ == size) return k.transpose_in[s]({n_in_ * parts, some, lanes, xo, x, at, 0, room});
    if (native() && side_by_side(xo, some, size)) return load_rows(k, x + xo[0], some, room, lanes, at);
    with_scalar(scalar_, [&](auto in) {
      with_type(dtype_, [&](auto out) {
        load_any<decltype(in), decltype(out)>(x, n_in_, x_step_, swapped_, xo, some, room, lanes, at);
      });
    });
  });
}

void Panels::store(const kernels::Table& k, index_t first, index_t present, index_t lanes, const void* panel) const {
  const index_t size = size_of(dtype_), parts = is_complex(dtype_) ? 2 : 1, part = size / parts;
  const int s = kernels::size_index(part);
  char* const from = static_cast<char*>(const_cast<void*>(panel));
  if (even()) {
    char* const to = y_ + first * y_between();
    if (y_step_ == size && lanes == 1) return void(std::memcpy(to, from, static_cast<std::size_t>(n_out_ * size)));
    if (y_step_ == size) return k.transpose_out[s]({n_out_ * parts, present, lanes, nullptr, to, from, y_between(), lanes});
    if (y_between() == size) return store_rows(k, to, present, lanes, from);
  }
  each_stretch(batch_, first, present, [&](index_t j, index_t some, const index_t*, const index_t* yo) {
    char* const at = from + j * part;
    if (y_step_ == size) return k.transpose_out[s]({n_out_ * parts, some, lanes, yo, y_, at, 0, lanes});
    if (side_by_side(yo, some, size)) return store_rows(k, y_ + yo[0], some, lanes, at);
    with_type(dtype_, [&](auto out) { store_any<decltype(out)>(y_, n_out_, y_step_, yo, some, lanes, at); });
  });
}

}  // namespace flatnet
