"""Product and bit gates: counts, and errors against the series and the paper's formulas, corrected."""

from __future__ import annotations

import math

import flatnet as fn
import numpy as np
import pytest
from flatnet.gates import CATALOGUE
from hypothesis import given, settings
from hypothesis import strategies as st

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
        assert net.synapses == entry.synapses(size)
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
    assert gate_error(fn.product_gate(scale=1e-6)) > 1e-6  # nor is the limit reached in floating point


def test_gate_broadcasts_over_leading_axes() -> None:
    x = RNG.uniform(-1, 1, (2, 3, 2))
    assert fn.product_gate()(x).shape == (2, 3, 1)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.sampled_from([1e-4, 1e-7, 1e-10, 1e-14]), st.integers(0, 2**32))
def test_bit_product_keeps_its_tolerance(k: int, tol: float, seed: int) -> None:
    bits = (np.random.default_rng(seed).random((50, k)) < 0.9).astype(np.float64)
    bits[0], bits[1] = 1.0, 1.0
    bits[1, 0] = 0.0  # k and k - 1 ones: the worst inputs
    error = np.abs(fn.bit_product(k, tol=tol)(bits)[:, 0] - bits.prod(axis=1))
    assert error.max() <= tol + 4 * np.finfo(np.float64).eps


@pytest.mark.parametrize(("digits", "sharpness"), [(4, 18.42), (7, 32.24), (10, 46.05), (16, 73.68)])
def test_sharpness_for_decimal_digits(digits: int, sharpness: float) -> None:
    net = fn.bit_product(5, tol=10.0**-digits)
    assert net.layers[0].weight.toarray()[0, 0] == pytest.approx(sharpness, abs=0.01)


def test_the_paper_s_sharpness_leaves_the_square_root_of_the_error() -> None:
    error = fn.bit_product(3, sharpness=10 * math.log(10))([[1.0, 1.0, 0.0]])[0, 0]
    assert error == pytest.approx(1e-5, rel=1e-3)
    assert fn.bit_product(3)([[1.0, 1.0, 0.0]])[0, 0] == pytest.approx(1e-10, rel=1e-3)


def test_bit_product_of_integers_and_single_precision() -> None:
    gate = fn.bit_product(4, dtype=np.float32, tol=1e-6)
    assert gate.dtype == np.float32
    np.testing.assert_allclose(fn.bit_product(4)(np.array([[1, 1, 1, 1], [1, 1, 0, 1]]))[:, 0], [1, 0], atol=1e-9)
    assert (fn.bit_product(4).neurons, fn.bit_product(4).synapses) == (1, 5)


BAD = [
    (lambda: fn.product_gate("relu"), ValueError, "sgn"),
    (lambda: fn.product_gate("step"), ValueError, "got activation='step'"),
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
    (lambda: fn.bit_product(0), ValueError, "0"),
    (lambda: fn.bit_product(2.5), TypeError, "2.5"),
    (lambda: fn.bit_product(3, sharpness=-1), ValueError, "got -1"),
    (lambda: fn.bit_product(3, tol=0.5), ValueError, "got 0.5"),
    (lambda: fn.bit_product(3, tol=0.0), ValueError, "got 0.0"),
    (lambda: fn.bit_product(3, 40.0, 1e-9), ValueError, "sharpness or tol"),
    (lambda: fn.bit_product(3, sharpness="sharp"), TypeError, "got 'sharp'"),
    (lambda: fn.bit_product(3, sharpness=1e300, dtype=np.float32), ValueError, "float32"),
]


@pytest.mark.parametrize(("call", "error", "sentence"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_input_is_refused_with_both_sides(call, error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()
