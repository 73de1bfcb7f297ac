"""Classifiers as networks: posteriors against the exact ones, certificates against observed errors, exact zeros, gauges."""

from __future__ import annotations

import itertools
import warnings
from fractions import Fraction

import flatnet as fn
import numpy as np
import pytest
from flatnet import hamiltonians as ham
from flatnet.gates._directions import directions
from flatnet.hamiltonians._bounds import CURVATURE, QUARTIC, pair_loss, quartic_at
from flatnet.hamiltonians._posterior import STEPS, graded, uniform
from flatnet.hamiltonians._quadric import SIMPLEX, balanced
from hypothesis import given, settings
from hypothesis import strategies as st

RNG = np.random.default_rng(5)


def gaussians(classes: int, n: int, rng: np.random.Generator, spread: float = 1.0) -> list[ham.Gaussian]:
    found = []
    for _ in range(classes):
        q = np.linalg.qr(rng.standard_normal((n, n)))[0]
        found.append(ham.Gaussian(2 * rng.standard_normal(n), (q * np.exp(rng.uniform(-spread, spread, n))) @ q.T))
    return found


def far_and_near(classes: list, radius: float, count: int, rng: np.random.Generator) -> np.ndarray:
    """Inputs in the ellipsoids of radius ``radius``, half of them on their surfaces."""
    n = classes[0].inputs
    u = rng.standard_normal((count, n))
    u *= (radius * (1 - 1e-9) * np.where(np.arange(count) % 2, 1.0, rng.random(count)) / np.linalg.norm(u, axis=1))[:, None]
    which = rng.integers(len(classes), size=count)
    shapes = np.linalg.inv([h.whitening for h in classes])
    return np.array([h.mean for h in classes])[which] + np.einsum("bij,bj->bi", shapes[which], u)


def observed(net: fn.Network, classes: list, priors: object, y: np.ndarray) -> float:
    """Largest error of a probability, the exact posterior being that of the inputs as the network gets them."""
    y = y.astype(net.dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error", fn.OutsideDomainWarning)
        p = net(y)
    return float(np.abs(p - ham.posterior(classes, priors, y.astype(np.float64))).max())


# --- quadratic Hamiltonians -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_certificates_hold_on_random_gaussians(seed: int) -> None:
    # 10 classifiers of 100 inputs each in either dtype: 10^3 cases a dtype, half of them at the edge of the certified region.
    # The reference is float64's own: its rounding is below 1e-12, far below either certificate.
    rng = np.random.default_rng(seed)
    n, count = int(rng.integers(1, 13)), int(rng.integers(2, 9))
    classes, priors = gaussians(count, n, rng), rng.dirichlet(np.ones(count))
    for dtype, reach in ((np.float64, 3e-5), (np.float32, 0.2)):
        net = fn.classifier(classes, priors, dtype=dtype)
        assert net.neurons == count * (n + 1) and net.depth == 1 and net.dtype == dtype
        y = far_and_near(classes, net.certificate.ellipsoids.radius * (1 - 1e-6), 100, rng)
        assert observed(net, classes, priors, y) <= net.certificate.error < reach
        # a tolerance that r + 1 neurons do not keep: pairs of them do
        tol = reach / 12 if dtype is np.float32 else 1e-7
        paired = fn.classifier(classes, priors, dtype=dtype, tol=tol)
        assert paired.neurons == count * (2 * n if net.certificate.error > tol else n + 1)
        assert observed(paired, classes, priors, y) <= paired.certificate.error <= tol


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.integers(2, 5), st.integers(0, 2**32))
def test_certificates_hold_on_random_quadratics_in_a_box(n: int, count: int, seed: int) -> None:
    # indefinite, degenerate and linear forms together, inputs dense at the box's corners
    rng = np.random.default_rng(seed)
    classes = []
    for _ in range(count):
        rank = int(rng.integers(0, n + 1))
        form = (rng.standard_normal((n, rank)) * rng.standard_normal(rank)) @ rng.standard_normal((rank, n))
        classes.append(ham.Quadratic(0.1 * (form + form.T), rng.standard_normal(n), rng.standard_normal()))
    net = fn.classifier(classes, None, domain=(-2, 2))
    corners = np.sign(rng.standard_normal((40, n))) * 2 * np.where(rng.random((40, 1)) < 0.5, 1.0, rng.random((40, n)))
    # a small eigenvalue under a linear part has its centre far away: the bound is not small for every form drawn
    assert observed(net, classes, None, corners) <= net.certificate.error < 0.5


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [1, 3, 8])
def test_a_single_form_keeps_its_certificate(n: int, dtype: type) -> None:
    for h in (gaussians(1, n, RNG)[0], ham.Quadratic(np.diag(np.linspace(-1, 1, n)), np.ones(n))):
        net = ham.network(h, domain=(-1, 1), dtype=dtype)
        assert (net.neurons, net.shape) == (h.neurons, (1, n))
        y = np.concatenate([RNG.uniform(-1, 1, (200, n)), np.sign(RNG.standard_normal((50, n)))]).astype(dtype)
        assert np.abs(net(y)[:, 0] - h(y.astype(np.float64))).max() <= net.certificate.error


