"""Whether reference models answer as the target does.

References that were trained on more records than the target, or with another algorithm, make every attack
with reference models weaker, the learned one most. It shows in the distribution of their answers, without any
membership of the target.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from mlleaks.attacks.sampling import evenly
from mlleaks.outputs.references import References
from mlleaks.types import Floats

LARGE = 0.1
"""A distance below this is nothing to worry about."""
BEYOND = 2.0
"""Times the usual distance from which on the target is not like its reference models."""
MODELS = 4
"""Reference models whose distance from the rest is measured."""
MOST = 8
"""Reference models that a distance is measured from."""
DIGITS = 3
"""Digits that count after the point: a forest has few different answers; rounding must not split them."""


@dataclass(frozen=True)
class Mismatch:
    """How far the target's answers are from those of reference models.

    Parameters
    ----------
    distance : float
        Kolmogorov-Smirnov distance of the target's scaled logits from those of the reference models, in 0..1.
    usual : float
        The largest such distance of a reference model from the others.
    """

    distance: float
    usual: float

    @property
    def fires(self) -> bool:
        """Whether the target is not like its reference models."""
        return self.distance > max(LARGE, BEYOND * self.usual)


def mismatch(target: Floats, references: References, share: float) -> Mismatch:
    """Return how far the target's answers to the audited records are from those of the reference models.

    Parameters
    ----------
    target : float array (n,)
        The target's scaled logits.
    references : References
    share : float
        The share of members among the audited records: models that were trained on a record weigh as much in
        the comparison. Which records are members is not asked.

    Examples
    --------
    >>> from mlleaks.outputs.references import ReferenceSignals
    >>> rng = np.random.default_rng(0)
    >>> trained_on = rng.random((8, 400)) < 0.5
    >>> values, classes = rng.normal(2.0 * trained_on), np.zeros(400, dtype=int)
    >>> signals = ReferenceSignals(values, trained_on, classes, np.arange(400))
    >>> references = References(signals, np.arange(8))
    >>> like, unlike = (mismatch(rng.normal(mean, size=400), references, 0.5) for mean in ([0, 2] * 200, 4))
    >>> like.fires, unlike.fires
    (False, True)
    """
    rows = evenly(len(target))
    audited, target = references.audited.records(rows), target[rows]
    share = share if references.online else 0.0
    weights = _weights(audited.trained_on, share)
    usual = 0.0
    for model in range(min(audited.n_models, MODELS)):
        rest = np.flatnonzero(np.arange(audited.n_models) != model)[:MOST]
        own = _weights(audited.trained_on[model : model + 1], share)
        distance = _distance(audited.values[model], own[0], audited.values[rest], weights[rest])
        usual = max(usual, distance)
    distance = _distance(target, np.ones(len(target)), audited.values[:MOST], weights[:MOST])
    return Mismatch(distance, usual)


def _weights(trained_on: np.ndarray, share: float) -> Floats:
    """Return weights of the answers under which the models were trained on ``share`` of the records."""
    inside = float(trained_on.mean())
    if not 0 < inside < 1:
        return np.ones(trained_on.shape)
    return np.where(trained_on, share / inside, (1 - share) / (1 - inside))


def _distance(first: Floats, first_weights: Floats, second: Floats, second_weights: Floats) -> float:
    """Return the largest difference between two weighted distribution functions."""
    values = np.concatenate([first.ravel(), second.ravel()]).round(DIGITS)
    steps = np.concatenate(
        [first_weights / first_weights.sum(), -(second_weights / second_weights.sum()).ravel()]
    )
    ranks = rankdata(values, method="dense") - 1  # equal values make one step
    return float(np.abs(np.cumsum(np.bincount(ranks, weights=steps))).max())
