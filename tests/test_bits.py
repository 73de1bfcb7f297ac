"""Bit gates: every input up to 16 bits, against products and sums by definition, and the bounds that certificates claim."""

from __future__ import annotations

import itertools
import math
import warnings

import flatnet as fn
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

DTYPES = [np.float64, np.float32]
few = settings(max_examples=30)
both = pytest.mark.parametrize("dtype", DTYPES, ids=["float64", "float32"])


def cube(n: int) -> np.ndarray:
    """All inputs of n bits; row S has bit i of S at place i."""
    return (np.arange(1 << n)[:, None] >> np.arange(n)) & 1


def by_definition(terms: dict[tuple[int, ...], float], inputs: np.ndarray) -> np.ndarray:
    """Sum of coefficient times product of bits."""
    return sum((h * inputs[:, list(K)].prod(axis=1) for K, h in terms.items()), np.zeros(len(inputs)))


def worst(net: fn.Network, inputs: np.ndarray, exact: np.ndarray) -> float:
    """Largest error, in the network's own precision and in float64, which whole numbers are computed in."""
    own = net(inputs.astype(net.dtype))[:, 0].astype(np.float64)
    return float(max(np.abs(own - exact).max(), np.abs(net(inputs)[:, 0] - exact).max()))


# --- one neuron -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("digits", "sharpness"), [(4, 18.42), (7, 32.24), (10, 46.05), (15, 69.08)])
@pytest.mark.parametrize("k", [1, 2, 5, 1000])
def test_sharpness_for_decimal_digits(k: int, digits: int, sharpness: float) -> None:
    net = fn.bit_product(k, tol=10.0**-digits)
    assert net[0].weight.toarray()[0, 0] == net.certificate.sharpness == pytest.approx(sharpness, abs=0.006)
    assert net.certificate.truncation <= 10.0**-digits


def test_sixteen_digits_are_below_the_roundoff_of_float64() -> None:
    with pytest.raises(
        ValueError, match=r"unit roundoff is 1.11e-16, rounds by up to 2.22e-16, got tol=1e-16; hard=True is exact"
    ):
        fn.bit_product(3, tol=1e-16)
    with pytest.raises(ValueError, match=r"float32, whose unit roundoff is 5\.96e-08"):
        fn.bit_product(3, tol=1e-7, dtype=np.float32)


def test_the_paper_s_sharpness_leaves_the_square_root_of_the_error() -> None:
    error = fn.bit_product(3, sharpness=10 * math.log(10))([[1.0, 1.0, 0.0]])[0, 0]
    assert error == pytest.approx(1e-5, rel=1e-3)
    assert fn.bit_product(3)([[1.0, 1.0, 0.0]])[0, 0] == pytest.approx(1e-10, rel=1e-3)


@both
@few
@given(st.integers(1, 1000), st.sampled_from([1e-4, 1e-5, 3e-6]), st.integers(0, 2**32))
def test_bit_product_keeps_its_tolerance(dtype: type, k: int, tol: float, seed: int) -> None:
    bits = (np.random.default_rng(seed).random((20, k)) < 1 - 1 / k).astype(int)
    bits[:2] = 1
    bits[1, seed % k] = 0  # k and k - 1 ones: the worst inputs
    tol = tol if dtype == np.float32 else tol**2
    net = fn.bit_product(k, tol=tol, dtype=dtype)
    assert worst(net, bits, bits.prod(axis=1)) <= net.certificate.error
    # float32's two units in the last place are kept out of tol within a factor 256 of them
    assert net.certificate.error <= (tol if tol > 256 * np.finfo(dtype).eps else tol + np.finfo(dtype).eps)


@pytest.mark.parametrize("beta", [1.0, 10.0, 23.03, 36.0, 60.0])
@pytest.mark.parametrize("k", [1, 3, 100])
def test_error_is_the_logistic_function_at_half_the_sharpness(k: int, beta: float) -> None:
    net = fn.bit_product(k, sharpness=beta)
    inputs = np.ones((2, k))
    inputs[1, 0] = 0.0
    high, low = net(inputs)[:, 0]
    assert low == pytest.approx(1 / (1 + math.exp(beta / 2)), rel=1e-12)
    assert 1 - high == pytest.approx(1 / (1 + math.exp(beta / 2)), rel=1e-12, abs=3e-16)


