"""Unions of ellipsoids: where a network of Gaussians is certified."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ._check import finite_array, real_number

if TYPE_CHECKING:
    from .network import Network

Array = np.ndarray[Any, Any]


class Ellipsoids:
    """The vectors y with ``|W_k (y - m_k)| <= radius`` for at least one k.

    Parameters
    ----------
    centres : array_like, shape (k, n)
        m_k.
    whitenings : array_like, shape (k, n, n)
        W_k; of a Gaussian, any W with WᵀW = covariance⁻¹, and ``radius`` counts standard deviations.
    radius : float
        > 0.

    Raises
    ------
    ValueError
        If sizes differ, there is none, or the radius is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> from flatnet.ellipsoids import Ellipsoids
    >>> Ellipsoids([[0.0, 0.0]], [np.eye(2)], 2.0).covers([[1.0, 1.0], [2.0, 1.0]])
    array([ True, False])
    """

    def __init__(self, centres: Any, whitenings: Any, radius: Any) -> None:
        self.centres = finite_array("ellipsoids", "centres", centres, 2).astype(np.float64)
        self.whitenings = finite_array("ellipsoids", "whitenings", whitenings, 3).astype(np.float64)
        self.radius = real_number("ellipsoids", "radius", radius)
        k, n = self.centres.shape
        if k == 0 or n == 0 or self.whitenings.shape != (k, n, n):
            raise ValueError(
                f"ellipsoids of {k} centres in {n} inputs need as many n x n matrices, got {self.whitenings.shape}"
            )
        if not 0 < self.radius < np.inf:
            raise ValueError(f"ellipsoids need a positive finite radius, got {self.radius}")
        self._networks: dict[str, Network] = {}

    @property
    def inputs(self) -> int:
        """n."""
        return int(self.centres.shape[1])

    def _depth(self, dtype: str) -> Network:
        """Σ_k max(0, radius² - |W_k (y - m_k)|²), positive within the union: three layers on the kernels of every network."""
        from .factors import Dense, Kronecker
        from .network import Layer, Network

        if dtype not in self._networks:
            k, n = self.centres.shape
            whitened = Dense(self.whitenings.reshape(k * n, n).astype(dtype))
            shift = -np.einsum("kij,kj->ki", self.whitenings, self.centres).ravel().astype(dtype)
            edge = np.full(k, self.radius**2 * (1 + 4 * np.finfo(dtype).eps)).astype(dtype)
            sums = Layer(Kronecker(k, -np.ones((1, n)), 1, weak=True), edge, "relu")
            self._networks[dtype] = Network([Layer(whitened, shift, "square"), sums, Dense(np.ones((1, k)), weak=True)])
        return self._networks[dtype]

    def covers(self, x: Any) -> Array:
        """Which vectors of a batch ``(..., n)`` lie in the union; NaN does not. float32 is tested in its own precision."""
        a = np.asarray(x)
        single = a.dtype == np.float32 and np.abs(self.whitenings).max() < np.finfo(np.float32).max
        depth = self._depth("float32" if single else "float64")
        return np.asarray(depth(a)[..., 0] > 0)

    def bounds(self) -> tuple[Array, Array]:
        """Ends of the smallest box that holds the union."""
        half = self.radius * np.linalg.norm(np.linalg.inv(self.whitenings), axis=2)
        return (self.centres - half).min(axis=0), (self.centres + half).max(axis=0)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers."""
        return {"centres": self.centres.tolist(), "whitenings": self.whitenings.tolist(), "radius": self.radius}

    @classmethod
    def from_dict(cls, state: Any) -> Ellipsoids:
        """Back from `to_dict`."""
        if not isinstance(state, Mapping) or set(state) != {"centres", "whitenings", "radius"}:
            raise ValueError("ellipsoids have centres, whitenings and a radius")
        return cls(**state)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ellipsoids) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.centres.tobytes(), self.whitenings.tobytes(), self.radius))

    def __repr__(self) -> str:
        return f"Ellipsoids({len(self.centres)} in {self.inputs} inputs, radius {self.radius:.6g})"
