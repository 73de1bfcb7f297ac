// sin x = (-1)^k sin r, r = x - k pi, |r| <= pi/2; sin r = r + r^3 P(r^2), relative error 1e-10 (f32), 1e-18 (f64).
// pi = pi1 + pi2 + pi3, each of full precision. x - k pi1 is exact: both are multiples of the last bit of pi1, 2^(2 - digits),
// and the difference stays below 2. Further out, x times the bits of 1/pi that matter (Payne & Hanek 1983), lane by lane.
namespace flatnet::FLATNET_ISA {
namespace {

template <class T> struct Pi;
template <> struct Pi<float> {
  static constexpr float pi1 = 3.1415927410125732f, pi2 = -8.742277657347586e-8f, pi3 = -3.430249020011764e-15f;
  static constexpr float inner = 8192.0f;
  static constexpr float sine[] = {-0.1666666666f, 0.008333332767f, -0.0001984108602f, 2.753642235e-6f, -2.407923675e-8f};
};
template <> struct Pi<double> {
  static constexpr double pi1 = 3.141592653589793116, pi2 = 1.224646799147353207e-16, pi3 = -2.994769809718339666e-33;
  static constexpr double inner = 1073741824.0;
  static constexpr double sine[] = {-0.166666666666666666,    0.00833333333333331575,  -0.000198412698412548847,
                                    2.75573192191391762e-6,   -2.50521076139339938e-8, 1.6058977114025027e-10,
                                    -7.64396396434186923e-13, 2.73136584776941916e-15};
};

// 1/pi after the binary point.
constexpr std::uint64_t inverse_pi[] = {
    0x517cc1b727220a94, 0xfe13abe8fa9a6ee0, 0x6db14acc9e21c820, 0xff28b1d5ef5de2b0, 0xdb92371d2126e970, 0x0324977504e8c90e,
    0x7f0ef58e5894d39f, 0x74411afa975da242, 0x74ce38135a2fbf20, 0x9cc8eb1cc1a99cfa, 0x4e422fc5defc941d, 0x8ffc4bffef02cc07,
    0xf79788c5ad05368f, 0xb69b3f6793e584db, 0xa7a31fb34f2ff516, 0xba93dd63f5f2f8bd, 0x9e839cfbc5294975, 0x35fdafd88fc6ae84,
    0x2b0198237e3db5d5, 0xf867de104d7a1b0e, 0xd4f1c8b0af730d84, 0x32ccc2af8a503420};

struct FarAngle {
  double r;
  bool odd;  // k
};

// x finite, |x| >= 2^13. x = m 2^e; the bits of 1/pi above 2^(1 - e) give even k and are left out; of the next 256 the product
// with m keeps 192 behind the binary point, of which a double within 2^-62 of a multiple of pi leaves 130.
inline FarAngle far_angle(double x) {
  const auto raw = bits<std::uint64_t>(x);
  const int e = static_cast<int>(raw >> 52 & 2047) - 1075;
  const std::uint64_t m = (raw & ((std::uint64_t{1} << 52) - 1)) | std::uint64_t{1} << 52;
  const int skip = e > 1 ? e - 1 : 0, word = skip / 64, shift = skip % 64;
  std::uint64_t product[5] = {};  // the highest first; m times four words of 1/pi
  unsigned __int128 carry = 0;
  for (int i = 3; i >= 0; --i) {
    const std::uint64_t w =
        shift ? inverse_pi[word + i] << shift | inverse_pi[word + i + 1] >> (64 - shift) : inverse_pi[word + i];
    carry += static_cast<unsigned __int128>(w) * m;
    product[i + 1] = static_cast<std::uint64_t>(carry);
    carry >>= 64;
  }
  product[0] = static_cast<std::uint64_t>(carry);
  const int point = e - skip;       // |x|/pi = product 2^(point - 256), even numbers left out; -39 <= point <= 1
  const auto bit = [&](int from) {  // 64 bits of the product from `from` bits below its top on
    const int i = from / 64, s = from % 64;
    return s ? product[i] << s | (i < 4 ? product[i + 1] >> (64 - s) : 0) : product[i];
  };
  const int top = 63 + point;  // the bit of 2^0, counted from the product's highest
  std::uint64_t high = bit(top), low = bit(top + 64);
  bool odd = high >> 63;
  high = high << 1 | low >> 63;
  low <<= 1;
  const bool negative = high >> 63;  // the fraction is at least 1/2: of the next multiple
  if (negative) {
    odd = !odd;
    low = ~low;
    high = ~high;
  }
  const int zeros = high ? __builtin_clzll(high) : 63;
  const std::uint64_t leading = zeros ? high << zeros | low >> (64 - zeros) : high;
  const double fraction = static_cast<double>(leading >> 1) * bits<double>(static_cast<std::uint64_t>(1023 - 63 - zeros) << 52);
  const bool flip = negative != (raw >> 63 != 0);
  const double r = fraction * 3.141592653589793116;
  return {flip ? -r : r, odd};
}

template <class T> static __attribute__((noinline)) void far_angles(Vec<T> x, Vec<T>& r, Ints<T>& odd) {
  for (index_t i = 0; i < width<T>; ++i) {
    const T v = x[i];
    if (v - v != 0) r[i] = v - v;  // infinite or NaN
    else if (v > Pi<T>::inner || v < -Pi<T>::inner) {
      const FarAngle a = far_angle(v);
      r[i] = static_cast<T>(a.r);
      odd[i] = a.odd;
    }
  }
}

// r is off by 2 u, sin r by 1 u more.
template <class T> FLATNET_INLINE Vec<T> sine(Vec<T> x) {
  using M = Maths<T>;
  using X = Vec<T>;
  using I = Ints<T>;
  const X shifted = M::fma(x, M::all(T(0.318309886183790671538)), M::all(M::E::magic)), k = shifted - M::all(M::E::magic);
#if FLATNET_FUSED
  X r = M::fma(k, M::all(-Pi<T>::pi2), M::fma(k, M::all(-Pi<T>::pi1), x));
#else
  const X whole = k * Pi<T>::pi1, t = (x - whole) - M::product_low(k, M::all(Pi<T>::pi1), whole);
  const X next = k * Pi<T>::pi2;
  X r = (t - next) - M::product_low(k, M::all(Pi<T>::pi2), next);
#endif
  r = M::fma(k, M::all(-Pi<T>::pi3), r);
  I odd = bits<I>(shifted);
  if (__builtin_expect(any(M::beyond(x, Pi<T>::inner)), 0)) far_angles<T>(x, r, odd);
  const X z = r * r, y = M::fma(r * z, M::horner(Pi<T>::sine, z), r);
  const I flip = odd << (8 * static_cast<int>(sizeof(T)) - 1);
  return bits<X>(bits<I>(select(x == M::all(T(0)), x, y)) ^ flip);  // keeps the sign of a zero
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
