"""Where a certificate of real inputs holds: a box, and within it ellipsoids around the classes."""

from __future__ import annotations

import numpy as np

from ._base import Array


class Region:
    """A box [low, high] of n inputs, cut by the union of ellipsoids |W_k (y - m_k)| <= radius where they are given."""

    def __init__(
        self, low: Array, high: Array, centres: Array | None = None, whitenings: Array | None = None, radius: float = 0.0
    ) -> None:
        self.low, self.high, self.radius = low, high, radius
        self.centres, self.whitenings = centres, whitenings  # (classes, n), (classes, n, n)
        self.shapes = None if whitenings is None else np.linalg.inv(whitenings)  # y = m + shape z

    @classmethod
    def around(cls, centres: Array, whitenings: Array, radius: float) -> Region:
        """The union of ellipsoids, in its own bounding box."""
        half = radius * np.linalg.norm(np.linalg.inv(whitenings), axis=2)
        return cls((centres - half).min(axis=0), (centres + half).max(axis=0), centres, whitenings, radius)

    @property
    def magnitude(self) -> Array:
        """Largest |y_i|."""
        return np.maximum(np.abs(self.low), np.abs(self.high))

    def sup(self, rows: Array, centre: Array) -> Array:
        """Largest |row . (y - centre)| for each of ``rows`` (m, n): of the box or of the ellipsoids, the smaller."""
        middle, half = (self.low + self.high) / 2, (self.high - self.low) / 2
        largest = np.abs(rows @ (middle - centre)) + np.abs(rows) @ half
        if self.centres is None or self.shapes is None:
            return np.asarray(largest)
        centres = np.abs(rows @ (self.centres - centre).T)  # (m, classes)
        extents = np.stack([np.linalg.norm(rows @ shape, axis=1) for shape in self.shapes], axis=1)
        return np.asarray(np.minimum(largest, (centres + self.radius * extents).max(axis=1)))

    def sums(self, rows: Array) -> Array:
        """Largest Σ_i |row_i y_i| for each of ``rows`` (m, n), at most: on an ellipsoid y = m + shape z, |z| <= radius."""
        sizes = np.abs(rows)
        largest = sizes @ self.magnitude
        if self.centres is None or self.shapes is None:
            return np.asarray(largest)
        centres = sizes @ np.abs(self.centres).T
        extents = np.stack([np.linalg.norm(sizes @ np.abs(shape), axis=1) for shape in self.shapes], axis=1)
        return np.asarray(np.minimum(largest, (centres + self.radius * extents).max(axis=1)))
