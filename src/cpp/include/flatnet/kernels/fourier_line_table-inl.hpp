// The table of the family: which radices and sizes are compiled for the vectors of this instruction set.
namespace flatnet::FLATNET_ISA {
namespace {

template <class T, int L, int... first> constexpr FourierLineSet line_set(std::integer_sequence<int, first...>) {
  FourierLineSet set{};
  set.lanes = L;
  for (int l = 0; l < L; ++l) set.number[l] = Order<T, L>::number(l);
  ((set.first[0][fourier_line_index(first)] = line_first<T, L, first, false>,
    set.first[1][fourier_line_index(first)] = line_first<T, L, first, true>),
   ...);
#define FLATNET_RADIX(R)                                          \
  set.middle[fourier_line_index(R)] = line_middle<T, L, R>;       \
  set.last[0][fourier_line_index(R)] = line_last<T, L, R, false>; \
  set.last[1][fourier_line_index(R)] = line_last<T, L, R, true>;
  FLATNET_RADIX(2)
  FLATNET_RADIX(3)
  FLATNET_RADIX(4)
  FLATNET_RADIX(5)
  FLATNET_RADIX(7)
  FLATNET_RADIX(8)
  FLATNET_RADIX(9)
  FLATNET_RADIX(15)
  FLATNET_RADIX(16)
  FLATNET_RADIX(25)
  if constexpr (L == width<T>) {
    FLATNET_RADIX(24)
    FLATNET_RADIX(32)
    FLATNET_RADIX(48)
    FLATNET_RADIX(63)
    FLATNET_RADIX(64)
    FLATNET_RADIX(128)
    FLATNET_RADIX(256)
  }
#undef FLATNET_RADIX
  return set;
}

template <class T, int L, int... R> constexpr FourierLineSmall line_registers() {
  return {L, {R...}, {line_small<T, L, false, R...>, line_small<T, L, true, R...>}};
}
template <class T, int N> constexpr FourierLineSmall line_scalar() {
  return {1, {N}, {line_tiny<T, false, N>, line_tiny<T, true, N>}};
}

template <int... first> using Radices = std::integer_sequence<int, first...>;

}  // namespace

extern const kernels::FourierLineTable fourier_line_table;
const kernels::FourierLineTable fourier_line_table = {
#if FLATNET_VECTOR_BYTES == 64
    {{line_set<float, 16>(Radices<16, 32, 48, 64, 128, 256>{}), line_set<float, 8>(Radices<8, 16>{}),
      line_set<float, 4>(Radices<4>{})},
     {line_set<double, 8>(Radices<8, 16, 32, 48, 64, 128, 256>{}), line_set<double, 4>(Radices<4>{}),
      line_set<double, 2>(Radices<2>{})}},
    {{line_scalar<float, 1>(),
      line_scalar<float, 2>(),
      line_scalar<float, 4>(),
      line_registers<float, 4, 2, 2, 2>(),
      line_registers<float, 4, 4, 4>(),
      line_registers<float, 8, 4, 4, 2>(),
      line_registers<float, 16, 4, 4, 4>(),
      line_registers<float, 16, 8, 4, 4>(),
      {}},
     {line_scalar<double, 1>(),
      line_scalar<double, 2>(),
      line_scalar<double, 4>(),
      line_registers<double, 4, 2, 2, 2>(),
      line_registers<double, 4, 4, 4>(),
      line_registers<double, 8, 4, 4, 2>(),
      line_registers<double, 8, 8, 8>(),
      {},
      {}}},
#elif FLATNET_VECTOR_BYTES == 32
    {{line_set<float, 8>(Radices<8, 16, 32, 48, 64, 128, 256>{}), line_set<float, 4>(Radices<4>{}), {}},
     {line_set<double, 4>(Radices<4, 16, 32, 48, 64, 128, 256>{}), line_set<double, 2>(Radices<2>{}), {}}},
    {{line_scalar<float, 1>(),
      line_scalar<float, 2>(),
      line_scalar<float, 4>(),
      line_registers<float, 4, 2, 2, 2>(),
      line_registers<float, 4, 4, 4>(),
      line_registers<float, 8, 4, 4, 2>(),
      line_registers<float, 8, 8, 8>(),
      {},
      {}},
     {line_scalar<double, 1>(),
      line_scalar<double, 2>(),
      line_scalar<double, 4>(),
      line_registers<double, 4, 2, 2, 2>(),
      line_registers<double, 4, 4, 4>(),
      line_registers<double, 4, 8, 4>(),
      {},
      {},
      {}}},
#else
    {{line_set<float, 4>(Radices<4, 16, 32, 48, 64, 128, 256>{}), {}, {}},
     {line_set<double, 2>(Radices<2, 16, 32, 48, 64, 128, 256>{}), {}, {}}},
    {{line_scalar<float, 1>(),
      line_scalar<float, 2>(),
      line_scalar<float, 4>(),
      line_registers<float, 4, 2, 2, 2>(),
      line_registers<float, 4, 4, 4>(),
      line_registers<float, 4, 8, 4>(),
      {},
      {},
      {}},
     {line_scalar<double, 1>(),
      line_scalar<double, 2>(),
      line_scalar<double, 4>(),
      line_registers<double, 2, 4, 2>(),
      line_registers<double, 2, 4, 4>(),
      {},
      {},
      {},
      {}}},
#endif
    {{line_unpack<float>, line_pack<float>}, {line_unpack<double>, line_pack<double>}}};

}  // namespace flatnet::FLATNET_ISA