@pytest.mark.parametrize("positive", range(6))
def test_directions_carry_the_signature(positive: int) -> None:
    signs = np.concatenate([np.ones(positive), -np.ones(5 - positive)])
    RNG.shuffle(signs)
    v, w = directions(signs)
    assert set(w) <= {1.0, -1.0} and v.shape == (6, 5)
    np.testing.assert_allclose(w @ v, 0, atol=1e-13)
    np.testing.assert_allclose(v.T @ (w[:, None] * v), np.diag(signs), atol=1e-13)


def test_each_neuron_is_below_its_square_by_a_quartic() -> None:
    # t^2/2 - M t^4/24 <= phi(t) <= t^2/2, checked where float64 can see it
    t = np.concatenate([-np.logspace(-2, 2, 2000), np.logspace(-2, 2, 2000)])
    s, b = 1 / (1 + np.exp(-SIMPLEX.bias - t)), SIMPLEX.value
    phi = (s - b - b * (1 - b) * t) / CURVATURE
    slack = 1e-14  # roundings of s, b and the difference over the curvature
    assert (phi <= t**2 / 2 + slack).all()
    assert (phi >= t**2 / 2 - QUARTIC * t**4 / 24 - slack).all()


def test_bounds_of_the_softmax_cover_random_errors() -> None:
    for _ in range(200):
        energies = RNG.exponential(RNG.choice([0.3, 3.0, 30.0]), 6)
        gaps = energies - energies.min()
        sizes = RNG.choice([1e-3, 0.1, 0.5]) * (1 + gaps / 5) ** 2
        errors = RNG.choice([-0.5, 0.5, RNG.uniform(-0.5, 0.5)], 6) * sizes
        p, moved = (np.exp(-e) / np.exp(-e).sum() for e in (gaps, gaps - errors))
        observed = np.abs(p - moved).max()
        assert observed <= uniform(np.abs(errors).max()) + 1e-15
        assert observed <= graded(np.full(len(STEPS), 2 * np.abs(errors).max()), 6) + 1e-15


def test_graded_bound_lets_far_classes_err() -> None:
    # errors c (a + gap)^2: hundreds at the far end, gap 600, where the class has no probability left
    c, a = 1e-3, 5.0
    bound = graded(c * (a + np.minimum(STEPS, 600.0)) ** 2, 4)
    for _ in range(300):
        gaps = np.concatenate([[0.0], np.minimum(RNG.exponential(RNG.choice([1.0, 10.0, 100.0]), 3), 600.0)])
        errors = c * (a + gaps) ** 2 * RNG.random(4)
        p, moved = (np.exp(-e + e.min()) / np.exp(-e + e.min()).sum() for e in (gaps, gaps - errors))
        assert np.abs(p - moved).max() <= bound
    assert bound < 0.2


