"""Gaussian Hamiltonians: -ln of a normal density, its normaliser included."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._check import finite_array
from ._base import Array, Hamiltonian
from .quadratic import Quadratic, require_positive


class Gaussian(Hamiltonian):
    r"""-ln of the normal density of given mean and covariance, in nats.

    Parameters
    ----------
    mean : array_like, shape (n,)
    covariance : array_like, shape (n, n), or (n,) for a diagonal one
        Positive definite.
    precision : array_like, shape (n, n) or (n,), optional
        Its inverse, instead of it.

    Attributes
    ----------
    mean : ndarray, shape (n,)
    whitening : ndarray, shape (n, n)
        W with WᵀW = covariance⁻¹, so that z = W(y - mean) has the unit covariance.
    log_normaliser : float
        ½ ln det(2π covariance).

    Raises
    ------
    ValueError
        If sizes differ, both or neither of covariance and precision are given, or the given one is not positive definite: the
        sentence has the offending eigenvalue.

    Notes
    -----
    .. math:: H(y) = \tfrac12 |W(y - m)|^2 + \tfrac12 \ln\det 2\pi\Sigma, \qquad W^T W = \Sigma^{-1}

    n(n+3)/2 parameters, 2n with a diagonal covariance; n + 1 logistic neurons.

    Examples
    --------
    >>> import flatnet as fn
    >>> H = fn.hamiltonians.Gaussian([0.0, 0.0], covariance=[1.0, 4.0])
    >>> H([[0.0, 0.0], [0.0, 2.0]]).round(6), H.parameters, H.neurons
    (array([2.531024, 3.031024]), 4, 3)
    """

    def __init__(self, mean: Any, covariance: Any = None, precision: Any = None) -> None:
        m = finite_array("Gaussian", "mean", mean, 1)
        if (covariance is None) == (precision is None):
            raise ValueError(f"Gaussian takes a covariance or a precision, got {'neither' if covariance is None else 'both'}")
        name, given = ("covariance", covariance) if precision is None else ("precision", precision)
        matrix = finite_array("Gaussian", name, given)
        if m.size == 0 or matrix.ndim not in (1, 2) or matrix.shape != (m.size,) * matrix.ndim:
            raise ValueError(f"Gaussian of {m.size} inputs needs a {name} of shape (n, n) or (n,), got {matrix.shape}")
        if m.dtype.kind == "c" or matrix.dtype.kind == "c":
            raise TypeError(f"Gaussian needs a real mean and {name}, got {m.dtype} and {matrix.dtype}")
        matrix = matrix.astype(np.float64)
        if matrix.ndim == 1:
            if not matrix.min() > 0:
                raise ValueError(f"Gaussian needs a positive definite {name}, the least eigenvalue is {matrix.min():.6g}")
            scale = matrix if precision is not None else 1 / matrix
            whitening, half_log_det = np.diag(np.sqrt(scale)), -0.5 * float(np.log(scale).sum())
        else:
            whitening, half_log_det = _whitened(name, matrix)
        self._set(m.astype(np.float64), whitening, half_log_det, matrix.ndim == 1)

    @classmethod
    def from_whitening(cls, mean: Any, whitening: Any) -> Gaussian:
        """From W, any invertible matrix with WᵀW = covariance⁻¹: no matrix is inverted.

        Parameters
        ----------
        mean : array_like, shape (n,)
        whitening : array_like, shape (n, n)
        """
        m, w = finite_array("Gaussian", "mean", mean, 1), finite_array("Gaussian", "whitening", whitening, 2)
        if m.size == 0 or w.shape != (m.size, m.size):
            raise ValueError(f"Gaussian of {m.size} inputs needs a whitening of shape (n, n), got {w.shape}")
        sign, log_det = np.linalg.slogdet(w.astype(np.float64))
        if sign == 0:
            raise ValueError(f"Gaussian of {m.size} inputs needs an invertible whitening, its determinant is 0")
        made = cls.__new__(cls)
        made._set(m.astype(np.float64), w.astype(np.float64), -float(log_det), np.count_nonzero(w) == m.size)
        return made

    def _set(self, mean: Array, whitening: Array, half_log_det: float, diagonal: bool) -> None:
        self.mean, self.whitening, self.diagonal = mean, whitening, diagonal
        self.inputs = mean.size
        self.log_normaliser = half_log_det + mean.size / 2 * math.log(2 * math.pi)

    def mahalanobis(self, y: Any) -> Array:
        """|W(y - mean)|, the distance in standard deviations, for a batch ``(..., n) -> (...)``."""
        z = (self._batch(y) - self.mean) @ self.whitening.T
        return np.asarray(np.sqrt((z * z).sum(axis=-1)))[()]

    def _value(self, y: Array) -> Array:
        z = (y - self.mean) @ self.whitening.T
        return np.asarray(0.5 * (z * z).sum(axis=-1) + self.log_normaliser)[()]

    @property
    def covariance(self) -> Array:
        """The covariance matrix, (n, n)."""
        inverse = np.linalg.inv(self.whitening)
        return np.asarray(inverse @ inverse.T)

    @property
    def degree(self) -> int:
        return 2

    @property
    def terms(self) -> int:
        return self.quadratic().terms

    @property
    def parameters(self) -> int:
        n = self.inputs
        return 2 * n if self.diagonal else n * (n + 3) // 2

    @property
    def neurons(self) -> int:
        return self.inputs + 1

    def quadratic(self) -> Quadratic:
        """The same function by its coefficients."""
        precision = self.whitening.T @ self.whitening
        constant = 0.5 * self.mean @ precision @ self.mean + self.log_normaliser
        return Quadratic(precision / 2, -precision @ self.mean, constant)

    def gaussian(self) -> Gaussian:
        """Itself."""
        return self

    def __add__(self, other: Any) -> Quadratic:
        return self.quadratic() + other

    __radd__ = __add__


def _whitened(name: str, matrix: Array) -> tuple[Array, float]:
    """W and ½ ln det of the covariance, from the covariance or the precision."""
    gap = np.abs(matrix - matrix.T).max()
    if gap > 1e-8 * np.abs(matrix).max():
        raise ValueError(f"Gaussian needs a symmetric {name}, entries differ from their mirror by up to {gap:.3g}")
    matrix = (matrix + matrix.T) / 2
    require_positive(f"Gaussian needs a positive definite {name}", matrix)
    factor = np.linalg.cholesky(matrix)
    half = float(np.log(np.diag(factor)).sum())
    if name == "precision":
        return factor.T, -half
    return np.linalg.solve(factor, np.eye(len(factor))), half
