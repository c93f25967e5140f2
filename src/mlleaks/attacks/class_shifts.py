"""What training on a record adds to its signal, by class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.attacks.moments import Moments
from mlleaks.errors import InputError
from mlleaks.types import Floats, Ints

STRENGTH = 20.0
"""How many proxies of a class the mean over all proxies is worth."""


@dataclass(frozen=True)
class Shifts:
    """What training on a record adds to its signal, by class.

    Parameters
    ----------
    classes : int array (c,)
        Sorted.
    values : float array (c,)
        The shift of each class.
    overall : float
        The shift of any other class.
    variance : float
        Of members' signals around the mean of models that were not trained on the record, plus the shift.
    """

    classes: Ints
    values: Floats
    overall: float
    variance: float

    @classmethod
    def fit(cls, both: Moments, labels: Ints) -> Shifts:
        """Return the shifts that proxies show."""
        inside, outside = both.inside, both.outside
        rows = np.flatnonzero((inside.count > 0) & (outside.count > 0))
        if not len(rows):
            raise InputError(
                "no proxy record with a model that was trained on it and one that was not",
                expected="records on which about half of the reference models were trained",
                fix="Train reference models on further records, or skip the attack with class proxies.",
            )
        each = (inside.mean - outside.mean)[rows]
        classes, position, counts = np.unique(labels[rows], return_inverse=True, return_counts=True)
        overall = float(each.mean())
        values = (np.bincount(position, each) + STRENGTH * overall) / (counts + STRENGTH)
        off = inside.count[rows] * (each - values[position]) ** 2
        variance = (inside.squares[rows].sum() + off.sum()) / inside.count[rows].sum()
        return cls(classes, values, overall, float(variance))

    def of(self, labels: Ints) -> Floats:
        """Return the shift of each record ``(n,)``."""
        position = np.minimum(np.searchsorted(self.classes, labels), len(self.classes) - 1)
        return np.where(self.classes[position] == labels, self.values[position], self.overall)
