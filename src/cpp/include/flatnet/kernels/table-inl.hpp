// The kernel table of one instruction set. A row per member of FLATNET_KERNELS, entries in the order of Dtype.
namespace flatnet::FLATNET_ISA {

#define FLATNET_MEMBER(name, Type) extern const kernels::Type name##_table;
FLATNET_KERNEL_FAMILIES(FLATNET_MEMBER)
#undef FLATNET_MEMBER

extern const kernels::Table table;
const kernels::Table table = {
    {blocks<std::int32_t>, blocks<std::int64_t>, blocks<float>, blocks<double>, complex_blocks<float>, complex_blocks<double>},
    {csr<std::int32_t, std::int32_t>, csr<std::int64_t, std::int32_t>, csr<float, std::int32_t>, csr<double, std::int32_t>,
     complex_csr<float, std::int32_t>, complex_csr<double, std::int32_t>},
    {csr<std::int32_t, std::int64_t>, csr<std::int64_t, std::int64_t>, csr<float, std::int64_t>, csr<double, std::int64_t>,
     complex_csr<float, std::int64_t>, complex_csr<double, std::int64_t>},
    {gather<std::int32_t>, gather<std::int64_t>},
    {transpose_in<float>, transpose_in<double>},
    {transpose_out<float>, transpose_out<double>},
    {deinterleave<float>, deinterleave<double>},
    {interleave<float>, interleave<double>},
#define FLATNET_MEMBER(name, Type) &name##_table,
    FLATNET_KERNEL_FAMILIES(FLATNET_MEMBER)
#undef FLATNET_MEMBER
};

}  // namespace flatnet::FLATNET_ISA