@both
def test_certificates_hold_at_every_sharpness(dtype: type, isa: str) -> None:
    """From useless to vanishing tails, denormal ones included, on 400 random sharpnesses and coefficients of all sizes."""
    rng = np.random.default_rng(5)
    for beta in 10.0 ** rng.uniform(-1, 3.4, 400):
        k = int(rng.integers(1, 6))
        inputs = cube(k)
        for net, exact in (
            (fn.bit_product(k, sharpness=beta, dtype=dtype), inputs.prod(axis=1)),
            (
                fn.bit_symmetric(10.0**k * (np.arange(k + 1) ** 2), sharpness=beta, dtype=dtype),
                10.0**k * inputs.sum(axis=1) ** 2,
            ),
        ):
            for x in (inputs, inputs.astype(dtype)):
                error = np.abs(net.apply(x, isa=isa)[:, 0].astype(np.float64) - exact).max()
                assert error <= net.certificate.error, (k, beta)


# C5: where the neuron rounds to exactly 1, and where it vanishes
@pytest.mark.parametrize(("dtype", "one", "zero"), [(np.float64, 74.86, 1490.3), (np.float32, 34.7, 208.0)])
def test_thresholds_of_exact_bits(dtype: type, one: float, zero: float, isa: str) -> None:
    on, off = np.ones((1, 1), dtype), np.zeros((1, 1), dtype)

    def at(beta: float, x: np.ndarray) -> float:
        return float(fn.bit_product(1, sharpness=beta, dtype=dtype).apply(x, isa=isa)[0, 0])

    assert at(one + 0.1, on) == 1 > at(one - 5, on)
    assert at(zero + 0.1, off) == 0 < at(zero - 6, off)


@both
@pytest.mark.parametrize("k", [1, 2, 3, 17, 1000])
def test_hard_product_is_exact(k: int, dtype: type, isa: str) -> None:
    net = fn.bit_product(k, hard=True, dtype=dtype)
    inputs = np.tril(np.ones((k + 1, k), dtype), -1)  # 0 .. k ones
    assert net.certificate.error == 0
    assert net.apply(inputs, isa=isa)[:, 0].tolist() == [0.0] * k + [1.0]


@both
def test_sums_in_front_of_the_neuron_are_exact(dtype: type) -> None:
    """β has so few digits that every multiple of β/2 up to 2k is a number of the dtype."""
    for k, tol in itertools.product([1, 2, 3, 1000, 4095, 4096, 4097], [1e-2, 3e-4, 1e-5]):
        beta = dtype(fn.bit_product(k, tol=tol, dtype=dtype).certificate.sharpness)
        multiples = np.arange(2 * k + 1) * (float(beta) / 2)
        assert (multiples.astype(dtype) == multiples).all()
        assert fn.bit_product(k, tol=tol, dtype=dtype)[0].bias.tolist() == [-(k - 0.5) * float(beta)]


def test_float32_counts_to_two_to_the_23() -> None:
    assert fn.bit_product(2**23, hard=True, dtype=np.float32).certificate.error == 0
    with pytest.raises(ValueError, match="float32 cannot count to 8388609 in halves"):
        fn.bit_product(2**23 + 1, hard=True, dtype=np.float32)
    with pytest.raises(ValueError, match="cannot tell 8388609 ones from 8388608"):
        fn.bit_product(2**23 + 1, sharpness=40.1, dtype=np.float32)


# --- polynomials ------------------------------------------------------------------------------------------------

coefficients = st.integers(-(10**6), 10**6).map(lambda i: i / 7**5) | st.integers(-100, 100)
polynomials = st.dictionaries(st.lists(st.integers(0, 6), max_size=5).map(tuple), coefficients, max_size=12)


