"""Distance to the decision boundary: models are trained to keep it away from their training records.

Sources: Choquette-Choo et al., *Label-Only Membership Inference Attacks*, ICML 2021, section 3.1; Li, Zhang,
*Membership Leakage in Label-Only Exposures*, CCS 2021, section 4. The distance is found as in Chen, Jordan,
Wainwright, *HopSkipJumpAttack*, S&P 2020, algorithm 2, for all records at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from mlleaks.attacks.label_attack import label_attack
from mlleaks.attacks.needs import BoundaryDistances, Labels
from mlleaks.attacks.noise_robustness import Predict
from mlleaks.attacks.spec import AttackSpec
from mlleaks.errors import InputError
from mlleaks.types import Bools, Floats, Ints

FIRST, BISECTIONS, STEPS = 10, 8, 4
"""Queries of the first bisection, of each further one, and for the length of a step."""
DIRECTIONS = 24
"""Queries for the direction of the first step; the n-th step has the square root of n times as many."""
FEWEST = 1 + FIRST + STEPS + BISECTIONS + DIRECTIONS
"""Queries per record that one step takes."""
STARTS = 256
"""Records, at most, among which a search starts at the nearest of another answered class."""
BLOCK = 20_000_000
"""Numbers in the records of one call, at most, where a call asks about several directions."""

Crosses: TypeAlias = Callable[[Ints, Floats], Bools]
"""Whether records ``(m,)``, moved by offsets ``(m, d)``, are answered with another class."""


def boundary_distances(
    predict: Predict,
    X: Floats,
    labels: Ints,
    rng: np.random.Generator,
    *,
    queries: int = BoundaryDistances.queries,
    scale: Floats | None = None,
) -> Floats:
    """Return how far each record is from the nearest record that is answered with another class ``(n,)``.

    It is an upper bound, which comes closer with more queries. Higher = more likely a member. 0 for a record
    that is misclassified. Where the model answers all records with one class, the diagonal of the box that
    they span.

    Parameters
    ----------
    predict : callable
        ``predict(X) -> classes (n,)``; a call has a query, or several, of each record.
    X : float array (n, ...)
    labels : int array (n,)
        True classes.
    rng : numpy.random.Generator
        Draws directions, the same for all records.
    queries : int
        Per record, at least `FEWEST`: all are sent for a record that is classified correctly, one for others.
    scale : float array (...), optional
        What is one unit of each feature; features with 0 are never changed. By default 1.

    Raises
    ------
    InputError
        Too few queries, or shapes that do not fit.

    Examples
    --------
    >>> X = np.array([[3.0, 0.0], [-2.0, 1.0], [1.0, 5.0]])
    >>> distances = boundary_distances(lambda X: (X[:, 0] > 0).astype(int), X, np.array([1, 0, 0]),
    ...                                np.random.default_rng(0), queries=400)
    >>> distances.round(1)
    array([3., 2., 0.])
    """
    X, labels = np.asarray(X, dtype=float), np.asarray(labels)
    plan = steps_of(queries)
    if len(labels) != len(X) or X.ndim < 2:
        raise InputError(
            f"records of shape {X.shape} and {len(labels)} labels",
            expected="(n, ...) and a label for each",
            fix="Pass labels of the same length.",
        )
    units = np.broadcast_to(1.0 if scale is None else np.asarray(scale, float), X.shape[1:]).ravel()
    flat = X.reshape(len(X), -1)

    def crosses(rows: Ints, offsets: Floats) -> Bools:
        return np.asarray(predict((flat[rows] + offsets * units).reshape(-1, *X.shape[1:])) != labels[rows])

    predicted = np.asarray(predict(X))
    distances = np.zeros(len(X))
    rows = np.flatnonzero(predicted == labels)
    starts = rng.permutation(len(X))[:STARTS]
    used = units > 0
    points = flat[:, used] / units[used]
    nearest = _nearest(points, predicted, rows, starts)
    distances[rows] = np.linalg.norm(np.ptp(points, axis=0)) or 1.0
    rows, nearest = rows[nearest >= 0], nearest[nearest >= 0]
    if not len(rows):
        return distances
    offsets = np.zeros((len(rows), flat.shape[1]))
    offsets[:, used] = points[nearest] - points[rows]
    search = _Search(crosses, rows, used)
    distances[rows] = search.run(offsets, plan, rng)
    return distances


def steps_of(queries: int) -> list[int]:
    """Return the directions that each step asks about; all that a record is asked sums to ``queries``.

    Raises
    ------
    InputError
        Fewer than `FEWEST` queries.

    Examples
    --------
    >>> steps_of(FEWEST), steps_of(150)
    ([24], [24, 34, 45])
    """
    if queries < FEWEST:
        raise InputError(
            f"{queries} queries per record", expected=f"at least {FEWEST}", fix="Pass a larger budget."
        )
    rest, plan = queries - 1 - FIRST, list[int]()
    while rest >= (more := round(DIRECTIONS * (len(plan) + 1) ** 0.5)) + STEPS + BISECTIONS:
        plan.append(more)
        rest -= more + STEPS + BISECTIONS
    plan[-1] += rest
    return plan


@dataclass(frozen=True)
class _Search:
    """The search from offsets across the boundary towards the nearest ones.

    Parameters
    ----------
    crosses : callable
    rows : int array (m,)
        The records.
    used : bool array (d,)
        Features that may change.
    """

    crosses: Crosses
    rows: Ints
    used: Bools

    def run(self, offsets: Floats, plan: list[int], rng: np.random.Generator) -> Floats:
        """Return the smallest distance of each record ``(m,)``."""
        offsets = self.bisect(offsets, FIRST)
        for step, directions in enumerate(plan, 1):
            ways = self.normals(offsets, directions, rng)
            moved = self.bisect(self.step(offsets, ways, step), BISECTIONS)
            closer = np.linalg.norm(moved, axis=1) < np.linalg.norm(offsets, axis=1)
            offsets = np.where(closer[:, None], moved, offsets)
        return np.asarray(np.linalg.norm(offsets, axis=1))

    def bisect(self, offsets: Floats, queries: int) -> Floats:
        """Return offsets just across the boundary, on the way from the record to where they are now."""
        low, high = np.zeros(len(offsets)), np.ones(len(offsets))
        for _ in range(queries):
            middle = (low + high) / 2
            across = self.crosses(self.rows, offsets * middle[:, None])
            low, high = np.where(across, low, middle), np.where(across, middle, high)
        return np.asarray(offsets * high[:, None])

    def normals(self, offsets: Floats, directions: int, rng: np.random.Generator) -> Floats:
        """Return unit vectors ``(m, d)`` across the boundary, from the answers around points on it.

        Equation (16) of HopSkipJumpAttack: random directions are counted as +1 if the point there is across,
        else as -1, less the mean of these signs.
        """
        ways = rng.normal(size=(directions, offsets.shape[1])) * self.used
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        # A bisection leaves an error of 2 ** -BISECTIONS across the boundary; a random unit vector goes only
        # 1 / sqrt(d) that way.
        radius = min(np.sqrt(self.used.sum()) * 2.0**-BISECTIONS, 0.3) * np.linalg.norm(offsets, axis=1)
        signs = np.empty((len(offsets), directions))
        group = max(BLOCK // max(offsets.size, 1), 1)
        for first in range(0, directions, group):
            some = ways[first : first + group]
            points = offsets[:, None] + radius[:, None, None] * some
            rows = np.repeat(self.rows, len(some))
            across = self.crosses(rows, points.reshape(-1, offsets.shape[1]))
            signs[:, first : first + group] = np.where(across, 1.0, -1.0).reshape(-1, len(some))
        mean = signs.mean(axis=1, keepdims=True)
        weights = np.where(np.abs(mean) == 1, signs, signs - mean)
        normals = weights @ ways
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        return np.asarray(normals / np.where(length > 0, length, 1))

    def step(self, offsets: Floats, ways: Floats, number: int) -> Floats:
        """Return offsets moved along ``ways`` by the longest of some steps that ends across the boundary."""
        length = np.linalg.norm(offsets, axis=1) / np.sqrt(number)
        moved, open_ = offsets, np.ones(len(offsets), dtype=bool)
        for halvings in range(STEPS):
            candidate = offsets + (length * 0.5**halvings)[:, None] * ways
            across = self.crosses(self.rows, candidate) & open_
            moved, open_ = np.where(across[:, None], candidate, moved), open_ & ~across
        return moved


def _nearest(points: Floats, predicted: Ints, rows: Ints, starts: Ints) -> Ints:
    """Return for each row the nearest start that is answered with another class; -1 where there is none."""
    nearest = np.full(len(rows), -1, dtype=np.int64)
    size = (points[starts] ** 2).sum(axis=1)
    for first in range(0, len(rows), 4096):
        block = rows[first : first + 4096]
        squares = size - 2 * points[block] @ points[starts].T
        squares[predicted[block][:, None] == predicted[starts]] = np.inf
        best = squares.argmin(axis=1)
        exists = np.isfinite(squares[np.arange(len(block)), best])
        nearest[first : first + 4096] = np.where(exists, starts[best], -1)
    return nearest


ATTACKS = (
    AttackSpec(
        name="boundary-distance",
        title="Label-only: distance to the boundary",
        source="Choquette-Choo et al., ICML 2021, section 3.1; Li & Zhang, CCS 2021",
        needs=(BoundaryDistances(), Labels()),
        build=lambda evidence, rng: label_attack(evidence[BoundaryDistances]),
        threshold_from="shadow model",
        reads="predicted class",
    ),
)
