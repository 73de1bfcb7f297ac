"""Product gates: counts, and errors against the series, the paper's formulas corrected."""

from __future__ import annotations

import math

import flatnet as fn
import numpy as np
import pytest
from flatnet.gates import CATALOGUE

RNG = np.random.default_rng(3)
PAIRS = RNG.uniform(-1, 1, (5000, 2))


def gate_error(gate: fn.Network, reach: float = 1.0) -> float:
    """Largest |gate(x, y) - x y| / reach² over random pairs in [-reach, reach]²."""
    pairs = (reach * PAIRS).astype(gate.dtype)
    return float(np.abs(gate(pairs)[:, 0] - pairs.astype(np.float64).prod(axis=1)).max()) / reach**2


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_catalogue_counts(entry) -> None:
    for size in entry.sizes:
        net = entry.build(size)
        assert entry.synapses is None or net.synapses == entry.synapses(size)
        assert net.synapses == sum(np.count_nonzero(layer.weight.toarray()) for layer in net)
        assert not net.is_linear
        assert net.certificate is None or net.certificate.error < 0.1


@pytest.mark.parametrize(("neurons", "synapses"), [(4, 12), (3, 7)])
def test_product_gate_has_the_neurons_it_says(neurons: int, synapses: int) -> None:
    gate = fn.product_gate(neurons=neurons)
    assert (gate.neurons, gate.synapses, gate.shape) == (neurons, synapses, (1, 2))


# Floors on [-1, 1]²: twice what the balance of truncation and rounding predicts.
FLOORS = {(4, np.float64): 6e-11, (4, np.float32): 6e-5, (3, np.float64): 1.2e-7, (3, np.float32): 4e-3}


@pytest.mark.parametrize(("neurons", "dtype"), list(FLOORS), ids=str)
@pytest.mark.parametrize("reach", [1e-3, 1.0, 50.0])
def test_automatic_scale_reaches_the_floor(neurons: int, dtype: type, reach: float) -> None:
    gate = fn.product_gate(neurons=neurons, domain=(-reach, reach), dtype=dtype)
    assert gate.dtype == dtype
    assert gate_error(gate, reach) < FLOORS[neurons, dtype]


@pytest.mark.parametrize(("neurons", "order", "scales"), [(4, 4, (2.0**-4, 2.0**-6)), (3, 2, (2.0**-5, 2.0**-8))])
def test_error_falls_with_the_scale(neurons: int, order: int, scales: tuple[float, float]) -> None:
    errors = [gate_error(fn.product_gate(neurons=neurons, scale=scale)) for scale in scales]
    slope = math.log(errors[0] / errors[1]) / math.log(scales[0] / scales[1])
    assert abs(slope - order) < 0.05


def test_error_is_the_next_term_of_the_series() -> None:
    x, y, scale = 0.8, -0.6, 2.0**-5
    # four neurons: |sixth derivative / second| is 3/2 at b = -arccosh 5
    four = fn.product_gate(scale=scale)([x, y])[0] / (x * y) - 1
    assert abs(four) == pytest.approx(1.5 * scale**4 / 360 * (3 * x**4 + 10 * x**2 * y**2 + 3 * y**4), rel=2e-3)
    three = fn.product_gate(neurons=3, scale=scale)([x, y])[0] / (x * y) - 1
    assert three == pytest.approx(-(scale**2) / 24 * (4 * x * x + 6 * x * y + 4 * y * y), rel=2e-2)


def test_a_large_scale_is_no_product() -> None:
    # the paper's "in the limit of infinite scale ... exact" should read zero scale
    assert gate_error(fn.product_gate(scale=100.0)) > 0.5
    # nor is the limit reached in floating point, neuron by neuron; pairs of neurons that are read alike run as one and reach it
    near = fn.product_gate(scale=1e-6)
    x = RNG.uniform(-1, 1, (1000, 2))
    hidden, output = near.layers
    assert np.abs(output(hidden(x))[:, 0] - x.prod(axis=1)).max() > 1e-6
    assert gate_error(near) < 1e-11  # truncation: 1.5 scale^4


def test_gate_broadcasts_over_leading_axes() -> None:
    x = RNG.uniform(-1, 1, (2, 3, 2))
    assert fn.product_gate()(x).shape == (2, 3, 1)


BAD = [
    (lambda: fn.product_gate("relu"), ValueError, "sgn"),
    (lambda: fn.product_gate("step"), ValueError, "got activation='step'"),
    (lambda: fn.product_gate(bias=10**400), ValueError, "beyond"),
    (lambda: fn.product_gate(scale=1e308), ValueError, "scale=1e"),
    (lambda: fn.product_gate().certificate.covers([0.5, 0.5], axis=7), ValueError, "axis"),
    (lambda: fn.product_gate(bias=0.0), ValueError, "derivative 2 of logistic"),
    (lambda: fn.product_gate(bias=1e9), ValueError, "bias=1000000000.0"),
    (lambda: fn.product_gate(domain=[(0, 1)] * 3), ValueError, "2 inputs"),
    (lambda: fn.product_gate(neurons=5), ValueError, "got neurons=5"),
    (lambda: fn.product_gate(scale="best"), TypeError, "got 'best'"),
    (lambda: fn.product_gate(scale=0), ValueError, "got 0"),
    (lambda: fn.product_gate(scale=np.nan), ValueError, "got nan"),
    (lambda: fn.product_gate(scale=1e-200), ValueError, "scale=1e-200"),
    (lambda: fn.product_gate(domain=(1, -1)), ValueError, "low < high"),
    (lambda: fn.product_gate(domain=(0, np.inf)), ValueError, "finite"),
    (lambda: fn.product_gate(domain=3), ValueError, "got 3"),
    (lambda: fn.product_gate(domain=(-1e30, 1e30), dtype=np.float32), ValueError, "float32"),
    (lambda: fn.product_gate(dtype=np.float16), TypeError, "float16"),
    (lambda: fn.product_gate(dtype=np.complex128), TypeError, "complex128"),
]


@pytest.mark.parametrize(("call", "error", "sentence"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_input_is_refused_with_both_sides(call, error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()
