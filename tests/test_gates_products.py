"""Products: counts, orders of the error, floors, and certificates that hold."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import flatnet as fn
import numpy as np
import pytest
from flatnet.bounds.nonlinear import derivative_ranks, sawtooth_neurons
from flatnet.gates import fan_in
from flatnet.operator import ACTIVATIONS

RNG = np.random.default_rng(11)
SMOOTH = [name for name in ("logistic", "tanh", "softplus", "gelu", "silu", "sin", "exp", "square") if name in ACTIVATIONS]


def points(count: int, box: list[tuple[float, float]], dtype: object = np.float64) -> np.ndarray:
    """Random points of a box: a third uniform, a third its corners, a third close to them (where errors are largest)."""
    low, high = np.array(box).T
    x = RNG.uniform(low, high, (count, len(box)))
    corner = np.where(RNG.random(x.shape) < 0.5, low, high)
    near = corner + (0.5 * (low + high) - corner) * RNG.random(x.shape) ** 4
    kind = RNG.integers(0, 3, (count, 1))
    x = np.where(kind == 0, x, np.where(kind == 1, corner, near)).astype(dtype)
    return np.clip(x, low.astype(dtype), high.astype(dtype))  # rounding to float32 may leave the box


def error(net: fn.Network, x: np.ndarray, powers: tuple[int, ...] | None = None) -> float:
    want = (x.astype(np.longdouble) ** np.array(powers or (1,) * x.shape[1])).prod(axis=1)
    return float(np.abs(net(x)[:, 0] - want).max())


# --- orders and floors ----------------------------------------------------------------------------------------


def slope(make, scales: tuple[float, float], n: int = 2) -> float:
    x = points(3000, [(-1, 1)] * n)
    large, small = (error(make(scale), x) for scale in scales)
    return math.log(large / small) / math.log(scales[0] / scales[1])


def test_error_is_of_second_order_at_a_generic_bias_and_of_fourth_at_the_best() -> None:
    # scales where the next order is below 0.1 % of the leading one and rounding below that: the slope's error is 1e-3
    assert slope(lambda s: fn.product_gate(scale=s, bias=-1.0), (2.0**-5, 2.0**-8)) == pytest.approx(2.0, abs=0.02)
    assert slope(lambda s: fn.product_gate(scale=s), (2.0**-4, 2.0**-6)) == pytest.approx(4.0, abs=0.05)
    assert slope(lambda s: fn.product_gate(neurons=3, scale=s), (2.0**-5, 2.0**-8)) == pytest.approx(2.0, abs=0.02)
    assert slope(lambda s: fn.product_flat(3, 4, scale=s), (2.0**-4, 2.0**-6), 3) == pytest.approx(2.0, abs=0.02)


# Theory: 2 sqrt(c r u) at a generic bias, 1.89 c^(1/3) (r u)^(2/3) at the best one; measured values on [-1, 1]^2.
FLOORS = {
    (np.float64, None): 1.3e-11,
    (np.float32, None): 7.9e-6,
    (np.float64, -1.317): 1.0e-8,
    (np.float32, -1.317): 2.4e-4,
}


@pytest.mark.parametrize(("dtype", "bias"), FLOORS, ids=str)
def test_floors_are_those_of_theory(dtype: type, bias: float | None) -> None:
    gate = fn.product_gate(dtype=dtype, bias=bias)
    pairs = RNG.uniform(-1, 1, (20000, 2)).astype(dtype)
    measured = error(gate, pairs)
    assert measured < 3 * FLOORS[dtype, bias]
    assert measured <= gate.certificate.error and gate.certificate.error == gate.certificate.floor


def test_floor_is_the_least_certified_error_of_any_scale() -> None:
    gate = fn.product_gate()
    for scale in (gate.certificate.scale * 2.0**k for k in range(-6, 6)):
        other = fn.product_gate(scale=scale).certificate
        # the automatic scale weighs rounding half: the bound is flat there, 10 % is the price
        assert other.error >= 0.9 * gate.certificate.floor
        assert other.floor <= gate.certificate.floor
        assert other.error == pytest.approx(other.truncation + other.rounding)


# --- the certificate holds ------------------------------------------------------------------------------------


def test_certificates_hold_on_random_gates() -> None:
    """10 000 cases: 100 random gates (activation, dtype, neurons, domains, scales) at 100 points each."""
    for _ in range(100):
        name, dtype = RNG.choice(SMOOTH), RNG.choice(["float64", "float32"])
        ends = np.sort(RNG.normal(size=(2, 2)) * 10.0 ** RNG.integers(-3, 4, (2, 1)), axis=1)
        scale = "auto" if RNG.random() < 0.7 else float(2.0 ** RNG.uniform(-10, 1) / np.abs(ends).max())
        gate = fn.product_gate(str(name), int(RNG.integers(2, 5)), scale, ends.tolist(), str(dtype))
        x = points(100, ends.tolist(), dtype)
        assert error(gate, x) <= gate.certificate.error, (name, dtype, ends, scale)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", SMOOTH)
def test_certificates_hold_on_networks_of_gates(name: str, dtype: str) -> None:
    nets = [
        fn.product_tree(5, name, dtype=dtype),
        fn.product_tree(8, name, 3, dtype=dtype, relays=True),
        fn.product_tree(6, name, dtype=dtype, domain=[(-0.5, 2)] * 6),
    ]
    for net in nets:
        low, high = net.certificate.domain[0]
        assert error(net, points(500, [(low, high)] * net.shape[1], dtype)) <= net.certificate.error
    gate = fn.copy_gate(name, dtype=dtype, domain=(-3, 2))
    assert error(gate, points(500, [(-3, 2)], dtype)) <= gate.certificate.error


@pytest.mark.parametrize("n", range(1, 8))
def test_certificates_hold_on_flat_products(n: int) -> None:
    for neurons in {None, 2**n}:
        net = fn.product_flat(n, neurons, domain=(-1, 1.5))
        assert error(net, points(500, [(-1, 1.5)] * n)) <= net.certificate.error


@pytest.mark.parametrize("powers", [(2,), (3,), (4,), (2, 1), (2, 2), (1, 3), (1, 1, 2)], ids=str)
@pytest.mark.parametrize("more", [0, 1])
def test_monomials(powers: tuple[int, ...], more: int) -> None:
    count = math.prod(r + 1 for r in powers)
    least = fn.monomial(powers, neurons=count - 1)
    assert least.neurons == count - 1 and least.depth == 1
    net = least if not more or all(r % 2 == 0 for r in powers) else fn.monomial(powers, neurons=count)
    x = points(500, [(-1, 1)] * len(powers))
    assert error(net, x, powers) <= net.certificate.error < 2e-3


# --- counts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3, 5, 7, 16, 33, 64, 256])
@pytest.mark.parametrize("neurons", [4, 3])
def test_counts_of_trees(n: int, neurons: int) -> None:
    net = fn.product_tree(n, neurons=neurons)
    passed, width = 0, n
    while width > 1:
        passed, width = passed + width % 2, width // 2 + width % 2
    assert net.neurons == neurons * (n - 1) + passed
    assert net.depth == math.ceil(math.log2(n))
    if n & (n - 1) == 0 and neurons == 4:
        assert net.synapses == 20 * n - 28 if n > 2 else net.synapses == 12
        relayed = fn.product_tree(n, relays=True)
        assert (relayed.synapses, relayed.neurons) == (12 * (n - 1), 5 * n - 6)


def test_counts_of_large_and_ternary_trees() -> None:
    net = fn.product_tree(4096, domain=(1 - 2**-12, 1 + 2**-12))
    assert (net.neurons, net.synapses, net.depth) == (4 * 4095, 20 * 4096 - 28, 12)
    x = RNG.uniform(1 - 2**-12, 1 + 2**-12, (20, 4096))
    np.testing.assert_allclose(net(x)[:, 0], x.prod(axis=1), rtol=1e-5)
    for n in (3, 9, 27):
        assert fn.product_tree(n, neurons=2).neurons == 2 * (n - 1)
        assert fn.product_tree(n, neurons=2).depth == round(math.log(n, 3))
    assert fn.product_tree(32).neurons == 124  # a reading of "4n" would be 128


def test_fan_in_table() -> None:
    assert [fan_in(16, k)[0] for k in range(1, 5)] == [65536, 80, 64, 60]
    assert [fan_in(64, k)[0] for k in range(1, 7)] == [2**64, 2304, 336, 264, 256, 252]
    assert [fn.product_tree(16, layers=k).neurons for k in (2, 3, 4)] == [80, 64, 60]
    assert fn.product_tree(64, layers=3).neurons == 336
    net = fn.product_tree(10, layers=2)
    assert net.depth == 2 and error(net, points(500, [(-1, 1)] * 10)) <= net.certificate.error


def test_flat_counts() -> None:
    assert [fn.product_flat(n).neurons for n in range(1, 8)] == [1, 3, 4, 15, 16, 63, 64]
    assert [fn.product_flat(n, 2**n).neurons for n in range(1, 6)] == [2, 4, 8, 16, 32]
    assert fn.product_flat(12).neurons == 4095


def test_two_neurons_where_the_slope_vanishes() -> None:
    assert (fn.product_gate(neurons=2).neurons, fn.product_gate(neurons=2).synapses) == (3, 8)  # logistic: with its relay
    gate = fn.product_gate("square", 2)
    assert (gate.neurons, gate.synapses) == (2, 6)
    assert fn.product_gate("square", 2, domain=(-8, 8))([3.0, 5.0]).tolist() == [15.0]  # exact


# --- flattening -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "least", "most"), [(3, 3, 4), (4, 15, 15), (5, 10, 16), (8, 255, 255)])
def test_c_n_of_products_is_an_interval(n: int, least: int, most: int) -> None:
    net = fn.product_tree(n)
    cost = fn.flattening_cost(net, depth=1)
    assert cost.C_n == (least / net.neurons, most / net.neurons)
    assert cost.C_s.lower == 2 * least / net.synapses and "LB6" in cost.class_of_networks
    assert fn.flattening_cost(net, depth=2).C_n.lower == 0 if net.depth > 2 else True


def test_ranks_of_derivative_spaces() -> None:
    one = Fraction(1)
    assert sum(derivative_ranks({(2, 1, 3): one})) == 3 * 2 * 4
    determinant = {}
    for columns in itertools.permutations(range(3)):
        e = [0] * 9
        for row, column in enumerate(columns):
            e[3 * row + column] = 1
        sign = np.linalg.det(np.eye(3)[list(columns)])
        determinant[tuple(e)] = one * round(sign)
    assert sum(derivative_ranks(determinant)) == 20
    for rank in (1, 2, 3):
        quadratic = {tuple(2 * (i == j) for i in range(4)): one * (1 if j else -1) for j in range(rank)}
        assert sum(derivative_ranks(quadratic)) == rank + 2
    # against a plain rank over the reals
    terms = {tuple(np.bincount(RNG.integers(0, 3, 4), minlength=3)): one * int(RNG.integers(1, 9)) for _ in range(6)}
    order = [a for a in np.ndindex(3, 3, 3) if sum(a) == 2]
    table = np.zeros((len(order), len(order)))
    for e, c in terms.items():
        for i, a in enumerate(order):
            rest = np.subtract(e, a)
            if (rest >= 0).all():
                table[i, order.index(tuple(rest))] += float(c) * math.prod(math.perm(int(p), q) for p, q in zip(e, a))
    assert derivative_ranks(terms)[2] == np.linalg.matrix_rank(table)


@pytest.mark.parametrize("k", [1, 2, 7, 12])
def test_tent_map_is_exact_and_flattens_to_two_to_the_k(k: int) -> None:
    net = fn.tent_map(k)
    assert (net.neurons, net.synapses, net.depth) == (2 * k, 4 * k, k)
    x = np.concatenate([RNG.random(2000), np.arange(2**k + 1) / 2**k])
    want = x
    for _ in range(k):
        want = np.where(want < 0.5, 2 * want, 2 - 2 * want)
    assert (net(x[:, None])[:, 0] == want).all()
    if k > 1:
        assert net.flat_form.neurons == 2**k
        np.testing.assert_allclose(net.flat_form(x[:, None])[:, 0], want, atol=4**k * 2e-16)
        assert fn.flattening_cost(net, depth=1).C_n == ((2**k - 1) / (2 * k), 2**k / (2 * k))


def test_sawtooth_neurons_by_exhaustion() -> None:
    for pieces in (2, 5, 16, 30):
        widths = [(a, b, c) for a in range(30) for b in range(30) for c in range(30)]
        for layers in (1, 2, 3):
            best = min(sum(w[:layers]) for w in widths if math.prod(m + 1 for m in w[:layers]) >= pieces)
            assert sawtooth_neurons(pieces, layers) == best


BAD = [
    (lambda: fn.product_tree(0), ValueError, "n=0"),
    (lambda: fn.product_tree(4, neurons=5), ValueError, "neurons=5"),
    (lambda: fn.product_tree(10, neurons=2), ValueError, "power of three, got n=10"),
    (lambda: fn.product_tree(8, layers=4), ValueError, "3 hidden layers at most, got layers=4"),
    (lambda: fn.product_tree(64, layers=1), ValueError, r"2\*\*64 neurons"),
    (lambda: fn.product_tree(4, domain=(2, 1)), ValueError, "low < high"),
    (lambda: fn.product_tree(4, domain=(0, np.inf)), ValueError, "finite"),
    (lambda: fn.product_tree(4, "relu"), ValueError, "sgn"),
    (lambda: fn.product_flat(3, 6), ValueError, "4, 7, 8 neurons, got 6"),
    (lambda: fn.product_flat(17), ValueError, "n=17"),
    (lambda: fn.product_flat(3, activation="square"), ValueError, "derivative 3"),
    (lambda: fn.product_flat(8, 256, scale=1e-60), ValueError, "scale=1e-60"),
    (lambda: fn.monomial((2, 0)), ValueError, "powers=0"),
    (lambda: fn.monomial(3), TypeError, "got 3"),
    (lambda: fn.monomial((30,)), ValueError, r"\(30,\)"),
    (lambda: fn.monomial((2, 1), neurons=3), ValueError, "5 or 6 neurons, got neurons=3"),
    (lambda: fn.monomial((3,), "square"), ValueError, "derivative 3"),
    (lambda: fn.tent_map(0), ValueError, "k=0"),
    (lambda: fn.tent_map(22, "float32"), ValueError, "up to k=21, got k=22"),
    (lambda: fan_in(8, 4), ValueError, "layers=4"),
]


@pytest.mark.parametrize(("call", "error", "sentence"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_input(call, error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()
