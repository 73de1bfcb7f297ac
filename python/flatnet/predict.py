"""How many entries the product of layers has, predicted without forming it; `flatnet.sizes` has the ways to count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _check
from .cost import as_network
from .sizes import EXACT_WORK, EXACT_WORK_IN_A_TABLE, Estimate, Sizes

if TYPE_CHECKING:
    from .network import Network

__all__ = ["Estimate", "predict_nnz", "predict_segments"]


def predict_nnz(net: Network, i: int = 0, j: int | None = None, samples: int = 64, seed: int = 0) -> Estimate:
    r"""Predict the synapses of the product of the layers ``net[i:j]`` without forming it.

    Parameters
    ----------
    net : Network or Factor
    i, j : int, optional
        The layers to merge, as a slice: by default all of them.
    samples : int, optional
        Outputs whose sizes are counted where the whole cannot be; rounded up to a multiple of 64. With 64 the error bars are
        about 2 % of the value where paths meet at random, 5 % on grids, 6 % on graphs with hubs; with 256 half of that.
    seed : int, optional
        Of the ranks and of the draws. The same seed gives the same estimate.

    Returns
    -------
    Estimate
        ``"closed form"`` where the supports of the layers nest as tensor products; ``"counted"``, exactly, up to 2^23 paths
        through a layer, or 2^26 words of 64 inputs (or outputs) times entries; else a ``"sketch"`` with 99 % error bars, at
        most 16 numbers a row in memory; a ``"bound"`` for layers whose entries are not at hand or that are wider than 2^27.

    Raises
    ------
    ValueError, TypeError
        If the slice is empty, ``samples < 1``, ``seed < 0``, or a layer before the last one has an activation.

    Notes
    -----
    The size of the pattern, a path from input to output for every entry: an upper bound of the non-zeros of the product,
    reached unless terms cancel (as they do in Strassen's scheme) or underflow.

    .. math:: \widehat{|A|} = \frac{1}{m} \sum_{t=1}^m \frac{s_{r_t}}{p_{r_t}}, \qquad
              p_r \propto \frac{k - 1}{\sum_{l=1}^k \min_{c \in S_r} e_{cl}}, \quad e_{cl} \sim \mathrm{Exp}(1),

    with S_r the inputs that reach output r and s_r their number (E. Cohen, "Structure prediction and computation of sparse
    matrix products", J. Comb. Optim. 2, 1998). Proportions that differ by less than the noise of the sketch are drawn together.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.predict_nnz(fn.hadamard(2**40), 0, 20)
    Estimate(value=1152921504606846976, lower=1152921504606846976, upper=1152921504606846976, exact=True, method='closed form')
    >>> fn.predict_nnz(fn.random_sparse(1000, 0.002, layers=3)).method
    'counted'
    """
    net = as_network("predict_nnz", net)
    samples = _check.positive_int("predict_nnz", "samples", samples)
    seed = _check.nonnegative_int("predict_nnz", "seed", seed)
    i = _check.integer("predict_nnz", "i", i)
    j = None if j is None else _check.integer("predict_nnz", "j", j)
    chosen = range(len(net))[i:j]
    if not chosen:
        raise ValueError(f"predict_nnz needs at least one layer, [{i}:{'' if j is None else j}] of {len(net)} holds none")
    for index in chosen[:-1]:
        if net.layers[index].activation is not None:
            found = f"layer {index} has the activation {net.layers[index].activation!r}"
            raise ValueError(f"predict_nnz needs layers that can be merged, {found}")
    chain = Sizes([net.layers[index].weight for index in chosen], samples, seed, EXACT_WORK)
    return chain.row(0, len(chosen) - 1, len(chosen) - 1)[0]


def predict_segments(net: Network, samples: int = 64, seed: int = 0) -> list[list[Estimate | None]]:
    """Predictions for all mergeable segments of a network, exact where that takes a few milliseconds.

    Parameters
    ----------
    net : Network
    samples, seed : int, optional
        As in :func:`predict_nnz`.

    Returns
    -------
    list of list
        ``[i][j]`` for the merged layers i..j (inclusive, as `flatnet.segments`); None where j < i or an activation is inside.

    Notes
    -----
    One sketch is swept from each layer through all later ones, L^2 / 2 sweeps in all; drawn outputs are followed back through
    their segment, L^3 / 6 sweeps of a sixteenth of the width a sketch has.

    Examples
    --------
    >>> import flatnet as fn
    >>> [[cell and cell.value for cell in row] for row in predict_segments(fn.zeta(3))]
    [[12, 18, 27], [None, 12, 18], [None, None, 12]]
    """
    size = len(net)
    chain = Sizes([layer.weight for layer in net.layers], samples, seed, EXACT_WORK_IN_A_TABLE)
    table: list[list[Estimate | None]] = []
    for start in range(size):
        stop = next((end for end in range(start, size) if net.layers[end].activation is not None), size - 1)
        found = chain.row(start, start, stop)
        table.append([*[None] * start, *found, *[None] * (size - 1 - stop)])
    return table