@both
@few
@given(polynomials, st.sampled_from([1.0, 1e-2, 1e-6, None]))
def test_polynomial_keeps_its_tolerance(dtype: type, terms: dict[tuple[int, ...], float], tol: float | None) -> None:
    inputs = cube(7)
    exact = by_definition(terms, inputs)
    try:
        net = fn.bit_polynomial(terms, tol, bits=7, dtype=dtype)
    except ValueError as refusal:
        # the bound on rounding: 13 terms and 3 more roundings, and the cast of the coefficients
        assert "rounds by up to" in str(refusal)
        assert tol is not None and tol < 20 * np.finfo(dtype).eps * sum(map(abs, terms.values()))
        return
    assert worst(net, inputs, exact) <= net.certificate.error + 1e-13  # the oracle's own rounding
    assert tol is None or net.certificate.error <= tol * (1 + 1e-9)
    assert net.neurons == len({frozenset(K) for K in terms if K} - {frozenset(())}) or 0 in terms.values() or net.neurons < 13


@both
@few
@given(polynomials.map(lambda terms: {K: round(h) for K, h in terms.items()}))
def test_hard_polynomial_of_whole_numbers_is_exact(dtype: type, terms: dict[tuple[int, ...], int]) -> None:
    net = fn.bit_polynomial(terms, bits=7, hard=True, dtype=dtype)
    assert net.certificate.error == net.certificate.floor == 0
    assert worst(net, cube(7), by_definition(terms, cube(7))) == 0


def test_monomials_are_put_in_order() -> None:
    net = fn.bit_polynomial({(2, 0): 1, (0, 2, 2): 2, (): 5, (1,): 4, (1, 1): -4, frozenset({3}): 7, (5, 5): 0}, hard=True)
    assert net.shape == (1, 6)
    assert net[0].weight.toarray().tolist() == [[0, 0, 0, 2048, 0, 0], [2048, 0, 2048, 0, 0, 0]]
    assert net[1].weight.toarray().tolist() == [[7, 3]] and net[1].bias.tolist() == [5]
    assert (net.neurons, net.synapses) == (2, 5)


def test_constants_have_no_neurons() -> None:
    for net in (
        fn.bit_polynomial({(): 2.5}, bits=3),
        fn.bit_polynomial([2.5, 0, 0, 0, 0, 0, 0, 0]),
        fn.bit_symmetric([2.5] * 4),
    ):
        assert (net.neurons, net.synapses, net.shape) == (0, 0, (1, 3))
        assert net(np.ones((2, 3))).tolist() == [[2.5], [2.5]]
        assert net.certificate.error == 0
    assert fn.bit_polynomial({}, bits=2)([1, 0]).tolist() == [0.0]


@pytest.mark.parametrize("n", range(1, 9))
def test_random_truth_tables(n: int) -> None:
    """C4: error <= norm(h)_1 exp(-β/2), on every input."""
    rng = np.random.default_rng(n)
    table = rng.integers(-9, 10, 1 << n)
    hard = fn.bit_function(table, hard=True)
    assert hard(cube(n))[:, 0].tolist() == table.tolist()
    assert hard.certificate.error == 0
    h = fn.multilinear(table)
    soft = fn.bit_polynomial(h, tol=1e-7)
    assert soft.certificate.sharpness == pytest.approx(2 * math.log(np.abs(h[1:]).sum() / 1e-7), abs=0.01)
    assert worst(soft, cube(n), table) <= soft.certificate.error <= 1e-7
    reals = rng.standard_normal(1 << n)
    net = fn.bit_function(reals)
    assert worst(net, cube(n), reals) <= net.certificate.error


@both
@pytest.mark.parametrize("n", [10, 12])
def test_dense_functions_are_exact_on_every_input(n: int, dtype: type) -> None:
    table = np.random.default_rng(n).integers(0, 2, 1 << n)
    net = fn.bit_function(table, hard=True, dtype=dtype)
    assert net.neurons == np.count_nonzero(fn.multilinear(table)[1:])
    assert (net(cube(n).astype(dtype))[:, 0] == table).all()
    # |h| reaches 3^n at most, which float32's 24 digits hold up to n = 12 for this table
    assert net.certificate.error == 0


