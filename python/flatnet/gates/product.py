"""Gates of one hidden layer: the product of two numbers, and the copy of one (Lin & Tegmark Eqs. 10 and 11)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..network import Network
from ..transforms import Entry
from ._choice import arguments, bias_of, copy_recipe, gate_neurons, pair_recipe, scales_of
from ._circuit import Affine, Circuit, Gate, affine, compiled, unit_roundoff
from ._recipe import Recipe, product_recipe
from ._rounding import few_bits
from .derivatives import _value


def product_gate(
    activation: str = "logistic",
    neurons: int = 4,
    scale: float | str = "auto",
    domain: Any = (-1, 1),
    dtype: DTypeLike = np.float64,
    *,
    bias: float | None = None,
) -> Network:
    r"""Product of two numbers, ``(x, y) -> x y``, by one hidden layer, with a certified error.

    Parameters
    ----------
    activation : str
        Any activation with derivatives: "logistic", "tanh", "softplus", "gelu", "silu", "sin", "exp", "square". The ReLU is
        refused: its four terms give 2 sgn(xy) min(\|x\|, \|y\|) for every scale.
    neurons : {4, 3, 2}
        Hidden neurons. Three need an output bias and are less exact. Two need a point with σ' = 0 ≠ σ'' (gelu, silu, sin,
        square); elsewhere the linear skip connection that two need is a relay, a third neuron, and counts.
    scale : float or "auto"
        Scale λ of the inputs inside the gate. "auto" balances the truncation, which falls with λ, against the rounding of
        ``dtype``, which grows as 1/λ², for each input's own range.
    domain : (float, float) or two such pairs
        Intervals that the inputs stay in.
    dtype : {float64, float32}
        Precision the gate is tuned for and stored in.
    bias : float, optional, keyword-only
        Of the hidden neurons; by default the one with the least certified error.

    Returns
    -------
    Network
        Maps ``(..., 2) -> (..., 1)``: 4 neurons and 12 synapses, 3 and 7, or 2 and 6 (with a relay 3 and 8). Its
        ``certificate`` has the error bound, the least one of any scale (``floor``), and the scale; inputs outside ``domain``
        are flagged.

    Raises
    ------
    ValueError
        If the activation, the number of neurons, the scale, the bias or the domain is not usable.
    TypeError
        If ``dtype`` is not float32 or float64.

    Notes
    -----
    With σ the activation and primes for derivatives at the bias b,

    .. math:: m(x,y) = \frac{\sigma(b+\lambda(x+y)) - \sigma(b+\lambda(x-y)) + \sigma(b-\lambda(x+y))
              - \sigma(b-\lambda(x-y))}{4\sigma''\lambda^2}
              = xy\Bigl[1 + \lambda^2 \frac{\sigma''''}{6\,\sigma''}(x^2+y^2)
              + \lambda^4 \frac{\sigma^{(6)}}{360\,\sigma''}(3x^4+10x^2y^2+3y^4) + \dots\Bigr].

    The logistic's best bias is -arccosh 5, where σ'''' = 0 and the error is O(λ⁴); at the positive root it has the same
    truncation and ten times the rounding noise. Three neurons at b = -arccosh 2, where σ''' = 0, with output bias
    σ(b)/(σ''λ²):

    .. math:: m_3(x,y) = \frac{\sigma(b+\lambda(x+y)) - \sigma(b+\lambda x) - \sigma(b+\lambda y) + \sigma(b)}
              {\sigma''\lambda^2} = xy\Bigl[1 - \tfrac{\lambda^2}{24}(4x^2+6xy+4y^2) + \dots\Bigr].

    The certificate is the remainder of these series, bounded over the domain by derivatives, plus the rounding of every
    operation in the order in which the kernels do them (see docs/gates.md).
    Lin & Tegmark's theorem of sec. II C says "in the limit λ → ∞ ... exact"; it is λ → 0, and in floating point, neuron by
    neuron, neither: too small a λ loses all digits. "Merely 4 neurons" is not the least, since 3 do with an affine output;
    and the logistic needs a bias, as σ''(0) = 0.

    Examples
    --------
    >>> import flatnet as fn
    >>> gate = fn.product_gate()
    >>> gate.synapses, gate.neurons, gate.certificate.error < 1e-10
    (12, 4, True)
    >>> gate([0.5, -0.25]).round(9)
    array([-0.125])
    """
    what = "product_gate"
    name, box, precision = arguments(what, activation, domain, 2, dtype)
    recipe = product_recipe(2, gate_neurons(what, neurons))
    u = unit_roundoff(precision)
    if neurons == 2 and pair_recipe(name) is None:
        recipe = Recipe(("single", "both"), (1, 1), skip=True)
        b = bias_of(what, bias, name, recipe, precision)
        automatic = _with_relay(name, box, recipe, b, None, precision)
        given = scales_of(what, scale, recipe, precision)
        circuit = automatic if given is None else _with_relay(name, box, recipe, b, given, precision)
    else:
        b = bias_of(what, bias, name, recipe, precision)
        given = scales_of(what, scale, recipe, precision)
        automatic = Circuit(name, box, [[Gate(recipe, b, (affine(0), affine(1)))]], affine(0))
        circuit = Circuit(name, box, [[Gate(recipe, b, (affine(0), affine(1)), given)]], affine(0))
    return compiled(
        what,
        circuit,
        precision,
        statement=f"x y from {neurons} {name} neurons at bias {b:.6g}: truncation, and rounding of every operation",
        name=f"product_gate({neurons} neurons)",
        floor=automatic.judged(u).error,
        info=polynomial_info(2, {(1, 1): 1.0}),
    )


def _with_relay(
    name: str, box: Any, recipe: Recipe, bias: float, given: tuple[float, ...] | None, precision: np.dtype[Any]
) -> Circuit:
    """Two neurons, and a relay of y in place of the skip connection: x y + k y - k y, k = sigma'/(sigma'' a)."""
    u = unit_roundoff(precision)
    relay = Gate(copy_recipe(name), bias_of("product_gate", None, name, copy_recipe(name), precision), (affine(1),))
    made = Circuit(name, box, [[relay]], affine(0)).judged(u).layers[0][0]
    fixed = relay._replace(scales=made.scales)
    sizes = [max(abs(low), abs(high)) for low, high in box]

    def at(scales: tuple[float, ...]) -> Circuit:
        slope = _value(name, 1, bias) / (_value(name, 2, bias) * scales[0])
        gates = [Gate(recipe, bias, (affine(0), affine(1)), scales), fixed]
        return Circuit(name, box, [gates], Affine(((0, 1.0), (1, -slope))))

    if given is not None:
        return at(given)
    trials = [at(tuple(few_bits(2.0 ** (-k / 2) / size) for size in sizes)) for k in range(80)]
    return min(trials, key=lambda circuit: circuit.judged(u).error)


def polynomial_info(inputs: int, terms: dict[tuple[int, ...], float]) -> dict[str, Any]:
    """What `flattening_cost` needs for a lower bound: the polynomial that the network computes."""
    return {"polynomial": {"inputs": inputs, "terms": [[list(e), float(c)] for e, c in terms.items()]}}


def copy_gate(
    activation: str = "logistic",
    scale: float | str = "auto",
    domain: Any = (-1, 1),
    dtype: DTypeLike = np.float64,
    *,
    bias: float | None = None,
) -> Network:
    r"""A number passed through a hidden layer, ``x -> x``, with a certified error.

    Parameters
    ----------
    activation, scale, domain, dtype, bias
        As for `product_gate`; one interval.

    Returns
    -------
    Network
        Maps ``(..., 1) -> (..., 1)``: one neuron and 2 synapses where σ'' vanishes and σ' does not (at 0 for the logistic),
        otherwise (softplus, exp, square) two neurons and 4 synapses.

    Raises
    ------
    ValueError, TypeError
        As for `product_gate`.

    Notes
    -----
    .. math:: \frac{\sigma(b+\lambda x) - \sigma(b)}{\sigma'\lambda} = x\Bigl[1 + \lambda^2\frac{\sigma'''}{6\sigma'}x^2
              + \dots\Bigr]

    with σ'' = 0; -λ²x²/12 for the logistic at 0 (Lin & Tegmark, footnote 2).

    Examples
    --------
    >>> import flatnet as fn
    >>> gate = fn.copy_gate()
    >>> gate.neurons, gate.synapses, gate([0.375]).round(8)
    (1, 2, array([0.375]))
    """
    what = "copy_gate"
    name, box, precision = arguments(what, activation, domain, 1, dtype)
    recipe = copy_recipe(name)
    b = bias_of(what, bias, name, recipe, precision)
    given = scales_of(what, scale, recipe, precision)
    automatic = Circuit(name, box, [[Gate(recipe, b, (affine(0),))]], affine(0))
    circuit = Circuit(name, box, [[Gate(recipe, b, (affine(0),), given)]], affine(0))
    return compiled(
        what,
        circuit,
        precision,
        statement=f"x from {recipe.neurons} {name} neuron{'s' * (recipe.neurons > 1)} at bias {b:.6g}: truncation and rounding",
        name="copy_gate",
        floor=automatic.judged(unit_roundoff(precision)).error,
    )


ENTRIES = (
    Entry(
        name="product_gate",
        constructor=product_gate,
        arguments=lambda neurons: ("logistic", neurons),
        sizes=(2, 3, 4),
        synapses=lambda neurons: {2: 8, 3: 7, 4: 12}[neurons],
        summary="x y from 4 logistic neurons (12 synapses), 3 (7 synapses), or 2 and a relay (8 synapses)",
    ),
    Entry(
        name="copy_gate",
        constructor=copy_gate,
        arguments=lambda _: ("logistic",),
        sizes=(1,),
        synapses=lambda _: 2,
        summary="x through one logistic neuron",
    ),
)
