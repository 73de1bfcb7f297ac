#!/usr/bin/env bash
# Builds the C++ tests for aarch64 and runs them, NEON kernels included, on an emulated processor.
# Usage: tools/neon.sh [BUILD_DIR]     (default build/neon)
# Needs: apt-get install g++-aarch64-linux-gnu qemu-user
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/neon}

for tool in aarch64-linux-gnu-g++ qemu-aarch64 cmake ctest; do
  command -v "$tool" >/dev/null || { echo "neon.sh needs $tool (apt-get install g++-aarch64-linux-gnu qemu-user cmake)" >&2; exit 3; }
done

# -O2: what is tested is what the kernels compute, and it compiles in two thirds of the time
cmake -S . -B "$build" -DCMAKE_TOOLCHAIN_FILE="$PWD/tools/aarch64.cmake" -DFLATNET_BUILD_TESTS=ON -DFLATNET_BUILD_PYTHON=OFF \
  -DFLATNET_FLAGS_neon=-O2
cmake --build "$build" --parallel "$(nproc)"
NM=aarch64-linux-gnu-nm python3 tools/check_symbols.py "$build"
ctest --test-dir "$build" --output-on-failure