@both
def test_sparse_functions_of_16_bits_are_exact_on_every_input(dtype: type) -> None:
    """Degree 3 and less: 696 terms, 2^16 inputs, against the fast transform."""
    n = 16
    rng = np.random.default_rng(16)
    h = np.where(np.array([S.bit_count() for S in range(1 << n)]) <= 3, rng.integers(-9, 10, 1 << n), 0)
    net = fn.bit_polynomial(h, hard=True, dtype=dtype)
    assert net.neurons == np.count_nonzero(h[1:])
    assert (net(cube(n).astype(dtype))[:, 0] == fn.truth_table(h)).all()
    tol = 0.5 if dtype == np.float32 else 1e-7  # 700 terms of float32, added in any order: up to 0.14
    soft = fn.bit_polynomial(h, tol=tol, dtype=dtype)
    assert worst(soft, cube(n)[::7], fn.truth_table(h)[::7]) <= soft.certificate.error <= tol


def test_a_dense_function_of_16_bits_on_a_sample() -> None:
    """All 2^16 inputs of its 61297 neurons take `python bench/bits.py` some ten seconds."""
    n = 16
    rng = np.random.default_rng(0)
    table = rng.integers(0, 2, 1 << n)
    net = fn.bit_function(table, hard=True)
    assert net.neurons == np.count_nonzero(fn.multilinear(table)[1:]) > 60_000
    where = np.unique([0, 1, (1 << n) - 1, *rng.integers(0, 1 << n, 60)])
    assert (net(cube(n)[where])[:, 0] == table[where]).all()
    assert net.certificate.error == 0


def test_ten_thousand_bits() -> None:
    n = 10_000
    rng = np.random.default_rng(1)
    supports = [tuple(row) for row in rng.integers(0, n, (20_000, 3)).tolist()]
    terms = dict(zip(supports, rng.integers(1, 9, len(supports)).tolist(), strict=True))
    net = fn.bit_polynomial(terms, tol=1e-6, bits=n)
    inputs = rng.integers(0, 2, (3, n))
    exact = by_definition(terms, inputs)
    assert np.abs(net(inputs)[:, 0] - exact).max() <= net.certificate.error <= 1e-6
    assert net.neurons == len({frozenset(K) for K in terms})


def test_kept_by_save_and_pickle(tmp_path) -> None:
    net = fn.bit_polynomial({(0, 1): 1.0, (): -0.5}, tol=1e-6)
    fn.save(tmp_path / "net", net)
    again = fn.load(tmp_path / "net")
    assert again.certificate == net.certificate and again.certificate.integers
    assert again(cube(2)).tolist() == net(cube(2)).tolist()