@pytest.mark.parametrize("size", [0.01, 0.1, 0.4])
def test_graded_bound_holds_for_errors_that_pull_apart(size: float) -> None:
    # the likely classes lose nothing, the others all that D(gap) = size (1 + gap/4)^2 allows, and the other way round
    bound = graded(size * (1 + STEPS / 4) ** 2, 6)
    for _ in range(500):
        gaps = np.concatenate([[0.0], RNG.exponential(RNG.choice([0.5, 2.0, 8.0]), 5)])
        errors = size * (1 + gaps / 4) ** 2 * (RNG.random(6) < 0.5)
        p, moved = (np.exp(-e + e.min()) / np.exp(-e + e.min()).sum() for e in (gaps, gaps - errors))
        assert np.abs(p - moved).max() <= bound
    assert bound >= size / 4


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("m", [2, 3, 11, 700])
def test_rounded_directions_still_cancel(m: int, dtype: str) -> None:
    # in exact arithmetic: every entry is an integer times a power of two of its column
    w = np.where(np.arange(m) % 3 == 1, -1.0, 1.0)
    rows = RNG.standard_normal((m, 4)) * np.array([1e-7, 1.0, 3e5, 0.0])
    rows[-1] = -w[-1] * (w[:-1] @ rows[:-1])
    made = balanced(rows, w, dtype)
    assert made.dtype == dtype
    assert all(sum(int(s) * Fraction(float(x)) for s, x in zip(w, column, strict=True)) == 0 for column in made.T)
    assert (np.abs(made - rows) <= 4 * np.finfo(dtype).eps * np.abs(rows).max(axis=0)).all()


def test_the_quartic_of_a_range_bounds_its_neurons() -> None:
    import mpmath

    for reach in (1e-3, 0.1, 0.3, 0.47, 0.48, 3.0):
        bound = float(quartic_at(np.array(reach)))
        with mpmath.workdps(40):
            b = -mpmath.acosh(2)
            first, second = (mpmath.diff(lambda z: 1 / (1 + mpmath.exp(-z)), b, k) for k in (1, 2))
            centre = 1 / (1 + mpmath.exp(-b))
            for t in np.linspace(-reach, reach, 41)[np.arange(41) != 20]:
                phi = (1 / (1 + mpmath.exp(-b - t)) - centre - first * t) / second
                assert 24 * (mpmath.mpf(t) ** 2 / 2 - phi) / mpmath.mpf(t) ** 4 <= bound * (1 + 1e-12)
        assert 1 <= bound <= QUARTIC
    assert quartic_at(np.array(1e-3)) < 1.001


