#pragma once
/// Everything an embedder needs: factors, networks, transforms. Standard library only.
#include "flatnet/core/isa.hpp"
#include "flatnet/core/parallel.hpp"
#include "flatnet/factors/kinds.hpp"
#include "flatnet/network/network.hpp"
#include "flatnet/network/product.hpp"
#include "flatnet/transforms/list.hpp"
