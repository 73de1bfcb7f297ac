"""What a network costs, and the one set of conventions by which everything in flatnet is counted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from .network import Network

__all__ = ["CONVENTIONS", "Cost", "Interval", "cost", "flops_per_synapse"]

CONVENTIONS = """\
synapses: non-zero weights; a complex weight counts once, a shared one wherever it stands; biases do not count
neurons: sum of the widths of the hidden layers; depth: number of hidden layers, layers - 1
zeros: a given entry that is exactly 0; an entry of a product of k terms with |c_ij| <= 4 k eps (|A| |B|)_ij
copies: a copy or permutation that is a layer of its own counts, one folded into a neighbour does not
flops: per input vector, 2 a real synapse, 8 a complex one (a multiply-add); none for biases and activations
bytes: weights, index arrays and biases as stored; range: the product over the layers of max|A_l|
labels: exact = counted; generic = no weight vanishes by chance; predicted = not formed, from its pattern"""


class Interval(NamedTuple):
    """Two ends between which a value is known to lie.

    Parameters
    ----------
    lower, upper : float
        The certified lower bound and the value of the best network found.

    Examples
    --------
    >>> Interval(51.2, 51.2)
    [51.2, 51.2]
    >>> 1.0 in Interval(0.5, 2.0)
    True
    """

    lower: float
    upper: float

    def __contains__(self, value: object) -> bool:
        return isinstance(value, (int, float, np.number)) and bool(self.lower <= value <= self.upper)

    def __repr__(self) -> str:
        return f"[{self.lower:.6g}, {self.upper:.6g}]"


@dataclass(frozen=True, repr=False)
class Cost:
    """What a network costs, in the units of :data:`CONVENTIONS`.

    Attributes
    ----------
    synapses, neurons, depth : int
        Non-zero weights, hidden units, hidden layers.
    flops : int
        Floating-point operations for one input vector.
    bytes : int
        Stored bytes of weights, index arrays and biases.
    label : str
        ``"exact"``, or ``"generic"`` where a weight is held as a symbol and assumed not to vanish.
    """

    synapses: int
    neurons: int
    depth: int
    flops: int
    bytes: int
    label: str = "exact"

    def __repr__(self) -> str:
        fields = f"synapses={self.synapses}, neurons={self.neurons}, depth={self.depth}"
        rest = f"flops={self.flops}, bytes={self.bytes}, label={self.label!r}"
        return f"Cost({fields}, {rest})\n{CONVENTIONS}"

    def __rich__(self) -> Any:
        from rich.table import Table

        table = Table(title=f"cost ({self.label})")
        for name in ("synapses", "neurons", "depth", "flops", "bytes"):
            table.add_column(name, justify="right")
        table.add_row(*(str(v) for v in (self.synapses, self.neurons, self.depth, self.flops, self.bytes)))
        return noted(table, CONVENTIONS)


def noted(table: Any, notes: str) -> Any:
    """A rich table with notes under it, over the whole width of the console."""
    from rich.console import Group
    from rich.text import Text

    return Group(table, Text(notes, style="dim"))


def flops_per_synapse(dtype: DTypeLike) -> int:
    """Real floating-point operations of one multiply-add with a weight of this dtype.

    Parameters
    ----------
    dtype : dtype
        Of the stored weights.

    Returns
    -------
    int
        2 for real weights, 8 for complex ones (6 for the product, 2 for the sum).

    Examples
    --------
    >>> flops_per_synapse("float32"), flops_per_synapse("complex128")
    (2, 8)
    """
    return 8 if np.dtype(dtype).kind == "c" else 2


def cost(net: Network) -> Cost:
    """Count what a network costs: synapses, neurons, depth, flops and bytes.

    The counts N_s and N_n are those of Lin and Tegmark (2016), section III F. The paper leaves open how
    copies, permutations, complex weights and rounding are counted; :data:`CONVENTIONS` fixes each and is
    printed with the result.

    Parameters
    ----------
    net : Network
        Any network; a :class:`Factor` is a network of one layer.

    Returns
    -------
    Cost
        Exact counts, taken from the structure: no entry of a product is formed.

    Raises
    ------
    TypeError
        If ``net`` is not a network.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.cost(fn.hadamard(8)).synapses
    48
    """
    net = as_network("cost", net)
    generic = any(layer.weight.generic for layer in net.layers)
    return Cost(
        synapses=net.synapses,
        neurons=net.neurons,
        depth=net.depth,
        flops=net.flops(1),
        bytes=net.nbytes,
        label="generic" if generic else "exact",
    )


def as_network(what: str, net: Any) -> Network:
    """Take a network, or a factor as a network of one layer, and refuse anything else by name."""
    from .factors import Factor
    from .network import Network

    if isinstance(net, Network):
        return net
    if isinstance(net, Factor):
        return Network([net])
    raise TypeError(f"{what} needs a Network, got {type(net).__name__}")


def has_activation(net: Network) -> bool:
    """Whether a layer is non-linear; biases alone leave a network affine, and its matrices can be merged."""
    return any(layer.activation is not None for layer in net.layers)


def ratio(numerator: float, denominator: float) -> float:
    """Quotient that is nan where nothing was there to compare with (0 synapses, no hidden layer)."""
    return numerator / denominator if denominator else math.nan
