"""How many constants and neurons: low order, locality, symmetry (Lin & Tegmark, sec. II D), in exact integers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .._check import nonnegative_int, positive_int
from ._arguments import lattice_shape


def monomials(n: int, degree: int) -> int:
    """Monomials of degree at most d in n variables, the constant included: C(n + d, d).

    Parameters
    ----------
    n : int
        Variables.
    degree : int

    Returns
    -------
    int

    Notes
    -----
    The paper's "of order n^d" (below Eq. 9) holds as an upper bound from n = 2 on, not for n = 1.

    Examples
    --------
    >>> from flatnet.hamiltonians import monomials
    >>> monomials(3, 2), monomials(1, 4)
    (10, 5)
    """
    return math.comb(nonnegative_int("monomials", "n", n) + nonnegative_int("monomials", "degree", degree), degree)


def chain_parameters(n: int, interaction: str = "all", periodic: bool = False) -> int:
    """Constants of a quadratic Hamiltonian of n variables along a line, the constant term left out.

    Parameters
    ----------
    n : int
        Variables.
    interaction : {"all", "nearest", "invariant"}
        All pairs; nearest neighbours; nearest neighbours, the same at every place.
    periodic : bool
        Whether the last variable is the first one's neighbour (counted from n = 3 on).

    Returns
    -------
    int
        n(n+3)/2; 3n - 1 (3n if periodic); 3 (2 for n = 1, which has no neighbours).

    Notes
    -----
    Each variable has a linear and a quadratic term, each pair of neighbours one more. The paper's chain (n+1)(n+2)/2 -> 2n -> 3
    counts the constant in the first number only, drops the linear terms or the squares in the second, and neither in the third.

    Examples
    --------
    >>> from flatnet.hamiltonians import chain_parameters
    >>> [chain_parameters(10, kind) for kind in ("all", "nearest", "invariant")]
    [65, 29, 3]
    """
    n = positive_int("chain_parameters", "n", n)
    pairs = n if periodic and n > 2 else n - 1
    counts = {"all": n * (n + 3) // 2, "nearest": 2 * n + pairs, "invariant": 2 + min(1, pairs)}
    if interaction not in counts:
        raise ValueError(f"chain_parameters counts 'all', 'nearest' or 'invariant' interactions, got {interaction!r}")
    return counts[interaction]


def lattice_neurons(shape: int | tuple[int, ...], periodic: bool = True) -> int:
    """Neurons of an Ising Hamiltonian with fields on a lattice: sites and bonds.

    Parameters
    ----------
    shape : int or tuple of int
        Sites along 1 to 3 axes.
    periodic : bool

    Returns
    -------
    int
        3 L² on a periodic square lattice with L > 2: linear in the number of sites.

    Examples
    --------
    >>> from flatnet.hamiltonians import lattice_neurons
    >>> lattice_neurons((1024, 1024)) == 3 * 1024**2
    True
    """
    sizes = lattice_shape(shape)
    sites = math.prod(sizes)
    return sites + sum(sites // n * (n if periodic and n > 2 else n - 1) for n in sizes)


@dataclass(frozen=True)
class CliqueCounts:
    """What a Markov field of two states on a graph takes at most.

    Attributes
    ----------
    neurons : int
        Non-empty complete subgraphs: one neuron each.
    by_cliques : int
        Σ over maximal cliques of 2^size - 1, never less.
    by_largest : int
        Number of maximal cliques times 2^(largest size), the paper's N_c 2^(S_c), never less.
    maximal_cliques : tuple of tuple
    """

    neurons: int
    by_cliques: int
    by_largest: int
    maximal_cliques: tuple[tuple[Any, ...], ...]


def clique_counts(graph: Any) -> CliqueCounts:
    """Neurons of the fullest Markov field on a graph, and the bounds by its maximal cliques.

    Parameters
    ----------
    graph : networkx.Graph

    Returns
    -------
    CliqueCounts

    Raises
    ------
    ValueError
        If the graph has no node.

    Notes
    -----
    By Hammersley and Clifford the tables may sit on complete subgraphs, each within a maximal clique, so

        #complete subgraphs <= Σ_c (2^|c| - 1) <= N 2^S    over the *maximal* cliques c.

    The paper's N_c 2^(S_c) leaves open which cliques: for a cover of the vertices it is false (K_{3,3}: 15 > 3 · 2²), and even
    for a cover of the edges (K_{3,3,3,3}: 9 cliques of 4 cover its 54 edges, and 255 > 9 · 2⁴).

    Examples
    --------
    >>> import networkx
    >>> from flatnet.hamiltonians import clique_counts
    >>> counts = clique_counts(networkx.complete_bipartite_graph(3, 3))
    >>> counts.neurons, counts.by_cliques, counts.by_largest
    (15, 27, 36)
    """
    import networkx

    if not isinstance(graph, networkx.Graph) or graph.is_directed() or len(graph) == 0:
        raise ValueError(f"clique_counts needs an undirected networkx graph with nodes, got {graph!r}")
    loopless = networkx.Graph(graph.edges)
    loopless.add_nodes_from(graph)
    loopless.remove_edges_from(list(networkx.selfloop_edges(loopless)))
    maximal = tuple(tuple(clique) for clique in networkx.find_cliques(loopless))
    neurons = sum(1 for _ in networkx.enumerate_all_cliques(loopless))
    sizes = [len(clique) for clique in maximal]
    return CliqueCounts(neurons, sum(2**s - 1 for s in sizes), len(sizes) * 2 ** max(sizes), maximal)
