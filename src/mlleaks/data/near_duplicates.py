"""Records that are nearly the same: nearest neighbours on the own and on the other side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.types import Bools, Floats, Ints

NEAR = 1 / 3
"""Near: at most so much of the median distance of a record to the nearest one of its own side."""
PRODUCTS = 2_000_000_000
"""Multiplications of one search, which take about a second: they decide how many records are looked up."""
AT_ONCE = 256


@dataclass(frozen=True)
class Neighbours:
    """The nearest neighbours of some records; identical ones do not count.

    Parameters
    ----------
    queries : int array (q,)
        Positions of the records that were looked up.
    nearest, nearest_within : int arrays (q,)
        Position of the nearest record on the other side, and on the own side.
    across, within : float arrays (q,)
        Distances to these; inf where there is none.
    """

    queries: Ints
    nearest: Ints
    nearest_within: Ints
    across: Floats
    within: Floats

    @property
    def limit(self) -> float:
        """The distance below which records are near; 0 if nothing can be said."""
        some = self.within[np.isfinite(self.within) & (self.within > 0)]
        return NEAR * float(np.median(some)) if some.size else 0.0

    @property
    def pairs_across(self) -> list[tuple[int, int]]:
        """Positions of near records on different sides, each pair once, the nearest first."""
        return self._pairs(self.nearest, self.across)

    @property
    def pairs_within(self) -> list[tuple[int, int]]:
        """Positions of near records on one side, each pair once, the nearest first."""
        return self._pairs(self.nearest_within, self.within)

    def _pairs(self, nearest: Ints, distances: Floats) -> list[tuple[int, int]]:
        rows = np.flatnonzero(distances < self.limit)
        rows = rows[np.argsort(distances[rows], kind="stable")]
        pairs = np.sort(np.column_stack([self.queries[rows], nearest[rows]]), axis=1)
        return list(dict.fromkeys(map(tuple, pairs.tolist())))


def neighbours(points: Floats, side: Bools, groups: Ints, rng: np.random.Generator) -> Neighbours:
    """Return the nearest neighbours of as many records, chosen at random, as `PRODUCTS` allows.

    Parameters
    ----------
    points : float32 array (n, k)
    side : bool array (n,)
        On which of two sides a record is; some on each.
    groups : int array (n,)
        Equal for identical records.
    rng : numpy.random.Generator

    Examples
    --------
    >>> points = np.array([[0.0], [5.0], [0.1], [9.0]], dtype=np.float32)
    >>> side = np.array([True, True, False, False])
    >>> near = neighbours(points, side, np.arange(4), np.random.default_rng(0))
    >>> near.nearest.tolist(), near.within.tolist()[:2]
    ([2, 3, 0, 1], [5.0, 5.0])
    """
    n, k = points.shape
    queries = np.sort(rng.permutation(n)[: max(1, PRODUCTS // (n * max(1, k)))])
    squares = np.einsum("ij,ij->i", points, points)
    nearest = np.empty((2, len(queries)), dtype=np.int64)
    for start in range(0, len(queries), AT_ONCE):
        some = queries[start : start + AT_ONCE]
        distances = squares[some, None] + squares - 2 * points[some] @ points.T
        distances[groups[some, None] == groups] = np.inf
        for row, own in enumerate((False, True)):
            hidden = np.where((side[some, None] == side) == own, distances, np.inf)
            nearest[row, start : start + len(some)] = hidden.argmin(axis=1)
    across, within = (_distances(points, queries, near) for near in nearest)
    across[(side[queries] == side[nearest[0]]) | (groups[queries] == groups[nearest[0]])] = np.inf
    within[(side[queries] != side[nearest[1]]) | (groups[queries] == groups[nearest[1]])] = np.inf
    return Neighbours(queries, nearest[0], nearest[1], across, within)


def _distances(points: Floats, queries: Ints, nearest: Ints) -> Floats:
    """Return the distances once more: those from squares are inexact where they are small."""
    return np.asarray(np.linalg.norm(points[queries].astype(float) - points[nearest], axis=1))
