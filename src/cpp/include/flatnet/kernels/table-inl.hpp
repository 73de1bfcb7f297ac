// The kernel table of one instruction set. A row per member of FLATNET_KERNELS, entries in the order of Dtype.
namespace flatnet::FLATNET_ISA {

#define FLATNET_MEMBER(name, Type) extern const kernels::Type name##_table;
FLATNET_KERNEL_FAMILIES(FLATNET_MEMBER)
#undef FLATNET_MEMBER

#define FLATNET_CSR(I) \
  csr<std::int32_t, I>, csr<std::int64_t, I>, csr<float, I>, csr<double, I>, complex_csr<float, I>, complex_csr<double, I>
extern const kernels::Table table;
const kernels::Table table = {
    {blocks<std::int32_t>, blocks<std::int64_t>, blocks<float>, blocks<double>, complex_blocks<float>, complex_blocks<double>},
    {FLATNET_CSR(std::uint16_t)},
    {FLATNET_CSR(std::int32_t)},
    {FLATNET_CSR(std::int64_t)},
    {gather<std::int32_t>, gather<std::int64_t>},
    {transpose_in<float>, transpose_in<double>},
    {transpose_out<float>, transpose_out<double>},
    {deinterleave<float>, deinterleave<double>},
    {interleave<float>, interleave<double>},
#define FLATNET_MEMBER(name, Type) &name##_table,
    FLATNET_KERNEL_FAMILIES(FLATNET_MEMBER)
#undef FLATNET_MEMBER
};
#undef FLATNET_CSR

}  // namespace flatnet::FLATNET_ISA
