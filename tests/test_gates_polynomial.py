"""The polynomial compiler and quadratic forms: right, counted, certified, and refused where floating point cannot."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from fractions import Fraction

import flatnet as fn
import numpy as np
import pytest
from flatnet.gates import precision_cost
from flatnet.gates._plan import plan
from flatnet.gates._terms import centred
from flatnet.operator import ACTIVATIONS
from hypothesis import given, settings
from hypothesis import strategies as st

RNG = np.random.default_rng(5)
SMOOTH = [name for name in ("logistic", "tanh", "softplus", "gelu", "silu", "sin", "exp", "square") if name in ACTIVATIONS]
Terms = dict[tuple[int, ...], float]


def value(terms: Terms, x: np.ndarray) -> np.ndarray:
    """The definition, in extended precision."""
    x = x.astype(np.longdouble)
    return sum(np.longdouble(c) * (x ** np.array(e)).prod(axis=1) for e, c in terms.items())


def points(net: fn.Network, count: int, rng: np.random.Generator = RNG) -> np.ndarray:
    """Points of the certified domain: uniform, at its corners and close to them."""
    ends = np.array(net.certificate.domain)
    low, high = np.broadcast_to(ends, (net.shape[1], 2)).T
    x = rng.uniform(low, high, (count, net.shape[1]))
    corner = np.where(rng.random(x.shape) < 0.5, low, high)
    near = corner + (x - corner) * rng.random((count, 1)) ** 6
    kind = rng.integers(0, 3, (count, 1))
    x = np.where(kind == 0, x, np.where(kind == 1, corner, near)).astype(net.dtype)
    return np.clip(x, low.astype(net.dtype), high.astype(net.dtype))


def random_terms(rng: np.random.Generator, n: int, d: int, count: int) -> Terms:
    found = {}
    for _ in range(count):
        e = np.bincount(rng.integers(0, n, rng.integers(0, d + 1)), minlength=n)
        found[tuple(int(k) for k in e)] = float(rng.normal())
    return found


def dense_terms(n: int, d: int) -> Terms:
    return {e: float(RNG.normal()) for e in itertools.product(range(d + 1), repeat=n) if sum(e) <= d}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    n=st.integers(1, 8),
    d=st.integers(1, 6),
    count=st.integers(1, 12),
    seed=st.integers(0, 2**32),
    dtype=st.sampled_from(["float64", "float32"]),
    relays=st.booleans(),
    neurons=st.sampled_from([3, 4]),
    power=st.integers(-2, 1),
)
def test_certificate_holds_on_random_polynomials(n, d, count, seed, dtype, relays, neurons, power) -> None:
    """100 polynomials at 100 points each: 10 000 cases."""
    rng = np.random.default_rng(seed)
    terms = random_terms(rng, n, d, count)
    box = np.sort(rng.normal(size=(n, 2)) * 10.0**power, axis=1) + [0, 1e-3]
    net = fn.polynomial(terms, domain=box.tolist(), dtype=dtype, relays=relays, neurons=neurons)
    x = points(net, 100, rng)
    assert np.abs(net(x)[:, 0] - value(terms, x)).max() <= net.certificate.error


@pytest.mark.parametrize("name", SMOOTH)
def test_every_smooth_activation_compiles(name: str) -> None:
    terms = {(3, 1): 0.5, (2, 2): -1.0, (1, 0): 2.0, (0, 0): 0.25}
    for dtype in ("float64", "float32"):
        net = fn.polynomial(terms, activation=name, dtype=dtype)
        x = points(net, 300)
        assert np.abs(net(x)[:, 0] - value(terms, x)).max() <= net.certificate.error
        assert {layer.activation for layer in net.layers[:-1]} == {name}


@pytest.mark.parametrize("tol", [1e-2, 1e-4, 1e-6, 1e-8])
def test_tolerance_is_kept_with_the_fewest_neurons(tol: float) -> None:
    terms = {(2, 1, 0): 1.5, (0, 1, 1): -2.0, (1, 0, 0): 1.0, (2, 2, 0): 0.3}
    net = fn.polynomial(terms, tol=tol)
    assert net.certificate.error <= tol
    x = points(net, 300)
    assert np.abs(net(x)[:, 0] - value(terms, x)).max() <= tol
    looser = fn.polynomial(terms, tol=100 * tol)
    assert looser.neurons <= net.neurons


def test_below_the_floor_is_refused_with_the_floor_in_the_sentence() -> None:
    terms = {(3,): 1.0, (1,): -0.5}
    for dtype, tol in (("float64", 1e-14), ("float32", 1e-8)):
        with pytest.raises(
            ValueError, match=rf"polynomial in {dtype} is certified within (\S+) at best .* got tol={tol}"
        ) as caught:
            fn.polynomial(terms, tol=tol, dtype=dtype)
        floor = float(str(caught.value).split("within ")[1].split()[0])
        reached = fn.polynomial(terms, tol=1.01 * floor, dtype=dtype)
        assert reached.certificate.error <= 1.01 * floor


def read(form, nodes: list[Fraction]) -> Fraction:
    """An affine form of a plan, exactly."""
    return sum((Fraction(c) * nodes[i] for i, c in form.terms), Fraction(form.constant))


# --- multiplications ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "d", "most"), [(2, 4, 5), (6, 4, 34), (4, 6, 34), (3, 3, 7), (8, 3, 37)])
def test_dense_polynomials_need_far_fewer_products_than_terms(n: int, d: int, most: int) -> None:
    terms = dense_terms(n, d)
    products = min(len(plan(terms, k).products) for k in range(1, d + 1))
    everything = plan(terms, d)
    assert len(everything.products) == math.comb(n + d, d) - n - 1  # one for each non-linear monomial
    assert everything.depth == math.ceil(math.log2(d))
    assert products <= most < len(everything.products)


def test_univariate_polynomials_need_about_two_root_d_products() -> None:
    for d in (4, 9, 16):
        terms = {(k,): 1.0 for k in range(d + 1)}
        assert min(len(plan(terms, k).products) for k in range(1, d + 1)) <= 2 * math.isqrt(d)
        assert len(plan(terms, 1).products) == d - 1  # Horner


def test_plans_compute_the_polynomial_exactly_in_fractions() -> None:
    terms = {e: float(Fraction(int(RNG.integers(-9, 10)), 8)) for e in dense_terms(3, 5)}
    terms = {e: c for e, c in terms.items() if c}
    x = [Fraction(1, 3), Fraction(-2, 5), Fraction(7, 4)]
    want = sum(Fraction(c) * math.prod(a**r for a, r in zip(x, e)) for e, c in terms.items())
    for k in range(1, 6):
        made = plan(terms, k)
        nodes = list(x)
        for a, b in made.products:
            nodes.append(read(a, nodes) * read(b, nodes))
        # coefficients are divided by the leading one in double precision: one rounding each
        assert abs(read(made.result, nodes) - want) <= abs(want) * Fraction(1, 2**45)


def test_inputs_are_taken_less_their_centres_where_that_is_more_exact() -> None:
    terms = {(3, 1): 1.0, (1, 2): -0.5, (0, 0): 2.0}
    far, near = [fn.polynomial(terms, domain=[(low, low + 2)] * 2) for low in (9, -1)]
    x = points(far, 500)
    assert np.abs(far(x)[:, 0] - value(terms, x)).max() <= far.certificate.error
    # gates of size 1 instead of 10: the coefficients grow by 10^3, uncentred products would by 10^4 and gates' ranges as well
    assert far.certificate.error < 2e4 * near.certificate.error
    centre = (10.0, 10.0)
    made = plan(centred(terms, centre), 2, centre)
    nodes = [Fraction(37, 4), Fraction(21, 2)]
    for a, b in made.products:
        nodes.append(read(a, nodes) * read(b, nodes))
    want = sum(Fraction(c) * math.prod(v**r for v, r in zip(nodes, e)) for e, c in terms.items())
    assert abs(read(made.result, nodes) - want) <= Fraction(1, 2**30)  # coefficients up to 2**14, a rounding each


def test_shared_subproducts_are_made_once() -> None:
    assert fn.polynomial({(1, 1, 0): 1.0, (1, 1, 1): 2.0}).info["multiplications"] == 2
    assert fn.polynomial({(2, 0): 1.0, (0, 2): 1.0, (2, 2): 1.0}).info["multiplications"] <= 3
    assert fn.polynomial({(8,): 1.0}).info["multiplications"] == 3
    assert fn.polynomial({(8,): 1.0}).neurons == 6  # three squares of two neurons


def test_linear_and_constant_polynomials_have_no_neurons() -> None:
    assert fn.polynomial({(1, 0): 2.0, (0, 0): -1.0})([3 / 4, 0.5]).tolist() == [0.5]
    net = fn.polynomial({(0, 0): 3.0})
    assert net.neurons == 0 and net([0.1, 0.2]).tolist() == [3.0]
    assert fn.polynomial({(2, 0): 0.0})([0.1, 0.2]).tolist() == [0.0]


# --- other kinds of polynomials -----------------------------------------------------------------------------------


def test_numpy_series() -> None:
    x = np.linspace(-1, 1, 9)[:, None]
    for series in (
        np.polynomial.Polynomial([1, -2, 0.5, 3]),
        np.polynomial.Chebyshev([0, 1, 2, 1]),
        np.polynomial.Legendre([1, 0, 4]),
    ):
        net = fn.polynomial(series, tol=1e-6)
        np.testing.assert_allclose(net(x)[:, 0], series(x[:, 0]), atol=1e-6)
    mapped = np.polynomial.Chebyshev([0.5, 1, 2], domain=[2, 6])
    net = fn.polynomial(mapped)
    assert net.certificate.domain == ((2.0, 6.0),)
    z = np.linspace(2, 6, 9)
    assert np.abs(net(z[:, None])[:, 0] - mapped(z)).max() <= net.certificate.error + 1e-14


def test_sympy_polynomials() -> None:
    sympy = pytest.importorskip("sympy")
    x, y = sympy.symbols("x y")
    net = fn.polynomial(sympy.Poly(x**2 * y - sympy.Rational(1, 4) * y + 1, x, y), tol=1e-6)
    assert net([0.5, 1.0])[0] == pytest.approx(1.0, abs=1e-6)
    assert fn.polynomial(x**3 - x, tol=1e-6)([0.5])[0] == pytest.approx(-0.375, abs=1e-6)
    with pytest.raises(TypeError, match="real numbers as coefficients"):
        fn.polynomial(sympy.Poly(sympy.I * x, x))
    with pytest.raises(TypeError, match=r"sympy\.Poly"):
        fn.polynomial(sympy.S.true)


def test_import_leaves_sympy_and_mpmath_alone() -> None:
    code = "import sys, flatnet as fn; fn.polynomial({(2,): 1.0}); print([m for m in ('sympy', 'mpmath') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"


# --- quadratic forms ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("kind", ["plain", "linear in range", "linear"])
def test_quadratic_forms_of_rank_r_have_r_plus_one_neurons(kind: str, dtype: str) -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 9))
        rank = int(rng.integers(1, n + 1))
        roots = rng.normal(size=(n, rank))
        h = roots @ np.diag(rng.choice([-1.0, 1.0], rank)) @ roots.T
        h = (h + h.T) / 2
        linear = None if kind == "plain" else h @ rng.normal(size=n) if kind != "linear" else rng.normal(size=n)
        net = fn.quadratic_form(h, linear, 0.5, domain=(-2, 1.5), dtype=dtype)
        assert net.neurons == rank + 1 + (kind == "linear" and rank < n)
        x = points(net, 200, rng)
        z = x.astype(np.longdouble)
        want = np.einsum("bi,ij,bj->b", z, h, z) + (0 if linear is None else z @ linear) + 0.5
        assert np.abs(net(x)[:, 0] - want).max() <= net.certificate.error
        assert net.certificate.error < (1e-4 if dtype == "float64" else 10.0)


def test_quadratic_form_is_the_least_by_its_derivatives() -> None:
    h = np.diag([1.0, -2.0, 3.0, 0.5])
    net = fn.quadratic_form(h)
    cost = fn.flattening_cost(net, depth=1)
    assert cost.C_n == (1.0, 1.0)  # rank + 1 is exact: bound and construction meet
    products = fn.polynomial({(2, 0, 0, 0): 1.0, (0, 2, 0, 0): -2.0, (0, 0, 2, 0): 3.0, (0, 0, 0, 2): 0.5})
    assert net.neurons == 5 and products.neurons == 8
    compiled = fn.polynomial({(2, 0, 0, 0): 1.0, (0, 2, 0, 0): -2.0, (0, 0, 2, 0): 3.0, (0, 0, 0, 2): 0.5}, tol=1e-4)
    assert compiled.neurons == 5 and compiled.certificate.error <= 1e-4


def test_polynomials_carry_their_flat_form() -> None:
    rng = np.random.default_rng(3)
    dense = {e: float(rng.normal()) for e in np.ndindex(4, 4) if sum(e) <= 3}
    for terms in ({(2, 1): 1.0, (0, 3): -2.0}, {(4,): 1.0}, {(5,): 1.0, (0,): 2.0, (1,): 1.0}, {(3, 2, 1): 0.5}, dense):
        for name, dtype in (("logistic", "float64"), ("tanh", "float64"), ("logistic", "float32")):
            net = fn.polynomial(terms, activation=name, dtype=dtype, domain=(-1, 0.5))
            flat = net.flat_form
            assert net.depth > 1 == flat.depth and flat.dtype == net.dtype and flat.certificate.domain == net.certificate.domain
            x = points(flat, 200, rng)
            want = sum(c * np.prod(x.astype(np.longdouble) ** np.array(e), axis=1) for e, c in terms.items())
            assert np.abs(flat(x)[:, 0] - want).max() <= flat.certificate.error
            linear = any(sum(e) == 1 for e in terms)
            assert flat.neurons <= linear + sum(math.prod(r + 1 for r in e) for e in terms if sum(e) > 1)
            cost = fn.flattening_cost(net, depth=1)
            assert cost.C_n.upper <= flat.neurons / net.neurons and cost.C_n.lower <= cost.C_n.upper
    assert fn.polynomial({(1, 1): 1.0}).flat_form is None  # it is flat
    # x^3 y^2 z: (3+1)(2+1)(1+1) - 1 neurons are made and, with one bias and no vanishing derivative, needed
    net = fn.polynomial({(3, 2, 1): 1.0})
    assert fn.flattening_cost(net, depth=1).C_n == (23 / net.neurons, 23 / net.neurons)


@pytest.mark.parametrize("terms", [{(2, 1): 1.0}, {(4,): 1.0, (1,): 0.5}, {(5, 3): 1.0}])
def test_c_n_is_infinite_where_no_flat_form_exists(terms: dict) -> None:
    # k layers of squares make degree 2^k; a network without hidden layers is affine
    net, degree = fn.polynomial(terms, activation="square"), max(map(sum, terms))
    for depth in range(net.depth + 1):
        cost = fn.flattening_cost(net, depth)
        if 2**depth < degree:
            assert cost.C_n == cost.C_s == (math.inf, math.inf) and cost.synapses == math.inf
            assert f"f has degree {degree}" in cost.class_of_networks and "no network is known" in repr(cost)
            with pytest.raises(ValueError, match=f"f has degree {degree}"):
                _ = cost.net
        else:
            assert cost.C_n.upper == 1.0 and cost.net.depth <= depth
    assert fn.flattening_cost(fn.polynomial(terms), depth=0).C_n == (math.inf, math.inf)


def test_c_n_has_a_lower_end_where_no_flat_form_is_known() -> None:
    cost = fn.flattening_cost(fn.product_tree(64), depth=1)  # 2^64 - 1 neurons
    assert cost.C_n == ((2**64 - 1) / 252, math.inf) and cost.C_s.upper == math.inf and "LB6" in cost.class_of_networks
    with pytest.raises(ValueError, match=r"product_tree\(64\): no network of at most 1 hidden layer is known"):
        _ = cost.net
    deep = fn.tent_map(20)
    for depth, least in ((1, 2**20 - 1), (2, 2046)):
        assert fn.flattening_cost(deep, depth).C_n == (least / 40, math.inf)
    with pytest.raises(ValueError, match="reaches depth 6 at the least, got depth=2"):
        fn.flattening_cost(fn.product_tree(64), depth=2)  # nothing is known there


def test_quadratic_form_of_128_inputs() -> None:
    h = np.cos(np.subtract.outer(np.arange(128), np.arange(128)) ** 2)
    net = fn.quadratic_form(h)
    assert net.neurons <= 129
    x = points(net, 50)
    want = np.einsum("bi,ij,bj->b", x.astype(np.longdouble), h, x)
    assert np.abs(net(x)[:, 0] - want).max() <= net.certificate.error


# --- precision ----------------------------------------------------------------------------------------------------


def test_bits_are_a_third_cost() -> None:
    for n in (4, 8):
        loose, tight = precision_cost(n, 1e-3), precision_cost(n, 1e-9)
        # bits for each further bit of accuracy: (n+4)/4 flat at the best bias (error u^(4/(n+4))), 3/2 for gates with relays
        further = math.log2(1e6)
        assert (tight.flat - loose.flat) / further == pytest.approx((n + 4) / 4, rel=0.15)
        assert (tight.relayed - loose.relayed) / further == pytest.approx(1.5, abs=0.1)
        assert loose.relayed <= loose.deep and loose.C_bits > 1
    # the certified float32 floor of a gate is reached with its 24 bits, and half of it is not
    error = fn.product_gate(dtype="float32").certificate.error
    assert precision_cost(2, 1.05 * error).deep <= 24 < precision_cost(2, 0.5 * error).deep


BAD = [
    (lambda: fn.polynomial({}), ValueError, "got none"),
    (lambda: fn.polynomial("x**2"), TypeError, "got str"),
    (lambda: fn.polynomial({(1, 2): 1.0, (1,): 2.0}), ValueError, "1 beside 2"),
    (lambda: fn.polynomial({(1, -2): 1.0}), ValueError, "-2"),
    (lambda: fn.polynomial({(1, 0.5): 1.0}), TypeError, "0.5"),
    (lambda: fn.polynomial({(2,): math.nan}), ValueError, "nan"),
    (lambda: fn.polynomial({(2,): math.inf}), ValueError, "inf"),
    (lambda: fn.polynomial({(2,): 1j}), TypeError, "1j"),
    (lambda: fn.polynomial({(25,): 1.0}), ValueError, "degree 25"),
    (lambda: fn.polynomial({(2,): 1.0}, domain=(1, 1)), ValueError, "low < high"),
    (lambda: fn.polynomial({(2,): 1.0}, domain=(0, math.inf)), ValueError, "both finite"),
    (lambda: fn.polynomial({(2, 1): 1.0}, domain=[(0, 1)] * 3), ValueError, "2 inputs"),
    (lambda: fn.polynomial({(2,): 1.0}, activation="relu"), ValueError, "sgn"),
    (lambda: fn.polynomial({(2,): 1.0}, tol=0), ValueError, "positive finite tol"),
    (lambda: fn.polynomial({(2,): 1.0}, neurons=5), ValueError, "neurons=5"),
    (lambda: fn.polynomial({(2,): 1.0}, neurons=2), ValueError, "slope of logistic"),
    (lambda: fn.polynomial({(2,): 1.0}, dtype="float16"), TypeError, "float16"),
    (lambda: fn.polynomial({(4,): 1.0}, domain=(0, 1e200)), ValueError, "float64"),
    (lambda: fn.quadratic_form(np.ones((2, 3))), ValueError, r"\(2, 3\)"),
    (lambda: fn.quadratic_form(np.zeros((2, 2))), ValueError, "other than zero"),
    (lambda: fn.quadratic_form([[np.nan]]), ValueError, "finite"),
    (lambda: fn.quadratic_form([[1j]]), TypeError, "real"),
    (lambda: fn.quadratic_form(np.eye(2), [1.0]), ValueError, "2 entries, got 1"),
    (lambda: fn.quadratic_form(np.eye(2), tol=1e-12), ValueError, "tol=1e-12"),
    (lambda: fn.quadratic_form(np.eye(2), constant=math.inf), ValueError, "inf"),
    (lambda: fn.quadratic_form(np.eye(2), scale=-1), ValueError, "-1"),
    (lambda: fn.quadratic_form(np.eye(2), activation="relu"), ValueError, "sgn"),
    (lambda: precision_cost(1), ValueError, "n=1"),
    (lambda: precision_cost(4, 1e-300), ValueError, "512 bits"),
]


@pytest.mark.parametrize(("call", "error", "sentence"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_input(call, error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()
