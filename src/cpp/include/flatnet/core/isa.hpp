#pragma once
/// Instruction sets: one kernel table each, chosen once per process. FLATNET_ISA forces a lower one.
#include <string>
#include <vector>

#include "flatnet/kernels/table.hpp"

namespace flatnet {

/// Names that this build carries and this machine can run, lowest first ("v2", "v3", "v4"; "neon").
std::vector<std::string> available_isas();

/// Name of the instruction set in use.
std::string active_isa();

/// The kernels in use. Throws shape_error when FLATNET_ISA names a set that this machine cannot run.
const kernels::Table& active_kernels();

/// The kernels of one instruction set (tests run all of them). Throws shape_error when it is not available.
const kernels::Table& kernels_of(const std::string& isa);

}  // namespace flatnet
