// x86-64-v4: AVX-512 F, BW, CD, DQ, VL.
#define FLATNET_ISA isa_v4
#define FLATNET_VECTOR_BYTES 64
#define FLATNET_REGISTERS 32
#include "kernels.inc"
