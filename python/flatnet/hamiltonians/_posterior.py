"""From bounds on energies to a bound on a softmax's probabilities.

Let E_k be the energies H_k + μ_k and p = softmax(-E). If a network has E_k - d_k in their place, its probabilities p(s) along
E - s d, 0 <= s <= 1, obey dp_k/ds = p_k (d_k - Σ_l p_l d_l).

- All d within an interval of width w: |Δp| <= tanh(w/4). (Two groups of classes move apart by w at most; the logit of either
  moves by w, and a logistic function gains tanh(w/4) at most.)
- Errors that grow with the energy, as those of a truncated quadratic do, matter only as far as the class is probable. Let
  D(Δ), which does not fall, bound the width of the interval of the d_l with E_l <= min E + Δ. With Δ_l = E_l - min E and Δ_l(s)
  the same along the way, Δ_l(s) >= Δ_l - D(Δ_l), since the class of least E moves apart from l by no more. So for any x, and N
  the largest D(Δ) with Δ - D(Δ) <= x,

      |Δp_k| <= N/4 + K sup_{Δ - D(Δ) > x} [D(Δ) - N] exp(D(Δ) - Δ)

  of K classes: |dp_k/ds| <= p_k Σ_l p_l |d_k - d_l|, where |d_k - d_l| is at most D of the larger of Δ_k and Δ_l; what of it is
  beyond N comes with the probability of that class, which is at most exp(-Δ_l(s)), and p_k (1 - p_k) <= 1/4 counts the rest.
"""

from __future__ import annotations

import math

import numpy as np

from ._base import Array

STEPS = np.concatenate([np.arange(0.0, 16.0, 0.25), 16.0 * 1.25 ** np.arange(99)])  # Δ, where suprema are cut into pieces


def uniform(error: float) -> float:
    """Bound on |Δp| where every energy is within ``error``: an interval of width 2 error."""
    return math.tanh(error / 2)


def graded(widths: Array, classes: int) -> float:
    """Bound on |Δp| from a non-decreasing bound on errors' intervals at the gaps of `STEPS`.

    Parameters
    ----------
    widths : ndarray, shape (len(STEPS),)
        ``widths[i]`` bounds the width of the interval of all d_l with E_l <= min E + STEPS[i].
    classes : int
    """
    grown = widths[1:]  # on the piece [STEPS[i], STEPS[i+1]] the bound is that of its end
    gaps = np.maximum(STEPS[:-1] - grown, 0.0)
    best = 1.0
    for x in STEPS[:80]:
        near = grown[gaps <= x].max()
        far = gaps > x  # inf bounds nothing: its gap is 0
        beyond = ((grown[far] - near) * np.exp(-gaps[far])).max(initial=0.0)
        best = min(best, float(near / 4 + classes * beyond))
    return best


def softmax_rounding(classes: int, unit: float) -> float:
    """Rounding of the softmax itself: p is at most 1, its sum has ``classes`` terms, exp is within 8 units.

    The difference E - min E is rounded by u(E - min E), which moves p by u Δ exp(-Δ) < u.
    """
    return (classes + 12) * unit