def test_inputs_that_are_no_bits_are_flagged() -> None:
    net = fn.bit_parity(3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net(cube(3))
    for x in ([0.5, 0, 1], [0, 2, 1], [0, -1, 0], [np.nan, 0, 0]):
        with pytest.warns(fn.OutsideDomainWarning):
            net(x)


# --- symmetric functions ----------------------------------------------------------------------------------------


@both
@few
@given(st.lists(coefficients, min_size=2, max_size=12), st.sampled_from([1.0, 1e-2, None]), st.booleans())
def test_symmetric_function_keeps_its_tolerance(dtype: type, values: list[float], tol: float | None, first: bool) -> None:
    n = len(values) - 1
    inputs = np.tril(np.ones((n + 1, n), int), -1)  # 0 .. n ones: the neurons see their number only
    net = fn.bit_symmetric(values, tol, dtype=dtype, count_first=first)
    assert worst(net, inputs, np.array(values, float)) <= net.certificate.error
    assert tol is None or net.certificate.error <= tol * (1 + 1e-9)
    jumps = np.count_nonzero(np.diff(np.array(values, float)))
    assert net.neurons == (jumps + first if jumps else 0)
    assert net.synapses == (n + 2 * jumps if first else (n + 1) * jumps) or not jumps
    hard = fn.bit_symmetric([round(v) for v in values], hard=True, dtype=dtype, count_first=first)
    assert worst(hard, inputs, np.round(values)) == hard.certificate.error == 0


@both
@pytest.mark.parametrize("n", [1, 2, 3, 7, 10, 16])
def test_parity_of_every_input(n: int, dtype: type) -> None:
    inputs = cube(n)
    exact = inputs.sum(axis=1) % 2
    for first in (False, True):
        hard = fn.bit_parity(n, hard=True, dtype=dtype, count_first=first)
        assert (hard(inputs.astype(dtype))[:, 0] == exact).all()
        assert hard.neurons == n + first
        assert hard.synapses == (3 * n if first else n * n + n)
    soft = fn.bit_parity(n, dtype=dtype)
    assert worst(soft, inputs, exact) <= soft.certificate.error


def test_parity_s_error_does_not_grow_with_n() -> None:
    """C6 says n exp(-β/2); the neurons at ±3β/2 and beyond hardly count: 2 exp(-β/2), for n = 10 and β = 46.05 2e-10."""
    for n in (2, 10, 300):
        net = fn.bit_parity(n, sharpness=46.05)
        inputs = np.tril(np.ones((n + 1, n), int), -1)
        error = np.abs(net(inputs)[:, 0] - np.arange(n + 1) % 2).max()
        assert error == pytest.approx(2e-10, rel=0.01)
        assert net.certificate.truncation == pytest.approx(1 / math.sinh(46.05 / 2), rel=1e-9)
        assert error <= net.certificate.error


@pytest.mark.parametrize("n", [1, 2, 5, 10])
def test_parity_as_a_polynomial_has_all_terms(n: int) -> None:
    h = fn.multilinear(cube(n).sum(axis=1) % 2)
    assert [int(c) for c in h[1:]] == [(-2) ** (S.bit_count() - 1) for S in range(1, 1 << n)]
    assert np.abs(h).sum() == (3**n - 1) // 2
    terms, few = fn.bit_polynomial(h, hard=True), fn.bit_parity(n, hard=True)
    assert (terms.neurons, few.neurons) == (2**n - 1, n)
    assert (terms(cube(n)) == few(cube(n))).all()


def test_counting_first_flattens_to_n_neurons() -> None:
    deep = fn.bit_parity(6, count_first=True)
    flat = deep.flatten(1)
    assert (deep.depth, deep.neurons, deep.synapses) == (2, 7, 18)
    assert (flat.depth, flat.neurons, flat.synapses) == (1, 6, 42)
    assert (flat(cube(6)) == deep(cube(6))).all()


# --- bad input --------------------------------------------------------------------------------------------------

BAD = [
    (lambda: fn.bit_product(0), ValueError, "k=0"),
    (lambda: fn.bit_product(2.5), TypeError, "2.5"),
    (lambda: fn.bit_product(3, sharpness=-1), ValueError, "got -1"),
    (lambda: fn.bit_product(3, tol=0.5), ValueError, "got 0.5"),
    (lambda: fn.bit_product(3, tol=0.0), ValueError, "got 0.0"),
    (lambda: fn.bit_product(3, 40.0, 1e-9), ValueError, "sharpness or tol or hard"),
    (lambda: fn.bit_product(3, 40.0, hard=True), ValueError, "sharpness or tol or hard"),
    (lambda: fn.bit_product(3, hard="yes"), TypeError, "got 'yes'"),
    (lambda: fn.bit_product(3, sharpness="sharp"), TypeError, "got 'sharp'"),
    (lambda: fn.bit_product(3, sharpness=1e300, dtype=np.float32), ValueError, "float32 cannot hold"),
    (lambda: fn.bit_product(1000, sharpness=1e308), ValueError, "sharpness=1e\\+308 and k=1000"),
    (lambda: fn.bit_product(3, sharpness=1e-310), ValueError, "sharpness=1e-310"),
    (lambda: fn.bit_product(2**60), ValueError, "bits needs"),
    (lambda: fn.bit_product(10**400), ValueError, "64-bit indices"),
    (lambda: fn.bit_parity(10**400), ValueError, "64-bit indices"),
    (lambda: fn.bit_polynomial({(0,): 1.0}, bits=10**400), ValueError, "64-bit indices"),
    (lambda: fn.bit_polynomial({(0,): 1e308, (1,): 1e308}), ValueError, "add up to more than 1.8e"),
    (lambda: fn.bit_polynomial({(0,): 3e38, (1,): 3e38}, dtype=np.float32), ValueError, "add up to more than 3.4e"),
    (lambda: fn.bit_product(3, dtype=np.float16), TypeError, "float16"),
    (lambda: fn.bit_polynomial({0: 1.0}), TypeError, "tuples of indices as keys, got int"),
    (lambda: fn.bit_polynomial({(0.5,): 1.0}), TypeError, "whole numbers below 2\\*\\*62 as indices, got float64"),
    (lambda: fn.bit_polynomial({("a",): 1.0}), TypeError, "whole numbers"),
    (lambda: fn.bit_polynomial({((0, 1),): 1.0}), TypeError, "got int64 of 2 axes"),
    (lambda: fn.bit_polynomial({(2**63,): 1.0}), TypeError, "below 2\\*\\*62"),
    (lambda: fn.bit_polynomial({(-1,): 1.0}), ValueError, "indices >= 0, got -1"),
    (lambda: fn.bit_polynomial({(3,): 1.0}, bits=3), ValueError, "indices below 3, got 3"),
    (lambda: fn.bit_polynomial({}), ValueError, "bits=n"),
    (lambda: fn.bit_polynomial({(): 1.0}), ValueError, "bits=n"),
    (lambda: fn.bit_polynomial({(0,): np.nan}), ValueError, "finite coefficients, got nan"),
    (lambda: fn.bit_polynomial({(0,): 1j}), TypeError, "real coefficients"),
    (lambda: fn.bit_polynomial({(0,): "x"}), TypeError, "str"),
    (lambda: fn.bit_polynomial({(0,): 2**53 + 1}), ValueError, "up to 2\\*\\*53 in float64, got 9007199254740993"),
    (lambda: fn.bit_polynomial({(0,): 1e300}, dtype=np.float32), ValueError, "float32 cannot hold coefficients up to 1e\\+300"),
    (lambda: fn.bit_polynomial({(0,): 1.0, (1,): 1.0}, tol=1e-17), ValueError, "got tol=1e-17; hard=True is exact"),
    (lambda: fn.bit_polynomial({(0,): 0.1, (1,): 1.0}, tol=-1), ValueError, "positive finite tol, got -1"),
    (lambda: fn.bit_polynomial({(0,): 1.0}, 1e-6, sharpness=40), ValueError, "sharpness or tol or hard"),
    (lambda: fn.bit_polynomial([1, 2, 3]), ValueError, "n=3"),
    (lambda: fn.bit_polynomial([1.0]), ValueError, "at least one bit"),
    (lambda: fn.bit_polynomial(np.ones((2, 2))), ValueError, "one axis of coefficients, got 2"),
    (lambda: fn.bit_polynomial(np.ones(4), bits=3), ValueError, "bits=3 has 8 coefficients, got 4"),
    (lambda: fn.bit_polynomial([[1], [1, 2]]), ValueError, "rectangular"),
    (lambda: fn.bit_polynomial(None), TypeError, "NoneType"),
    (lambda: fn.bit_polynomial("xy"), TypeError, "got str"),
    (lambda: fn.bit_polynomial(object()), TypeError, "object"),
    (lambda: fn.bit_function([0, 1, 0]), ValueError, "n=3"),
    (lambda: fn.bit_function([0, np.inf]), ValueError, "got inf at 1"),
    (lambda: fn.bit_function([0, 1j]), TypeError, "real"),
    (lambda: fn.bit_symmetric([1]), ValueError, "n \\+ 1 >= 2 values, got 1"),
    (lambda: fn.bit_symmetric([0, np.nan]), ValueError, "got nan at 1"),
    (lambda: fn.bit_symmetric([-1e308, 1e308]), ValueError, "cannot hold jumps"),
    (lambda: fn.bit_symmetric([0, 1], count_first=2), TypeError, "got 2"),
    (lambda: fn.bit_parity(0), ValueError, "n=0"),
    (lambda: fn.bit_parity(2**60), ValueError, "needs"),
    (lambda: fn.bit_parity(10**7), ValueError, "needs"),
]


@pytest.mark.parametrize(("call", "error", "sentence"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_input_is_refused_with_both_sides(call, error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)
