#include "flatnet/factors/values.hpp"

#include <new>

#include "flatnet/core/check.hpp"
#include "flatnet/core/memory.hpp"
#include "flatnet/core/scratch.hpp"

namespace flatnet {

std::shared_ptr<void> allocate(index_t size, Dtype dtype) {
  require_memory("an array", static_cast<double>(size) * static_cast<double>(size_of(dtype)));
  const auto bytes = static_cast<std::size_t>(size) * static_cast<std::size_t>(size_of(dtype));
  constexpr std::align_val_t align{Scratch::alignment};
  return {::operator new(bytes, align), [](void* p) { ::operator delete(p, std::align_val_t{Scratch::alignment}); }};
}

Buffer convert(const Buffer& from, Dtype to) {
  if (from.dtype == to) return from;
  require(is_complex(to) || !is_complex(from.dtype), "weights are ", name(from.dtype), ", the network computes in ", name(to));
  require(!is_integer(to) || is_integer(from.dtype), "weights are ", name(from.dtype), ", the network computes in ", name(to));
  auto p = allocate(from.size, to);
  with_type(from.dtype, [&](auto s) {
    using S = decltype(s);
    with_type(to, [&](auto t) {
      using T = decltype(t);
      if constexpr (is_complex_v<T> || !is_complex_v<S>) {
        const S* in = from.as<S>();
        T* out = static_cast<T*>(p.get());
        for (index_t i = 0; i < from.size; ++i) {
          if constexpr (is_complex_v<T> && !is_complex_v<S>) out[i] = T(static_cast<typename T::value_type>(in[i]));
          else out[i] = static_cast<T>(in[i]);
        }
      }
    });
  });
  return {p, from.size, to};
}

Values::Values(Buffer given) : state_(std::make_shared<State>()) {
  state_->size = given.size;
  state_->dtype = given.dtype;
  state_->own = std::move(given);
}

Values::Values(index_t size, Dtype dtype, std::function<Buffer()> make) : state_(std::make_shared<State>()) {
  state_->size = size;
  state_->dtype = dtype;
  state_->make = std::move(make);
}

const Buffer& Values::get() const {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  if (!state_->own.data && state_->make) state_->own = state_->make();
  return state_->own;
}

const Buffer& Values::get(Dtype dtype) const {
  const Buffer& own = get();
  if (own.dtype == dtype) return own;
  const std::lock_guard<std::mutex> lock(state_->mutex);
  Buffer& kept = state_->converted[static_cast<int>(dtype)];
  if (!kept.data) kept = convert(own, dtype);
  return kept;
}

}  // namespace flatnet
