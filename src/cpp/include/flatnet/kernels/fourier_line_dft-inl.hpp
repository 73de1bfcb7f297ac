// Forward transforms of R numbers in registers, natural order: a[k] = sum_j a[j] exp(-2 pi i j k / R).
namespace flatnet::FLATNET_ISA {
namespace {

template <int R> struct Dft;

template <> struct Dft<2> {
  template <class C> static FLATNET_INLINE void run(C (&a)[2]) {
    const C b = a[0] - a[1];
    a[0] = a[0] + a[1];
    a[1] = b;
  }
};

template <> struct Dft<3> {
  template <class C, class T = std::remove_reference_t<decltype(C{}.re[0])>> static FLATNET_INLINE void run(C (&a)[3]) {
    constexpr T sine = static_cast<T>(0.866025403784438646763723170752936183L);
    const C t = a[1] + a[2], d = a[1] - a[2], m = a[0].sub(T(0.5), t);
    a[0] = a[0] + t;
    a[1] = m.minus_i(sine, d);
    a[2] = m.plus_i(sine, d);
  }
};

template <> struct Dft<4> {
  template <class C> static FLATNET_INLINE void run(C (&a)[4]) {
    const C s = a[0] + a[2], d = a[0] - a[2], t = a[1] + a[3], e = a[1] - a[3];
    a[0] = s + t;
    a[1] = d.minus_i(e);
    a[2] = s - t;
    a[3] = d.plus_i(e);
  }
};

template <> struct Dft<5> {
  template <class C, class T = std::remove_reference_t<decltype(C{}.re[0])>> static FLATNET_INLINE void run(C (&a)[5]) {
    constexpr T c1 = static_cast<T>(0.309016994374947424102293417182819059L);
    constexpr T c2 = static_cast<T>(-0.809016994374947424102293417182819059L);
    constexpr T s1 = static_cast<T>(0.951056516295153572116439333379382143L);
    constexpr T s2 = static_cast<T>(0.587785252292473129168705954639072769L);
    const C t1 = a[1] + a[4], t2 = a[2] + a[3], d1 = a[1] - a[4], d2 = a[2] - a[3];
    const C m1 = a[0].add(c1, t1).add(c2, t2), m2 = a[0].add(c2, t1).add(c1, t2);
    a[0] = a[0] + t1 + t2;
    a[1] = m1.minus_i(s1, d1).minus_i(s2, d2);
    a[4] = m1.plus_i(s1, d1).plus_i(s2, d2);
    a[2] = m2.minus_i(s2, d1).plus_i(s1, d2);
    a[3] = m2.plus_i(s2, d1).minus_i(s1, d2);
  }
};

template <> struct Dft<6> {
  // Number 3 i + 2 j and output 3 k + 4 l, all modulo 6: (-1)^(i k) exp(-2 pi i j l / 3).
  template <class C> static FLATNET_INLINE void run(C (&a)[6]) {
    C e[3] = {a[0], a[2], a[4]}, o[3] = {a[3], a[5], a[1]};
    Dft<3>::run(e);
    Dft<3>::run(o);
    for (int l = 0; l < 3; ++l) {
      a[4 * l % 6] = e[l] + o[l];
      a[(4 * l + 3) % 6] = e[l] - o[l];
    }
  }
};

template <> struct Dft<7> {
  template <class C, class T = std::remove_reference_t<decltype(C{}.re[0])>> static FLATNET_INLINE void run(C (&a)[7]) {
    constexpr T c1 = static_cast<T>(0.623489801858733530525004884004239811L);
    constexpr T c2 = static_cast<T>(-0.222520933956314404288902564496794759L);
    constexpr T c3 = static_cast<T>(-0.900968867902419126236102319507445051L);
    constexpr T s1 = static_cast<T>(0.781831482468029808708444526674057751L);
    constexpr T s2 = static_cast<T>(0.974927912181823607018131682993931217L);
    constexpr T s3 = static_cast<T>(0.433883739117558120475768332848358755L);
    const C t1 = a[1] + a[6], t2 = a[2] + a[5], t3 = a[3] + a[4], d1 = a[1] - a[6], d2 = a[2] - a[5], d3 = a[3] - a[4];
    const C m1 = a[0].add(c1, t1).add(c2, t2).add(c3, t3), m2 = a[0].add(c2, t1).add(c3, t2).add(c1, t3),
            m3 = a[0].add(c3, t1).add(c1, t2).add(c2, t3);
    a[0] = a[0] + t1 + (t2 + t3);
    a[1] = m1.minus_i(s1, d1).minus_i(s2, d2).minus_i(s3, d3);
    a[6] = m1.plus_i(s1, d1).plus_i(s2, d2).plus_i(s3, d3);
    a[2] = m2.minus_i(s2, d1).plus_i(s3, d2).plus_i(s1, d3);
    a[5] = m2.plus_i(s2, d1).minus_i(s3, d2).minus_i(s1, d3);
    a[3] = m3.minus_i(s3, d1).plus_i(s1, d2).minus_i(s2, d3);
    a[4] = m3.plus_i(s3, d1).minus_i(s1, d2).plus_i(s2, d3);
  }
};

template <> struct Dft<8> {
  template <class C, class T = std::remove_reference_t<decltype(C{}.re[0])>> static FLATNET_INLINE void run(C (&a)[8]) {
    constexpr T half = static_cast<T>(0.707106781186547524400844362104849039L);
    C e[4] = {a[0], a[2], a[4], a[6]}, o[4] = {a[1], a[3], a[5], a[7]};
    Dft<4>::run(e);
    Dft<4>::run(o);
    const C u = o[1].minus_i(o[1]), v = o[3].plus_i(o[3]);  // sqrt 2 exp(-i pi / 4) o[1], sqrt 2 exp(i pi / 4) o[3]
    a[0] = e[0] + o[0];
    a[4] = e[0] - o[0];
    a[1] = e[1].add(half, u);
    a[5] = e[1].sub(half, u);
    a[2] = e[2].minus_i(o[2]);
    a[6] = e[2].plus_i(o[2]);
    a[3] = e[3].sub(half, v);
    a[7] = e[3].add(half, v);
  }
};

template <> struct Dft<9> {
  template <class C, class T = std::remove_reference_t<decltype(C{}.re[0])>> static FLATNET_INLINE void run(C (&a)[9]) {
    constexpr T c[] = {static_cast<T>(0.766044443118978035202392650555416674L),
                       static_cast<T>(0.173648177666930348851716626769314796L),
                       static_cast<T>(-0.939692620785908384054109277324731469L)};
    constexpr T s[] = {static_cast<T>(0.642787609686539326322643409907263433L),
                       static_cast<T>(0.984807753012208059366743024589523014L),
                       static_cast<T>(0.342020143325668733044099614682259580L)};
    using V = decltype(a[0].re);
    C t[3][3];
    for (int j = 0; j < 3; ++j) {
      C b[3] = {a[j], a[j + 3], a[j + 6]};
      Dft<3>::run(b);
      for (int k = 0; k < 3; ++k) {
        const int turn = j * k == 4 ? 2 : j * k - 1;  // exp(-2 pi i j k / 9), j k = 1, 2, 4
        t[k][j] = turn < 0 ? b[k] : b[k] * C{all<V>(c[turn]), all<V>(-s[turn])};
      }
    }
    for (int k = 0; k < 3; ++k) {
      Dft<3>::run(t[k]);
      for (int l = 0; l < 3; ++l) a[k + 3 * l] = t[k][l];
    }
  }
};

template <> struct Dft<16> {
  template <class C, class T = std::remove_reference_t<decltype(C{}.re[0])>> static FLATNET_INLINE void run(C (&a)[16]) {
    constexpr T half = static_cast<T>(0.707106781186547524400844362104849039L);
    constexpr T c = static_cast<T>(0.923879532511286756128183189396788287L);
    constexpr T s = static_cast<T>(0.382683432365089771728459984030398867L);
    using V = decltype(a[0].re);
    const C w1 = {all<V>(c), all<V>(-s)}, w3 = {all<V>(s), all<V>(-c)}, w9 = {all<V>(-c), all<V>(s)};
    C t[16];
    for (int j = 0; j < 4; ++j) {
      C b[4] = {a[j], a[j + 4], a[j + 8], a[j + 12]};
      Dft<4>::run(b);
      if (j == 1) b[1] = b[1] * w1, b[3] = b[3] * w3;
      if (j == 3) b[1] = b[1] * w3, b[3] = b[3] * w9;
      for (int k = 0; k < 4; ++k) t[4 * k + j] = b[k];
    }
    {
      C b[4] = {t[0], t[1], t[2], t[3]};
      Dft<4>::run(b);
      for (int k = 0; k < 4; ++k) a[4 * k] = b[k];
    }
    rest<T>(t + 4, a + 1, t[6].minus_i(t[6]), half);
    {
      // Row 2: exp(-i pi / 4) on number 1, -i on number 2, exp(-3 i pi / 4) on number 3.
      const C p = t[8].minus_i(t[10]), m = t[8].plus_i(t[10]), u = t[9].minus_i(t[9]), v = t[11].plus_i(t[11]);
      const C sum = u - v, difference = u + v;
      a[2] = p.add(half, sum);
      a[10] = p.sub(half, sum);
      a[6] = m.minus_i(half, difference);
      a[14] = m.plus_i(half, difference);
    }
    const C v = t[14].plus_i(t[14]);
    rest<T>(t + 12, a + 3, C{-v.re, -v.im}, half);
  }

 private:
  // Rows 1 and 3: numbers 1 and 3 carry their weights, `u` is number 2 times sqrt 2 times its weight.
  template <class T, class C> static FLATNET_INLINE void rest(const C* t, C* a, C u, T half) {
    const C p = t[0].add(half, u), m = t[0].sub(half, u), q = t[1] + t[3], d = t[1] - t[3];
    a[0] = p + q;
    a[8] = p - q;
    a[4] = m.minus_i(d);
    a[12] = m.plus_i(d);
  }
};

}  // namespace
}  // namespace flatnet::FLATNET_ISA
