"""Four logistic neurons multiply: how exact can they be?

    python examples/product_gate.py [--quick]

Lin & Tegmark (Eqs. 10 and 11) multiply two numbers with one hidden layer and say that the product becomes
exact for large scale. It is the other way round, and in floating point there is a best scale: below it
rounding takes over.
"""

from __future__ import annotations

import argparse

import flatnet as fn
import numpy as np


def largest_error(gate: fn.Network, pairs: np.ndarray) -> float:
    """Largest difference from x y over some pairs."""
    return float(np.abs(gate(pairs)[:, 0] - pairs[:, 0] * pairs[:, 1]).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer pairs")
    count = 1000 if parser.parse_args().quick else 100_000
    pairs = np.random.default_rng(0).uniform(-1, 1, (count, 2))

    print(fn.product_gate())
    print(f"\nLargest error over {count} pairs in [-1, 1]:")
    for neurons in (4, 3):
        for dtype in ("float64", "float32"):
            gate = fn.product_gate(neurons=neurons, dtype=dtype)
            error = largest_error(gate, pairs.astype(dtype))
            print(f"  {neurons} neurons, {gate.synapses:2} synapses, {dtype}: {error:.0e}")

    print("\nThe same with the scale set by hand (float64, 4 neurons): the error falls as scale^4, then rounding wins.")
    for power in (3, 0, -2, -4, -6, -8, -10, -14, -18):
        error = largest_error(fn.product_gate(scale=2.0**power), pairs)
        print(f"  scale 2^{power:<3}  error {error:.0e}")

    bits = np.array([[1, 1, 1], [1, 1, 0]])
    print("\nA product of bits takes one neuron (Eq. 13); D decimals need sharpness 2 D ln 10, not D ln 10:")
    for factor in (1, 2):
        sharpness = factor * 10 * np.log(10)
        error = np.abs(fn.bit_product(3, sharpness=sharpness)(bits)[:, 0] - bits.prod(axis=1)).max()
        print(f"  sharpness {sharpness:4.1f}  error {error:.0e}")


if __name__ == "__main__":
    main()
