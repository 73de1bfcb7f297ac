// aarch64: NEON (ASIMD) with FMA, the floor there.
#define FLATNET_ISA isa_neon
#define FLATNET_VECTOR_BYTES 16
#define FLATNET_REGISTERS 32
#include "kernels.inc"
