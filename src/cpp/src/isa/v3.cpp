// x86-64-v3: AVX2 and FMA.
#define FLATNET_ISA isa_v3
#define FLATNET_VECTOR_BYTES 32
#define FLATNET_REGISTERS 16
#include "kernels.inc"
