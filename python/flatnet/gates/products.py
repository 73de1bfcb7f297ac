"""Products of n numbers: deep, as trees of gates, and flat, in one hidden layer; monomials."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .._check import nonnegative_int, positive_int
from ..network import Network
from ..transforms import Entry
from ._choice import Domain, arguments, bias_of, copy_recipe, gate_neurons, pair_recipe, scales_of
from ._circuit import Circuit, Gate, affine, compiled, unit_roundoff
from ._flat import monomial_recipes, vanishes
from ._recipe import Recipe, product_recipe
from .derivatives import _value, roots
from .product import polynomial_info

_MOST_FLAT = 16  # factors of a flat product: 2**16 neurons
_CARRIED = 10  # factors up to which a deep product carries its flat form


def product_tree(
    n: int,
    activation: str = "logistic",
    neurons: int = 4,
    domain: Any = (-1, 1),
    dtype: DTypeLike = np.float64,
    *,
    layers: int | None = None,
    relays: bool = False,
) -> Network:
    r"""Product of n numbers, ``x_1 x_2 ... x_n``, as a tree of gates with a certified error.

    Parameters
    ----------
    n : int
        Number of factors, >= 1.
    activation : str
        As for `product_gate`.
    neurons : {4, 3, 2}
        Neurons for each multiplication: pairs by 4 or 3 neurons, or threes by the ternary gate, 4 neurons for two
        multiplications (n a power of three, and a bias with σ'' = 0 ≠ σ''', as the logistic has at 0).
    domain : (float, float) or n such pairs
        Intervals that the inputs stay in; every gate is scaled to the range it sees.
    dtype : {float64, float32}
    layers : int, optional, keyword-only
        Hidden layers. By default ⌈log2 n⌉ (⌈log3 n⌉ for the ternary gate); fewer make gates of larger fan-in g, 2^g neurons
        each, with the fan-ins that need the fewest neurons (`fan_in`).
    relays : bool, optional, keyword-only
        A linear layer between two layers of gates, instead of merged affine maps: ten times more exact, 12(n - 1)
        synapses and 5n - 6 neurons for n = 2^k.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., 1)``: 4(n - 1), 3(n - 1) or 2(n - 1) neurons, and one more for each number that passes
        through a layer (two where `copy_gate` has two); neighbouring affine maps are merged, which makes 20n - 28
        synapses for 4 neurons and n = 2^k. Up to n = 10 its ``flat_form`` is `product_flat`.

    Raises
    ------
    ValueError, TypeError
        As for `product_gate`; also if ``layers`` is not between 1 and ⌈log2 n⌉.

    Notes
    -----
    Lin & Tegmark sec. III G: "about 4n neurons arranged in a hierarchy of about log2 n layers"; 124 neurons for n = 32, not
    128. Against one hidden layer of 2^n neurons this is their no-flattening example for nonlinear networks.

    Examples
    --------
    >>> import flatnet as fn
    >>> net = fn.product_tree(8)
    >>> net.neurons, net.synapses, net.depth
    (28, 132, 3)
    >>> net([0.5, 1.0, -1.0, 1.0, 0.5, 1.0, 1.0, 1.0]).round(9)
    array([-0.25])
    """
    what = "product_tree"
    n = positive_int(what, "n", n)
    name, box, precision = arguments(what, activation, domain, n, dtype)
    fans, recipes = _tree(what, n, name, gate_neurons(what, neurons), layers)
    biases: dict[Recipe, float] = {}
    stages: list[list[Gate]] = []
    width = n
    for fan in fans:
        gates = []
        for start in range(0, width, fan):
            size = min(fan, width - start)
            recipe = recipes(size) if size > 1 else copy_recipe(name)
            if recipe not in biases:
                biases[recipe] = bias_of(what, None, name, recipe, precision)
            gates.append(Gate(recipe, biases[recipe], tuple(affine(start + k) for k in range(size))))
        stages.append(gates)
        width = len(gates)
    carried = len(stages) > 1 and n <= _CARRIED and bool(flat_neurons(name, n))
    return compiled(
        what,
        Circuit(name, box, stages, affine(0), bool(relays)),
        precision,
        statement=f"the product of {n} inputs from {len(stages)} layers of {name} gates: truncation and rounding",
        name=f"product_tree({n})",
        flat_form=product_flat(n, None, name, "auto", box, precision) if carried else None,
        info=polynomial_info(n, {(1,) * n: 1.0}),
    )


def _tree(what: str, n: int, name: str, neurons: int, layers: Any) -> tuple[tuple[int, ...], Any]:
    """Fan-in of each layer, and the recipe for a number of factors."""
    if neurons == 2 and pair_recipe(name) is None:
        if layers is not None:
            raise ValueError(f"{what} with the ternary gate has log3(n) layers, got layers={layers!r}")
        depth = round(math.log(n, 3))
        if 3**depth != n:
            raise ValueError(f"{what} with 2 neurons for each multiplication needs a power of three, got n={n}")
        ternary = product_recipe(3, 4)
        if not vanishes(name, 2, 3):
            raise ValueError(f"{what} needs a bias with {name}'' = 0 and {name}''' not for the ternary gate, got {name!r}")
        return (3,) * depth, lambda size: ternary
    deepest = (n - 1).bit_length()
    if layers is None:
        return (2,) * deepest, lambda size: product_recipe(2, neurons) if neurons > 2 else pair_recipe(name)
    depth = positive_int(what, "layers", layers)
    if depth > deepest:
        raise ValueError(f"{what} of {n} factors has {deepest} hidden layers at most, got layers={layers}")
    fans = fan_in(n, depth)[1]
    if max(fans) > _MOST_FLAT:
        raise ValueError(f"{what} in {depth} layers needs gates of 2**{max(fans)} neurons, flatnet makes 2**{_MOST_FLAT}")
    return fans, lambda size: product_recipe(2, neurons) if size == 2 and neurons > 2 else product_recipe(size, 1 << size)


def fan_in(n: int, layers: int) -> tuple[int, tuple[int, ...]]:
    r"""Fewest neurons of a product of n numbers in a given number of hidden layers of gates with 2^g neurons.

    Parameters
    ----------
    n, layers : int

    Returns
    -------
    (int, tuple of int)
        The number of neurons and the fan-in of each layer.

    Raises
    ------
    ValueError
        If ``layers`` is not between 1 and ⌈log2 n⌉.

    Notes
    -----
    .. math:: \min_{g_1 \dots g_k} \sum_i \Bigl\lceil \frac{n}{g_1 \cdots g_i} \Bigr\rceil 2^{g_i}

    by dynamic programming over the widths (Rolnick & Tegmark 2017 give its order, :math:`n^{(k-1)/k} 2^{n^{1/k}}`).

    Examples
    --------
    >>> [fan_in(16, k)[0] for k in (1, 2, 3, 4)]
    [65536, 80, 64, 60]
    >>> fan_in(64, 3)
    (336, (4, 4, 4))
    """
    n, k = positive_int("fan_in", "n", n), nonnegative_int("fan_in", "layers", layers)
    if not min(1, n - 1) <= k <= (n - 1).bit_length():
        raise ValueError(f"fan_in of {n} numbers has 1 to {(n - 1).bit_length()} layers, got layers={layers}")
    found = _fan_in(n, k)
    assert found is not None
    return found[0], found[2]


@functools.cache
def _fan_in(n: int, k: int) -> tuple[int, int, tuple[int, ...]] | None:
    """Neurons, layers in which a gate is not full, fan-ins; None: n numbers cannot meet in k layers of fan-in 2 or more."""
    if n == 1 or k == 0:
        return (0, 0, ()) if n == 1 and k == 0 else None
    options = []
    for g in range(2, n + 1):
        rest = _fan_in(-(-n // g), k - 1)
        if rest is not None:
            options.append((-(-n // g) * 2**g + rest[0], (n % g > 0) + rest[1], (g, *rest[2])))
    return min(options, default=None)


def flat_neurons(name: str, n: int) -> dict[int, int]:
    """Neurons of a flat n-fold product that an activation allows -> order of the error in the scale (1 or 2)."""
    found = {}
    dropped = vanishes(name, n - 1, n) if n > 1 else [0.0] * (copy_recipe(name).neurons == 1)
    if dropped:
        second = n == 1 or any(abs(_value(name, n + 1, z)) < 1e-12 for z in dropped)
        found[1 << (n - 1)] = 2 if second else 1
    generic = {z for k in (n - 1, n + 1, n + 2) if k >= 0 for z in roots(name, k)} | {0.0, 1.0}
    if any(abs(_value(name, n, z)) > 1e-9 for z in generic):
        if n > 1:
            found[(1 << n) - 1] = 2 if vanishes(name, n + 1, n) or name == "square" else 1
        found[1 << n] = 2
    return found


def product_flat(
    n: int,
    neurons: int | None = None,
    activation: str = "logistic",
    scale: float | str = "auto",
    domain: Any = (-1, 1),
    dtype: DTypeLike = np.float64,
    *,
    bias: float | None = None,
) -> Network:
    r"""Product of n numbers in one hidden layer, with a certified error.

    Parameters
    ----------
    n : int
        Number of factors, 1 to 16.
    neurons : int, optional
        2^n (any bias with σ⁽ⁿ⁾ ≠ 0), 2^n - 1 (an affine output), or 2^(n-1) (a bias with σ⁽ⁿ⁻¹⁾ = 0 ≠ σ⁽ⁿ⁾). By default the
        fewest whose error is O(scale²): for the logistic 2^(n-1) if n is odd, otherwise 2^n - 1.
    activation, scale, domain, dtype, bias
        As for `product_gate`.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., 1)``, one hidden layer.

    Raises
    ------
    ValueError, TypeError
        As for `product_gate`; also if the activation does not allow that number of neurons.

    Notes
    -----
    .. math:: \frac{\sum_{s \in \{\pm 1\}^n} (\prod_i s_i)\, \sigma(b + \lambda \sum_i s_i x_i)}{2^n \sigma^{(n)}(b) \lambda^n}
              = \prod_i x_i \Bigl[1 + \lambda^2 \frac{\sigma^{(n+2)}}{6 \sigma^{(n)}} \sum_i x_i^2 + \dots\Bigr]

    Lin & Tegmark quote 2^n as the least. That needs hypotheses: a common bias, a linear output and σ⁽ᵏ⁾(b) ≠ 0 for k <= n.
    With an affine output, which their Eq. (6) has, inclusion and exclusion need 2^n - 1; and where σ⁽ⁿ⁻¹⁾ vanishes half
    the neurons do. In floating point the floor grows fast, about u^(2/(n+2)).

    Examples
    --------
    >>> import flatnet as fn
    >>> [fn.product_flat(n).neurons for n in (2, 3, 4, 5)]
    [3, 4, 15, 16]
    >>> fn.product_flat(3)([0.5, -0.5, 1.0]).round(4)
    array([-0.25])
    """
    what = "product_flat"
    n = positive_int(what, "n", n)
    if n > _MOST_FLAT:
        raise ValueError(f"product_flat goes to {_MOST_FLAT} factors, 2**{_MOST_FLAT} neurons, got n={n}")
    name, box, precision = arguments(what, activation, domain, n, dtype)
    allowed = flat_neurons(name, n)
    if not allowed:
        raise ValueError(f"product_flat of {n} factors needs a derivative {n} that is not zero, {name} has none")
    count = min(m for m, order in allowed.items() if order == 2) if neurons is None else positive_int(what, "neurons", neurons)
    if count not in allowed:
        raise ValueError(
            f"product_flat of {n} factors with {name} neurons has {', '.join(map(str, sorted(allowed)))} neurons, got {count}"
        )
    recipe = product_recipe(n, count)
    return _flat(what, f"product_flat({n})", recipe, name, box, precision, scale, bias)


def _flat(
    what: str, label: str, recipe: Recipe, name: str, box: Domain, precision: np.dtype[Any], scale: object, bias: object
) -> Network:
    b = bias_of(what, bias, name, recipe, precision)
    inputs = tuple(affine(k) for k in range(len(recipe.kinds)))
    given = scales_of(what, scale, recipe, precision)
    automatic = Circuit(name, box, [[Gate(recipe, b, inputs)]], affine(0))
    circuit = automatic if given is None else Circuit(name, box, [[Gate(recipe, b, inputs, given)]], affine(0))
    powers = "".join(f" x{k}^{r}" if r > 1 else f" x{k}" for k, r in enumerate(recipe.powers, 1))
    return compiled(
        what,
        circuit,
        precision,
        statement=f"the product{powers} from {recipe.neurons} {name} neurons at bias {b:.6g}: truncation and rounding",
        name=label,
        floor=automatic.judged(unit_roundoff(precision)).error if given is not None else None,
        info=polynomial_info(len(recipe.powers), {recipe.powers: 1.0}),
    )


def monomial(
    powers: Any,
    activation: str = "logistic",
    scale: float | str = "auto",
    domain: Any = (-1, 1),
    dtype: DTypeLike = np.float64,
    *,
    neurons: int | None = None,
    bias: float | None = None,
) -> Network:
    r"""Monomial ``x_1^r_1 ... x_n^r_n`` in one hidden layer, with a certified error.

    Parameters
    ----------
    powers : sequence of int
        r_i >= 1, of degree 24 at most.
    activation, scale, domain, dtype, bias
        As for `product_gate`.
    neurons : int, optional, keyword-only
        Π(r_i + 1), or one less, whose constant is an output bias. By default the fewest with an error O(scale²).

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., 1)``, one hidden layer.

    Raises
    ------
    ValueError, TypeError
        As for `product_gate`.

    Notes
    -----
    .. math:: \prod_i x_i^{r_i} \approx
              \frac{\sum_k \prod_i (-1)^{r_i - k_i} \binom{r_i}{k_i}\, \sigma(b + \lambda \sum_i k_i x_i)}
              {\lambda^d \sigma^{(d)}(b)}, \qquad 0 \le k_i \le r_i,

    or the same with k_i centred about 0. Π(r_i + 1) is the least for a common bias and a linear output (Rolnick & Tegmark
    2017).

    Examples
    --------
    >>> import flatnet as fn
    >>> net = fn.monomial((2, 1))
    >>> net.neurons, net([0.5, -0.5]).round(4)
    (5, array([-0.125]))
    """
    what = "monomial"
    try:
        exponents = tuple(positive_int(what, "powers", r) for r in powers)
    except TypeError:
        raise TypeError(f"monomial needs a sequence of whole numbers >= 1 for powers, got {powers!r}") from None
    if not exponents or sum(exponents) > 24 or math.prod(r + 1 for r in exponents) > 1 << _MOST_FLAT:
        raise ValueError(f"monomial needs powers of degree 1 to 24 and at most 2**{_MOST_FLAT} neurons, got {powers!r}")
    name, box, precision = arguments(what, activation, domain, len(exponents), dtype)
    found = monomial_recipes(name, exponents, unit_roundoff(precision))
    if found is None:
        d = sum(exponents)
        raise ValueError(f"monomial of degree {d} needs a derivative {d} that is not zero, {name} has none")
    known = {recipe.neurons: recipe for recipe in found[0]}
    count = found[1].neurons if neurons is None else neurons
    if count not in known:
        raise ValueError(f"monomial {exponents} has {' or '.join(map(str, sorted(known)))} neurons, got neurons={neurons!r}")
    return _flat(what, f"monomial{exponents}", known[count], name, box, precision, scale, bias)


ENTRIES = (
    Entry(
        name="product_tree",
        constructor=product_tree,
        arguments=lambda n: (n,),
        sizes=(2, 4, 8, 16),
        synapses=lambda n: 20 * n - 28,
        summary="product of n numbers, ⌈log2 n⌉ layers of 4-neuron gates: 4(n-1) neurons, 20n - 28 synapses for n = 2^k",
    ),
    Entry(
        name="product_flat",
        constructor=product_flat,
        arguments=lambda n: (n, 2**n),
        sizes=(2, 3, 6),
        synapses=lambda n: (n + 1) * 2**n,
        summary="product of n numbers in one hidden layer: 2^n neurons, n 2^n + 2^n synapses",
    ),
    Entry(
        name="monomial",
        constructor=monomial,
        arguments=lambda r: ((r, r),),
        sizes=(2, 4),
        synapses=lambda r: (3 * (r + 1) ** 2 - 3) - 2 * (r + 1) + 2,
        summary="x^r y^r in one hidden layer, r even: (r+1)^2 - 1 neurons",
    ),
)
