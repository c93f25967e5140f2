"""Two normal distributions per record: of models that were trained on it, and of models that were not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import log_ndtr

from mlleaks.attacks.moments import Moments, Side
from mlleaks.attacks.reference_attack import Mode
from mlleaks.types import Floats, Ints

Variance: TypeAlias = Literal["global", "per-record"]
"""One variance for all records, or one for each; of several queries, each has its own."""
LEAST = 1e-15
"""A variance below this counts as that: some models all answer alike."""


@dataclass(frozen=True)
class Normals:
    """Each record's two normal distributions: means and standard deviations ``(n,)`` or ``(n, q)``."""

    inside: tuple[Floats, Floats]
    outside: tuple[Floats, Floats]

    @classmethod
    def fit(cls, both: Moments, variance: Variance) -> Normals:
        """Return the distributions with the moments of the reference models."""
        return cls(*((side.mean, _deviation(side, variance)) for side in (both.inside, both.outside)))

    def take(self, rows: Ints) -> Normals:
        """Return the records at some positions."""
        return Normals(*((mean[rows], std[rows]) for mean, std in (self.inside, self.outside)))

    def score(self, target: Floats, mode: Mode) -> Floats:
        """Return `lira_scores` of these records ``(n,)``."""
        if mode == "offline":
            mean, deviation = self.outside
            scores, nothing = -log_ndtr((mean - target) / deviation), np.log(2.0)
        else:
            scores, nothing = log_normal(target, *self.inside) - log_normal(target, *self.outside), 0.0
        scores = scores.mean(axis=1) if scores.ndim == 2 else scores
        return np.asarray(np.where(np.isnan(scores), nothing, scores))


def log_normal(x: Floats, mean: Floats, deviation: Floats | float) -> Floats:
    """Return the logarithm of a normal density at ``x``, up to a constant that all normal densities share."""
    return np.asarray(-np.log(deviation) - ((x - mean) / deviation) ** 2 / 2)


def _deviation(side: Side, variance: Variance) -> Floats:
    """Return each record's standard deviation; one model of a record says nothing of its variance."""
    values = np.broadcast_to(side.pooled_variance, side.squares.shape).copy()
    if variance == "per-record":
        own = side.count > 1
        values[own] = side.variance[own]
    return np.sqrt(np.maximum(values, LEAST))
