#include "flatnet/network/tiles.hpp"

#include "flatnet/kernels/butterfly.hpp"

namespace flatnet {
namespace {

index_t tiles_of(const Blocks& g, int rows) { return (g.b + rows - 1) / rows; }

}  // namespace

std::shared_ptr<const Tiles> Tiles::of(const Factor& f) {
  const auto* g = f.get<Blocks>();
  if (!g || is_complex(f.dtype()) || g->a < 1 || g->d < 1 || g->b < 8 || g->c < 4) return nullptr;
  if ((g->shared_a() && g->a > 1) || (g->shared_d() && g->d > 1)) return nullptr;
  const double bytes = 8.0 * static_cast<double>(g->a) * static_cast<double>(g->d) * static_cast<double>(g->c) *
                       static_cast<double>(tiles_of(*g, 16) * 16);
  return bytes <= static_cast<double>(most_bytes) ? std::shared_ptr<const Tiles>(new Tiles(*g)) : nullptr;
}

Tiles::Tiles(Blocks blocks) : blocks_(std::move(blocks)) {
  for (const Dtype t : {Dtype::f32, Dtype::f64})
    for (const int rows : {8, 16}) {
      const index_t size = blocks_.a * blocks_.d * blocks_.c * tiles_of(blocks_, rows) * rows;
      packed_[t == Dtype::f64][rows == 16] = Values(size, t, [this, t, rows, size]() -> Buffer {
        auto to = allocate(size, t);
        if (t == Dtype::f32) pack(static_cast<float*>(to.get()), rows);
        else pack(static_cast<double*>(to.get()), rows);
        return {to, size, t};
      });
    }
}

const void* Tiles::weights(Dtype component, int rows) const {
  return packed_[component == Dtype::f64][rows == 16].get().data.get();
}

// In the order of TilesArgs.
template <class T> void Tiles::pack(T* to, int rows) const {
  const Blocks& g = blocks_;
  const T* values = g.values.get(dtype_of<T>::value).template as<T>();
  for (index_t i = 0; i < g.a; ++i)
    for (index_t l = 0; l < g.d; ++l)
      for (index_t j = 0; j < g.b; j += rows)
        for (index_t k = 0; k < g.c; ++k)
          for (index_t r = j; r < j + rows; ++r) *to++ = r < g.b ? values[i * g.va + r * g.vb + k * g.vc + l * g.vd] : T{};
}

void Tiles::run(const kernels::Table& k, Dtype component, index_t lanes, const void* x, index_t x_row, void* y, index_t y_row,
                index_t part, index_t parts) const {
  const Blocks& g = blocks_;
  const int rows = k.butterfly->tile_rows;
  const index_t count = g.a * g.d * tiles_of(g, rows);
  k.butterfly->tiles[component == Dtype::f64]({g.a, g.b, g.c, g.d, weights(component, rows), x, x_row, y, y_row, lanes,
                                               g.input ? g.input->data() : nullptr, g.output ? g.output->data() : nullptr,
                                               count * part / parts, count * (part + 1) / parts});
}

}  // namespace flatnet
