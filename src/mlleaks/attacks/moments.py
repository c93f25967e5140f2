"""Mean and variance of each record's signal over the reference models that were trained on it, and not."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from mlleaks.attacks.transformed import Signals
from mlleaks.types import Bools, Floats, Ints


@dataclass(frozen=True)
class Side:
    """A record's signal over the models of one side.

    Parameters
    ----------
    count : int array (n,)
        How many models there are.
    mean : float array (n,) or (n, q)
        Nan where there is none.
    squares : float array (n,) or (n, q)
        Sum of squared deviations from the mean.
    """

    count: Ints
    mean: Floats
    squares: Floats

    @property
    def variance(self) -> Floats:
        """The population variance, nan where there is no model."""
        return np.asarray(self.squares / _like(self.count, self.squares, empty=np.nan))

    @property
    def pooled_variance(self) -> Floats:
        """One variance for all records ``()`` or ``(q,)``, around each one's own mean; nan without models."""
        return np.asarray(self.squares.sum(axis=0) / (int(self.count.sum()) or np.nan))

    def take(self, rows: Ints) -> Side:
        """Return the records at some positions."""
        return Side(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True)
class Moments:
    """Both sides of each record: models that were trained on it, and models that were not."""

    inside: Side
    outside: Side

    def take(self, rows: Ints) -> Moments:
        """Return the records at some positions."""
        return Moments(self.inside.take(rows), self.outside.take(rows))


def moments(references: Signals, trained_on: Bools) -> Moments:
    """Return the moments of each record over the models of each side; one model is in memory at a time.

    Parameters
    ----------
    references : float array (m, n) or (m, n, q), or a sequence of m arrays
        The signals, perhaps mapped from disk; with ``q`` queries per record, each has moments of its own.
    trained_on : bool array (m, n)

    Examples
    --------
    >>> both = moments(np.array([[1.0], [3.0], [8.0]]), np.array([[True], [True], [False]]))
    >>> both.inside.mean.tolist(), both.inside.squares.tolist(), both.outside.mean.tolist()
    ([2.0], [2.0], [8.0])
    """
    trained_on = np.asarray(trained_on, dtype=bool)
    shape = np.shape(references[0])
    count = trained_on.sum(axis=0)
    counts = [count, len(trained_on) - count]
    sums, squares = np.zeros((2, *shape)), np.zeros((2, *shape))
    for values, inside in zip(references, trained_on, strict=True):
        _add_to(sums, np.array(values, dtype=np.float64), _like(inside, sums[0]))
    means = [total / _like(n, total, empty=np.nan) for n, total in zip(counts, sums, strict=True)]
    for values, inside in zip(references, trained_on, strict=True):
        deviation = values - np.where(_like(inside, sums[0]), *means)
        _add_to(squares, np.square(deviation, out=deviation), _like(inside, sums[0]))
    return Moments(*(Side(*side) for side in zip(counts, means, squares, strict=True)))


def _add_to(sides: Floats, values: Floats, inside: Any) -> None:
    """Add each value to one of two sides; ``values`` is overwritten. Without branches, so it is fast."""
    inner = values * inside
    sides[0] += inner
    sides[1] += np.subtract(values, inner, out=values)


def mean_of(references: Signals, counted: Bools | None = None) -> Floats:
    """Return the mean signal of each record ``(n,)`` over the models that count; all by default.

    A record for which none counts has the mean of the other records' means; nan if there are none.

    Examples
    --------
    >>> counted = np.array([[True, False], [True, False], [False, False]])
    >>> mean_of(np.array([[1.0, 5.0], [3.0, 6.0], [9.0, 7.0]]), counted)
    array([2., 2.])
    """
    total: Floats = np.zeros(np.shape(references[0]))
    number = np.full(len(total), len(references)) if counted is None else np.asarray(counted).sum(axis=0)
    for model, values in enumerate(references):
        np.add(total, values, out=total, where=True if counted is None else counted[model])
    mean: Floats = np.divide(total, number, out=total, where=number > 0)
    if not number.all():
        mean[number == 0] = mean[number > 0].mean() if number.any() else np.nan
    return mean


def _like(per_record: Any, values: Floats, *, empty: float | None = None) -> Any:
    """Return one value per record in a shape that goes with ``values``; zeros become ``empty``."""
    if empty is not None:
        per_record = np.where(per_record == 0, empty, per_record)
    return per_record if values.ndim == 1 else per_record[:, None]