def test_a_pair_falls_short_by_no_more_than_its_loss() -> None:
    import mpmath

    x = np.concatenate([np.logspace(-3, 2.8, 60), np.linspace(0.1, 8, 40)])
    with mpmath.workdps(60):
        b = -mpmath.acosh(5)
        centre, second = 1 / (1 + mpmath.exp(-b)), mpmath.sqrt(mpmath.mpf(2) / 3) / 12
        for at, loss in zip(x, pair_loss(x), strict=True):
            t = mpmath.mpf(at)
            found = (1 / (1 + mpmath.exp(-b - t)) + 1 / (1 + mpmath.exp(-b + t)) - 2 * centre) / second
            assert 0 <= t**2 - found <= loss <= t**6 / 240 * (1 + 1e-12)
    q = np.linspace(0, 60, 2001)  # convex in x^2: any division of Σ x^2 loses less than one pair with all of it
    assert (np.diff(pair_loss(np.sqrt(q)), 2) > -1e-12).all()


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 6), st.integers(2, 3), st.integers(0, 2**32))
def test_pairs_keep_their_certificate_on_indefinite_forms(n: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    classes = []
    for _ in range(count):
        form = rng.standard_normal((n, n))
        classes.append(ham.Quadratic(0.1 * (form + form.T), rng.standard_normal(n), rng.standard_normal()))
    corners = np.sign(rng.standard_normal((40, n))) * 2 * np.where(rng.random((40, 1)) < 0.5, 1.0, rng.random((40, n)))
    plain = fn.classifier(classes, None, domain=(-2, 2))
    net = fn.classifier(classes, None, domain=(-2, 2), tol=plain.certificate.error / 2)
    assert net.neurons == 2 * n * count
    assert observed(net, classes, None, corners) <= net.certificate.error <= plain.certificate.error / 2
    energy = ham.network(classes[0], domain=(-2, 2), tol=1e-4, dtype=np.float64)
    assert np.abs(energy(corners)[:, 0] - classes[0](corners)).max() <= energy.certificate.error <= 1e-4


def test_gauge_and_order_change_nothing() -> None:
    classes, priors = gaussians(3, 4, RNG, 0.3), [0.2, 0.3, 0.5]
    common = ham.Quadratic(0.1 * np.eye(4), [0.1, -0.2, 0.3, 0.0], 7.0)
    y = RNG.uniform(-3, 3, (50, 4))
    exact = ham.posterior(classes, priors, y)
    moved = [h + common for h in classes]
    np.testing.assert_allclose(ham.posterior(moved, priors, y), exact, atol=1e-12)
    for hamiltonians in (classes, [h.quadratic() for h in classes], moved):
        net = fn.classifier(hamiltonians, priors, domain=(-3, 3))
        assert np.abs(net(y) - exact).max() <= net.certificate.error < 1e-4
    turned = fn.classifier(classes[::-1], priors[::-1], domain=(-3, 3))
    np.testing.assert_allclose(turned(y)[:, ::-1], exact, atol=turned.certificate.error)


def test_linear_differences_need_no_neurons() -> None:
    covariance = gaussians(1, 3, RNG)[0].covariance
    classes = [ham.Gaussian(RNG.standard_normal(3), covariance) for _ in range(4)]
    net = fn.classifier(classes, [0.1, 0.2, 0.3, 0.4], domain=(-2, 2))
    y = RNG.uniform(-2, 2, (30, 3))
    assert (net.depth, net.neurons) == (0, 0)
    assert observed(net, classes, [0.1, 0.2, 0.3, 0.4], y) <= net.certificate.error < 1e-12
    linear = [ham.Polynomial({(1, 0): 1.0}), ham.Polynomial({(0, 1): 2.0}), ham.Quadratic(np.zeros((2, 2)), constant=1.0)]
    net = fn.classifier(linear, None)
    np.testing.assert_allclose(net(y[:, :2]), ham.posterior(linear, None, y[:, :2]), atol=1e-14)
    assert net.neurons == 0 and net.certificate is None


def test_impossible_classes_get_exactly_zero() -> None:
    classes = gaussians(3, 2, RNG)
    for dtype in (np.float64, np.float32):
        net = fn.classifier(classes, [0.5, 0.0, 0.5], dtype=dtype)
        y = far_and_near(classes[::2], net.certificate.ellipsoids.radius * 0.999, 100, RNG)
        assert (net(y)[:, 1] == 0.0).all() and net.neurons == 2 * 3
        assert observed(net, classes, [0.5, 0.0, 0.5], y) <= net.certificate.error
    shared = [ham.Gaussian(m, np.eye(2)) for m in ([0, 0], [1, 1])]
    assert fn.classifier(shared, [1.0, 0.0])([5.0, 5.0]).tolist() == [1.0, 0.0]


def test_inputs_outside_are_flagged() -> None:
    net = fn.classifier(gaussians(2, 2, RNG), None)
    with pytest.warns(fn.OutsideDomainWarning, match="ellipsoids of radius|certified for"):
        net([1e3, 1e3])
    low, high = net.certificate.bounds()
    with pytest.warns(fn.OutsideDomainWarning, match=r"ellipsoids of radius .*, got a vector in none"):
        net(np.stack([low, high, [low[0], high[1]], [high[0], low[1]]]))
    with pytest.warns(fn.OutsideDomainWarning):
        net([np.nan, 0.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("power", [-60, -40, -15, 0, 15, 30, 60, 150])
def test_units_of_the_inputs_do_not_matter(power: int, dtype: type) -> None:
    unit = 10.0**power
    classes = [ham.Gaussian([0.0, 0.0], [unit**2, unit**2]), ham.Gaussian([2 * unit, 0.0], [unit**2, 4 * unit**2])]
    y = unit * np.array([[1.0, 1.0], [0.0, 0.0], [1.5, -1.0]])
    if dtype is np.float32 and abs(power) > 30 and power != -40:  # inputs or weights beyond float32
        with pytest.raises(ValueError, match="float32 cannot hold weights of"):
            fn.classifier(classes, None, dtype=dtype)
        return
    net = fn.classifier(classes, None, dtype=dtype)
    assert observed(net, classes, None, y) <= net.certificate.error < (0.02 if dtype is np.float32 else 1e-6)


def test_saved_and_pickled_with_their_certificate(tmp_path) -> None:
    net = fn.classifier(gaussians(2, 3, RNG), None)
    fn.save(tmp_path / "net.flatnet", net)
    back = fn.load(tmp_path / "net.flatnet")
    y = RNG.standard_normal((4, 3))
    assert back.certificate == net.certificate and hash(back.certificate.ellipsoids) == hash(net.certificate.ellipsoids)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fn.OutsideDomainWarning)
        assert (back(y) == net(y)).all()


@pytest.mark.parametrize(("dtype", "reach"), [(np.float64, 1e-4), (np.float32, 0.5)])
def test_polynomials_of_any_degree(dtype: type, reach: float) -> None:
    # degrees 0 to 4 side by side: shallow energies are relayed to the depth of the deepest
    quartic = ham.Polynomial({(4, 0): 0.25, (2, 2): 0.5, (0, 4): 0.25, (2, 0): -1.0})
    cubic = ham.Polynomial({(3, 0): 0.2, (1, 1): -0.5, (0, 0): 0.3})
    classes = [
        quartic,
        cubic,
        ham.Gaussian([0.5, -0.5], [1.0, 2.0]),
        ham.Polynomial({(1, 0): 1.0}),
        ham.Polynomial({(0, 0): 0.7}),
    ]
    priors = [0.3, 0.2, 0.2, 0.2, 0.1]
    net = fn.classifier(classes, priors, domain=(-1.5, 1.5), dtype=dtype)
    y = np.concatenate([RNG.uniform(-1.5, 1.5, (300, 2)), 1.5 * np.sign(RNG.standard_normal((40, 2)))])
    assert observed(net, classes, priors, y) <= net.certificate.error < reach
    assert all(layer.activation == "logistic" for layer in net.layers[:-1])
    zero = fn.classifier(classes, [0.5, 0.0, 0.5, 0.0, 0.0], domain=(-1.5, 1.5))
    assert (zero(y)[:, [1, 3, 4]] == 0.0).all()


def test_polynomials_keep_a_tolerance_or_are_refused() -> None:
    classes = [ham.Polynomial({(3,): 1.0}), ham.Polynomial({(4,): 1.0})]
    net = fn.classifier(classes, None, domain=(-1, 1), tol=1e-4)
    y = np.linspace(-1, 1, 101)[:, None]
    assert observed(net, classes, None, y) <= net.certificate.error <= 1e-4
    with pytest.raises(ValueError, match="tol=1e-15"):
        fn.classifier(classes, None, domain=(-1, 1), tol=1e-15)


# --- bits -------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(1, 4), st.sampled_from(["float64", "float32"]), st.integers(0, 2**32))
def test_bit_classifiers_on_all_states(n: int, count: int, dtype: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    classes = [ham.Bits.from_table(5 * rng.standard_normal(2**n)) for _ in range(count)]
    priors = rng.dirichlet(np.ones(count))
    net = fn.classifier(classes, priors, dtype=dtype)
    states = classes[0].states()
    assert np.abs(net(states.astype(dtype)) - ham.posterior(classes, priors, states)).max() <= net.certificate.error
    assert net.certificate.error < (1e-9 if dtype == "float64" else 0.05) and net.neurons <= 2**n - 1


@pytest.mark.parametrize("tol", [1e-3, 1e-6, 1e-9, 1e-12])
def test_sharpness_keeps_the_tolerance(tol: float) -> None:
    classes = [ham.Ising.lattice((3, 3), J, h) for J, h in ((0.3, 0.1), (-0.2, 0.0), (0.0, 0.5))]
    states = classes[0].states()
    net = fn.classifier(classes, None, tol=tol)
    error = np.abs(net(ham.to_bits(states)) - ham.posterior(classes, None, states)).max()
    assert error <= net.certificate.error <= tol
    assert net.neurons == ham.lattice_neurons((3, 3)) == 27  # 3 L^2, shared by the classes
    assert net.certificate.sharpness % 2 == 0


def test_forbidden_states_get_exactly_zero() -> None:
    tables = {(0, 1): np.array([[0.0, np.inf], [1.0, -2.0]]), (1, 2): np.array([[0.5, 0.0], [np.inf, 0.0]])}
    classes = [ham.MarkovField(tables), ham.Bits({(0,): 30.0, (0, 1, 2): -200.0}), ham.Ising({(0, 1): 0.5}, inputs=3).bits()]
    states = classes[0].states()
    exact = ham.posterior(classes, [0.2, 0.3, 0.5], states)
    for dtype in (np.float64, np.float32):
        net = fn.classifier(classes, [0.2, 0.3, 0.5], dtype=dtype)
        p = net(states.astype(dtype))
        assert (p[np.isinf(classes[0](states)), 0] == 0.0).all()
        assert np.abs(p - exact).max() <= net.certificate.error < (1e-9 if dtype is np.float64 else 1e-2)


@pytest.mark.parametrize("q", [2, 3, 4])
def test_potts_and_fields_of_more_states(q: int) -> None:
    classes = [ham.Potts.lattice((3,), q, J=1.2), ham.MarkovField({(0, 2): RNG.standard_normal((q, q))}, q, variables=3)]
    forbidden = np.zeros((q, q))
    forbidden[0, 1] = np.inf
    classes.append(ham.MarkovField({(0, 1): forbidden, (2,): RNG.standard_normal(q)}, q))
    states = classes[0].states()
    net = fn.classifier(classes, None)
    assert np.abs(net(states) - ham.posterior(classes, None, states)).max() <= net.certificate.error < 1e-9
    assert (net(states)[np.isinf(classes[2](states)), 2] == 0.0).all()


def test_energies_of_bits_as_networks() -> None:
    h = ham.Bits.from_table(RNG.integers(-50, 50, 2**8))
    states = h.states()
    for tol in (None, 1e-3, 1e-8):
        net = ham.network(h, tol=tol)
        assert np.abs(net(states)[:, 0] - h(states)).max() <= net.certificate.error <= (tol or 1e-8)
    assert net.neurons == h.neurons
    hard = ham.network(h)  # sharper than 75: the neurons are 0 and 1 to the last bit but for exp(-beta/2)
    assert (np.rint(hard(states)[:, 0]) == h(states)).all()


# --- bad input --------------------------------------------------------------------------------------------------

TWO = [ham.Gaussian([0.0], [1.0]), ham.Gaussian([1.0], [2.0])]
FORM = ham.Quadratic([[1.0]])
BAD = [
    (lambda: fn.classifier([], None), ValueError, "empty list"),
    (lambda: fn.classifier(TWO[0], None), TypeError, "list"),
    (lambda: fn.classifier([1.0, 2.0], None), TypeError, "float"),
    (lambda: fn.classifier(TWO, [0.5]), ValueError, "2 classes"),
    (lambda: fn.classifier(TWO, [0.5, 0.6]), ValueError, "sum to 1.1"),
    (lambda: fn.classifier(TWO, [1.5, -0.5]), ValueError, "got -0.5"),
    (lambda: fn.classifier(TWO, [np.nan, 0.5]), ValueError, "got nan"),
    (lambda: fn.classifier(TWO, ["a", "b"]), ValueError, "2 classes"),
    (lambda: fn.classifier([*TWO, ham.Gaussian([0, 0], [1, 1])], None), ValueError, "0 has 1 and Hamiltonian 2 has 2"),
    (lambda: fn.classifier([TWO[0], ham.Bits({(0,): 1.0})], None), TypeError, "reals and 1 of bits"),
    (lambda: fn.classifier([TWO[0], FORM], None), ValueError, "give a domain"),
    (lambda: fn.classifier([FORM, 2 * [FORM]], None), TypeError, "list"),
    (lambda: fn.classifier([TWO[0], FORM], None, radius=3.0), ValueError, "radius needs Gaussians"),
    (lambda: fn.classifier(TWO, None, radius=-1.0), ValueError, "radius"),
    (lambda: fn.classifier(TWO, None, domain=(1, -1)), ValueError, "low <= high"),
    (lambda: fn.classifier(TWO, None, domain=(-np.inf, 1)), ValueError, "finite"),
    (lambda: fn.classifier(TWO, None, domain=[(0, 1), (0, 1)]), ValueError, "1 inputs"),
    (lambda: fn.classifier(TWO, None, domain=(100, 101), radius=1.0), ValueError, "beyond 1 standard deviations"),
    (lambda: fn.classifier(TWO, None, tol=0.0), ValueError, "tol"),
    (lambda: fn.classifier(TWO, None, tol=1e-14), ValueError, "reaches an error of .*, got tol=1e-14"),
    (lambda: fn.classifier(TWO, None, dtype=np.complex64), TypeError, "complex64"),
    (lambda: fn.classifier(TWO, None, dtype=np.float16), TypeError, "float16"),
    (
        lambda: fn.classifier(TWO, None, domain=(-1e5, 1e5), dtype=np.float32),
        ValueError,
        "no scale with an error bound below 1/2",
    ),
    (lambda: fn.classifier([ham.Bits({(0,): 1.0})], None, domain=(0, 1)), ValueError, "a domain"),
    (lambda: fn.classifier([ham.Bits({(0,): 1.0})], None, tol=1e-18), ValueError, "got tol=1e-18"),
    (lambda: fn.classifier([ham.Bits({(0,): 1e300})], None, dtype=np.float32), ValueError, "range of float32"),
    (lambda: fn.classifier([ham.Polynomial({(3,): 1.0})], None), ValueError, "domain"),
    (lambda: ham.network(ham.MarkovField({(0,): [0, np.inf]})), ValueError, "infinite on 1"),
    (lambda: ham.network(FORM), ValueError, "give a domain"),
    (lambda: ham.network(ham.Quadratic([[0.0]]), domain=(0, 1)), ValueError, "constant"),
    (lambda: ham.posterior([ham.MarkovField({(0,): [0, np.inf]})], None, [[0], [1]]), ValueError, r"allows the one at \(1,\)"),
]


@pytest.mark.parametrize(("call", "error", "sentence"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_input_is_refused_with_both_sides(call, error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()


def test_every_alphabet_has_its_states() -> None:
    assert [list(s) for s in itertools.product((-1, 1), repeat=2)] == ham.Ising({(0, 1): 1}).states().tolist()
