"""Hidden neurons that a nonlinear function needs: derivative spaces of polynomials (LB6), pieces of sawtooth functions.

LB6. Let sum_j w_j sigma(b + a_j.x) agree with a homogeneous p of degree d through order d as its weights go to zero in
the manner of a gate (one hidden layer, one common bias b, sigma^(k)(b) != 0 for 1 <= k <= d). With A_(alpha j) = a_j^alpha,
|alpha| <= d, let c A = 0 and s be the top order of c. Applying sum_alpha c_alpha d^alpha to sum_j w_j (a_j.x)^(d-s+|alpha|)
gives nothing, and the orders below s of it are derivatives of Taylor terms of degree < d, which vanish: so
sum_(|alpha|=s) c_alpha d^alpha p = 0. The leading forms of the left kernel of A annihilate p, and

    neurons >= rank A >= dim span {d^alpha p : all alpha};

an affine output takes the row alpha = 0 away, one neuron less. With free biases only the rows of one order remain comparable:
neurons >= max_s rank Cat_s(p), the largest space of derivatives of one order, 0 < s < d. The ranks are taken modulo the prime
2^61 - 1, which can only lower them.

Pieces. A layer of m ReLUs on a scalar function with q linear pieces adds at most m q breakpoints, so layers of m_1, ..., m_l
ReLUs make at most (m_1 + 1) ... (m_l + 1) pieces (Telgarsky 2015).
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from .cube import threshold_neurons

if TYPE_CHECKING:
    from ..network import Network

__all__ = ["NeuronBound", "derivative_ranks", "hidden_neurons", "impossible", "sawtooth_neurons"]

PRIME = (1 << 61) - 1
_MOST_ENTRIES = 1 << 22  # of one matrix of derivatives
Terms = dict[tuple[int, ...], Fraction]


class NeuronBound(NamedTuple):
    """A number of hidden neurons below which no network of a class computes f."""

    name: str
    value: int
    class_of_networks: str


def derivative_ranks(terms: Terms) -> list[int] | None:
    """dim span {d^alpha p : |alpha| = s} for s = 0, ..., d, of a homogeneous polynomial; None: too large to form.

    Examples
    --------
    >>> from fractions import Fraction
    >>> derivative_ranks({(1, 1, 1): Fraction(1)})
    [1, 3, 3, 1]
    >>> derivative_ranks({(2, 0): Fraction(1), (0, 2): Fraction(-1)})
    [1, 2, 1]
    """
    degree = sum(next(iter(terms)))
    if len(terms) == 1:
        ranks = [1]
        for r in next(iter(terms)):
            ranks = [sum(ranks[max(s - r, 0) : s + 1]) for s in range(len(ranks) + r)]
        return ranks
    half = [_rank(terms, s) for s in range(degree // 2 + 1)]
    if None in half:
        return None
    ranks = [r for r in half if r is not None]
    return ranks + ranks[: degree + 1 - len(ranks)][::-1]  # Cat_s and Cat_(d-s) are transposed


def _rank(terms: Terms, order: int) -> int | None:
    """Rank of the derivatives of one order, modulo the prime."""
    values = {e: c.numerator * pow(c.denominator, -1, PRIME) % PRIME for e, c in terms.items()}
    rows: dict[tuple[int, ...], dict[tuple[int, ...], int]] = {}
    for e, c in values.items():
        for alpha in _below(e, order):
            rest = tuple(a - b for a, b in zip(e, alpha))
            falling = math.prod(math.perm(a, b) for a, b in zip(e, alpha))
            rows.setdefault(alpha, {})[rest] = c * falling % PRIME
        if sum(map(len, rows.values())) > _MOST_ENTRIES >> 4:
            return None
    columns = {column for row in rows.values() for column in row}
    if len(rows) * len(columns) > _MOST_ENTRIES:
        return None
    return _eliminated(list(rows.values()))


def _below(e: tuple[int, ...], order: int) -> Any:
    """All alpha <= e with |alpha| = order."""
    places = [i for i, r in enumerate(e) if r]

    def fill(rest: int, at: int) -> Any:
        if at == len(places):
            if rest == 0:
                yield ()
            return
        for k in range(min(rest, e[places[at]]) + 1):
            for tail in fill(rest - k, at + 1):
                yield (k, *tail)

    for chosen in fill(order, 0):
        alpha = [0] * len(e)
        for place, k in zip(places, chosen):
            alpha[place] = k
        yield tuple(alpha)


def _eliminated(rows: list[dict[tuple[int, ...], int]]) -> int:
    pivots: dict[tuple[int, ...], dict[tuple[int, ...], int]] = {}
    for row in sorted(rows, key=len):
        while row:
            lead = min(row)
            if lead not in pivots:
                inverse = pow(row[lead], -1, PRIME)
                pivots[lead] = {column: value * inverse % PRIME for column, value in row.items()}
                break
            scale = row[lead]
            for column, value in pivots[lead].items():
                rest = (row.get(column, 0) - scale * value) % PRIME
                if rest:
                    row[column] = rest
                else:
                    row.pop(column, None)
    return len(pivots)


def sawtooth_neurons(pieces: int, layers: int) -> int:
    """Fewest ReLUs in at most that many hidden layers that can make so many pieces: min sum m_i, prod (m_i + 1) >= pieces.

    Examples
    --------
    >>> sawtooth_neurons(1024, 1), sawtooth_neurons(1024, 2), sawtooth_neurons(1024, 10)
    (1023, 62, 10)
    """
    best = pieces - 1
    for count in range(2, layers + 1):
        width = 1
        while width**count < pieces:
            width += 1
        wide = next(k for k in range(count + 1) if width**k * (width - 1) ** (count - k) >= pieces)
        best = min(best, wide * (width - 1) + (count - wide) * (width - 2))
    return best


def hidden_neurons(net: Network, depth: int, flat: Network | None) -> NeuronBound | None:
    """Lower bound of the hidden neurons of any network of at most ``depth`` hidden layers; None: nothing is known.

    `flat` decides between the classes with a common bias and with free biases: the bound covers it.
    """
    pieces = net.info.get("pieces")
    if isinstance(pieces, int) and pieces > 1 and depth >= 1:
        word = "one hidden layer" if depth == 1 else f"at most {depth} hidden layers"
        return NeuronBound(
            "pieces", sawtooth_neurons(pieces, depth), f"ReLU networks of {word} with {pieces} pieces, any weights"
        )
    if depth != 1:
        return None
    if (cube := _cube(net)) is not None:
        n, edges = cube
        covers = f"one hidden layer of thresholds, any weights, affine output, equal to f on all inputs of {n} bits"
        return NeuronBound("edges of the cube", threshold_neurons(n, edges), covers)
    terms = _terms(net)
    if terms is None:
        return None
    degree = sum(next(iter(terms)))
    ranks = derivative_ranks(terms) if degree > 1 else None
    if ranks is None:
        return None
    where = "agreeing with f through its degree in the limit of small scale, affine output"
    if flat is None or _regular(flat, degree):
        covers = f"one hidden layer, one common bias with no vanishing derivative 1 to {degree}, {where}"
        return NeuronBound("LB6", sum(ranks) - 1, covers)
    return NeuronBound("LB6, free biases", max(ranks[1:-1]), f"one hidden layer, any biases, {where}")


def impossible(net: Network, depth: int) -> str:
    """Why no network of at most ``depth`` hidden layers with the neurons of ``net`` computes its function; empty if one may."""
    known: Any = net.info.get("polynomial")
    try:
        degree = max((sum(map(int, e)) for e, c in known["terms"] if c), default=0)
    except (TypeError, ValueError, KeyError, OverflowError):
        return ""
    if depth == 0 and degree > 1:
        return f"a network without hidden layers is affine, f has degree {degree}"
    if depth >= 64 or degree <= 1 << depth or any(layer.activation not in (None, "square") for layer in net.layers):
        return ""
    layers = "one layer of squares makes" if depth == 1 else f"{depth} layers of squares make"
    return f"{layers} polynomials of degree at most {1 << depth}, f has degree {degree}"


def _cube(net: Network) -> tuple[int, int] | None:
    """Bits, and the edges of their cube along which the function changes, where a network says so."""
    known: Any = net.info.get("cube")
    try:
        n, edges = int(known["bits"]), int(known["edges"])
    except (TypeError, ValueError, KeyError, OverflowError):
        return None
    return (n, edges) if 1 <= n == net.shape[1] <= 4096 and 0 <= edges <= n << (n - 1) else None


def _terms(net: Network) -> Terms | None:
    """The homogeneous polynomial that a network says it computes."""
    known: Any = net.info.get("polynomial")
    try:
        terms = {tuple(int(k) for k in e): Fraction(c) for e, c in known["terms"] if c}
    except (TypeError, ValueError, KeyError, OverflowError):
        return None
    degrees = {sum(e) for e in terms}
    sane = all(k >= 0 for e in terms for k in e) and len({len(e) for e in terms}) == 1
    short = len(degrees) == 1 and sane and max(degrees) <= 64
    return terms if short or _long_product(terms) else None


def _long_product(terms: Terms) -> bool:
    return len(terms) == 1 and set(itertools.chain(*terms)) == {1}


def _regular(flat: Network, degree: int) -> bool:
    """One hidden layer with one bias, at which no derivative up to the degree vanishes."""
    from ..gates.derivatives import _EXACT, _value

    layer = flat.layers[0]
    if flat.depth != 1 or layer.bias is None or layer.activation not in _EXACT or len(set(layer.bias.tolist())) != 1:
        return False
    bias = float(layer.bias[0])
    return degree <= 32 and all(abs(_value(layer.activation, k, bias)) > 1e-6 for k in range(1, degree + 1))
