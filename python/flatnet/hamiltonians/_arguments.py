"""Checks of what classifiers and networks of Hamiltonians are given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._check import dtype_of, finite_array, positive_int, real_number
from ..certificate import intervals
from ._base import Array, Hamiltonian
from ._region import Region

OUTSIDE = 1e-9  # probability that a normal vector lies beyond the default radius


def hamiltonian(h: Any) -> Hamiltonian:
    """`h`, or a sentence."""
    if not isinstance(h, Hamiltonian):
        raise TypeError(f"a Hamiltonian is needed, got {type(h).__name__}")
    return h


def hamiltonian_list(hamiltonians: Any) -> list[Hamiltonian]:
    """At least one, of one alphabet and as many inputs each."""
    if isinstance(hamiltonians, (str, bytes)) or not isinstance(hamiltonians, Sequence):
        raise TypeError(f"classifier needs a list of Hamiltonians, got {type(hamiltonians).__name__}")
    if not hamiltonians:
        raise ValueError("classifier needs at least one Hamiltonian, got an empty list")
    classes = [hamiltonian(h) for h in hamiltonians]
    first = classes[0]
    for k, h in enumerate(classes):
        if (h.alphabet == "real") != (first.alphabet == "real"):
            raise TypeError(f"classifier needs one alphabet, Hamiltonian 0 is of {first.alphabet}s and {k} of {h.alphabet}s")
        if h.inputs != first.inputs:
            raise ValueError(
                f"classifier needs equal inputs, Hamiltonian 0 has {first.inputs} and Hamiltonian {k} has {h.inputs}"
            )
    return classes


def log_priors(priors: Any, classes: int) -> Array:
    """ln p of each class, -inf for 0; equal ones by default."""
    if priors is None:
        return np.full(classes, -math.log(classes))
    p = np.asarray(priors)
    if p.dtype.kind not in "iuf" or p.shape != (classes,):
        raise ValueError(f"classifier of {classes} classes needs as many priors, got {p.dtype} of shape {p.shape}")
    p = p.astype(np.float64)
    if not (p >= 0).all():
        raise ValueError(f"priors are probabilities between 0 and 1, got {p[~(p >= 0)][0]}")
    if not abs(p.sum() - 1) <= 1e-6:
        raise ValueError(f"priors sum to 1, these sum to {p.sum():.9g}")
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p))


def lattice_shape(shape: Any) -> tuple[int, ...]:
    """Sites along 1 to 3 axes, from a number or a sequence of numbers."""
    sizes = tuple(positive_int("a lattice", "sites", n) for n in (shape if isinstance(shape, (tuple, list)) else (shape,)))
    if not 1 <= len(sizes) <= 3:
        raise ValueError(f"a lattice has 1 to 3 axes, got shape={shape!r}")
    return sizes


def precision_name(what: str, dtype: Any) -> str:
    """ "float32" or "float64"."""
    d = dtype_of(what, dtype)
    if d.kind == "c":
        raise TypeError(f"{what} is made in float32 or float64, got {d}")
    return str(d.name)


def tolerance_of(what: str, tol: Any) -> float | None:
    """A positive finite number or None."""
    if tol is None:
        return None
    number = real_number(what, "tol", tol)
    if not 0 < number < math.inf:
        raise ValueError(f"{what} needs a positive finite tol, got {tol!r}")
    return number


def box_region(what: str, domain: Any, n: int) -> Region | None:
    """The box of a domain given as one interval or one for each input."""
    if domain is None:
        return None
    pairs = intervals(what, domain, n)
    ends = np.array(pairs if len(pairs) == n else pairs * n, dtype=np.float64)
    return Region(ends[:, 0], ends[:, 1])


def region_of(classes: Sequence[Any], mu: Array, box: Region | None, radius: Any) -> Region:
    """The box, or the ellipsoids of classes of positive prior within it."""
    if radius is None and box is not None:
        return box
    possible = [h for h, m in zip(classes, mu, strict=True) if math.isfinite(m)]
    gaussians = [h for h in possible if hasattr(h, "whitening")]
    if len(gaussians) < len(possible):
        asked = "radius" if radius is not None else "default region"
        others = len(possible) - len(gaussians)
        raise ValueError(f"a {asked} needs Gaussians, {others} of {len(possible)} Hamiltonians are not: give a domain")
    if radius is None:
        from scipy.special import chdtri

        radius = math.sqrt(chdtri(classes[0].inputs, OUTSIDE))
    size = real_number("classifier", "radius", radius)
    if not 0 < size < math.inf:
        raise ValueError(f"classifier needs a positive finite radius, got {radius!r}")
    centres = finite_array("classifier", "means", [h.mean for h in gaussians])
    whitenings = np.array([h.whitening for h in gaussians])
    around = Region.around(centres, whitenings, size)
    if box is None:
        return around
    low, high = np.maximum(box.low, around.low), np.minimum(box.high, around.high)
    if not (low <= high).all():
        raise ValueError(f"the domain lies beyond {size:g} standard deviations of every class")
    return Region(low, high, centres, whitenings, size)
