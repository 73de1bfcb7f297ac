#pragma once
/// Memory is asked for in one place, and refused with its size before the system is asked.
namespace flatnet {

/// Bytes of physical memory of this machine (2^40 where the system does not say).
double physical_memory();

/// Throws too_large_error "<what> needs ... MiB, this machine has ... MiB" when `bytes` is more than physical memory.
void require_memory(const char* what, double bytes);

}  // namespace flatnet
