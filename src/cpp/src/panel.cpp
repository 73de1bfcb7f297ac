#include "flatnet/core/panel.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

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

// Any layout, any input type: element by element, converted on the way. `lanes` slots a row (and planar halves).
template <class S, class T>
void load_any(const char* x, index_t n, index_t step, bool swapped, const index_t* offsets, index_t present, index_t lanes,
              T* panel) {
  for (index_t j = 0; j < lanes; ++j)
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
        panel[r * lanes + j] = j < present ? static_cast<T>(read<S>(x + offsets[j] + r * step, swapped)) : T{};
      }
    }
}

template <class T>
void store_any(char* y, index_t n, index_t step, const index_t* offsets, index_t present, index_t lanes, const T* panel) {
  for (index_t j = 0; j < present; ++j)
    for (index_t r = 0; r < n; ++r) {
      T v;
      if constexpr (is_complex_v<T>) {
        const auto* at = reinterpret_cast<const typename T::value_type*>(panel) + 2 * r * lanes + j;
        v = T(at[0], at[lanes]);
      } else {
        v = panel[r * lanes + j];
      }
      std::memcpy(y + offsets[j] + r * step, &v, sizeof v);
    }
}

bool side_by_side(const index_t* offsets, index_t present, index_t size) {
  for (index_t j = 1; j < present; ++j)
    if (offsets[j] - offsets[j - 1] != size) return false;
  return true;
}

}  // namespace

Panels::Panels(const ConstArrayView& x, const ArrayView& y, int axis) : x_(x), y_(y) {
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
  std::stable_sort(batch_.begin(), batch_.end(),
                   [](const BatchAxis& p, const BatchAxis& q) { return std::abs(p.x) > std::abs(q.x); });
}

index_t Panels::lanes(index_t widest) const {
  if (columns_ <= 2) return 1;
  const index_t fit = cache_bytes / (2 * std::max<index_t>(widest, 1) * size_of(y_.dtype)) / 16 * 16;
  const index_t needed = (columns_ + 15) / 16 * 16;
  return std::min(needed, std::clamp<index_t>(fit, 16, max_lanes));
}

void Panels::load(const kernels::Table& k, index_t first, index_t present, index_t lanes, void* panel) const {
  index_t xo[max_lanes], yo[max_lanes];
  batch_offsets(batch_, first, present, xo, yo);
  const char* x = static_cast<const char*>(x_.data);
  const index_t size = size_of(y_.dtype), parts = is_complex(y_.dtype) ? 2 : 1, part = size / parts;
  const bool native = !x_.swapped && x_.scalar == scalar_of(y_.dtype);
  const int s = kernels::size_index(part);
  if (native && x_step_ == size) {
    // Vectors lie contiguously: a transpose (complex numbers as pairs of parts give planar rows).
    if (lanes == 1) return void(std::memcpy(panel, x + xo[0], static_cast<std::size_t>(n_in_ * size)));
    return k.transpose_in[s]({n_in_ * parts, present, lanes, xo, const_cast<char*>(x), panel});
  }
  if (native && side_by_side(xo, present, size)) {
    char* to = static_cast<char*>(panel);
    const auto gap = static_cast<std::size_t>((lanes - present) * part);
    for (index_t r = 0; r < n_in_; ++r) {
      const char* from = x + xo[0] + r * x_step_;
      for (index_t h = 0; h < parts; ++h) std::memset(to + ((r * parts + h) * lanes + present) * part, 0, gap);
      if (parts == 1) std::memcpy(to + r * lanes * part, from, static_cast<std::size_t>(present * part));
      else k.deinterleave[s]({present, const_cast<char*>(from), to + 2 * r * lanes * part, to + (2 * r + 1) * lanes * part});
    }
    return;
  }
  with_scalar(x_.scalar, [&](auto in) {
    with_type(y_.dtype, [&](auto out) {
      using T = decltype(out);
      load_any<decltype(in), T>(x, n_in_, x_step_, x_.swapped, xo, present, lanes, static_cast<T*>(panel));
    });
  });
}

void Panels::store(const kernels::Table& k, index_t first, index_t present, index_t lanes, const void* panel) const {
  index_t xo[max_lanes], yo[max_lanes];
  batch_offsets(batch_, first, present, xo, yo);
  char* y = static_cast<char*>(y_.data);
  const index_t size = size_of(y_.dtype), parts = is_complex(y_.dtype) ? 2 : 1, part = size / parts;
  const int s = kernels::size_index(part);
  const char* from = static_cast<const char*>(panel);
  if (y_step_ == size) {
    if (lanes == 1) return void(std::memcpy(y + yo[0], panel, static_cast<std::size_t>(n_out_ * size)));
    return k.transpose_out[s]({n_out_ * parts, present, lanes, yo, y, const_cast<void*>(panel)});
  }
  if (side_by_side(yo, present, size)) {
    for (index_t r = 0; r < n_out_; ++r) {
      char* to = y + yo[0] + r * y_step_;
      if (parts == 1) std::memcpy(to, from + r * lanes * part, static_cast<std::size_t>(present * part));
      else
        k.interleave[s]({present, to, const_cast<char*>(from) + 2 * r * lanes * part,
                         const_cast<char*>(from) + (2 * r + 1) * lanes * part});
    }
    return;
  }
  with_type(y_.dtype, [&](auto out) {
    using T = decltype(out);
    store_any<T>(y, n_out_, y_step_, yo, present, lanes, static_cast<const T*>(panel));
  });
}

}  // namespace flatnet
