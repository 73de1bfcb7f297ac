// x86-64-v2: SSE4.2, the ABI floor.
#define FLATNET_ISA isa_v2
#define FLATNET_VECTOR_BYTES 16
#define FLATNET_REGISTERS 16
#include "kernels.inc"
