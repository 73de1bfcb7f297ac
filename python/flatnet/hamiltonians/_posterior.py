"""From bounds on energies to a bound on a softmax's probabilities.

Let E_k be the energies H_k + μ_k and p = softmax(-E). If a network has E_k - d_k in their place, its probabilities p(s) along
E - s d, 0 <= s <= 1, obey dp_k/ds = p_k (d_k - Σ_l p_l d_l).

- All d within an interval of width w: |Δp| <= tanh(w/4). (Two groups of classes move apart by w at most; the logit of either
  moves by w, and a logistic function gains tanh(w/4) at most.)
- Errors that grow with the energy, as those of a truncated quadratic do, matter only as far as the class is probable: with
  N = {l : E_l <= min E + T} and d in an interval of width w there, shifted so that the class of least energy loses none,

      |Δp_k| <= w/4 + Σ_{l not in N} sup_{Δ > T} δ_l(Δ) exp(-Δ + δ_l(Δ)),

  where δ_l(Δ) bounds |d_l| (shift included) at E_l = min E + Δ: p_l(s) <= exp(-(Δ_l - δ_l)), since the class of least energy is
  itself one of the terms of the denominator.
"""

from __future__ import annotations

import math

import numpy as np

from ._base import Array

STEPS = np.concatenate([np.arange(32.0), 32.0 * 1.25 ** np.arange(96)])  # Δ, where suprema are cut into pieces


def uniform(error: float) -> float:
    """Bound on |Δp| where every energy is within ``error``: an interval of width 2 error."""
    return math.tanh(error / 2)


def graded(widths: Array) -> float:
    """Bound on |Δp| from non-decreasing bounds on each class at the gaps of `STEPS`.

    Parameters
    ----------
    widths : ndarray, shape (classes, len(STEPS))
        ``widths[l, i]`` bounds the width of d_l's interval while E_l <= min E + STEPS[i].
    """
    largest = widths.max(axis=0)
    grown = widths[:, 1:]  # on the piece [STEPS[i], STEPS[i+1]] the bound is that of its end
    with np.errstate(over="ignore", under="ignore"):
        pieces = grown * np.exp(np.minimum(grown - STEPS[:-1], 700.0))
        # sup over all pieces from i on, summed over the classes; inf bounds nothing
        tails = np.maximum.accumulate(pieces[:, ::-1], axis=1)[:, ::-1].sum(axis=0)
    return float(min(1.0, (largest[:-1] / 4 + tails).min()))


def softmax_rounding(classes: int, unit: float) -> float:
    """Rounding of the softmax itself: p is at most 1, its sum has ``classes`` terms, exp is within 8 units.

    The difference E - min E is rounded by u(E - min E), which moves p by u Δ exp(-Δ) < u.
    """
    return (classes + 12) * unit
