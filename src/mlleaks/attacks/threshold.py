"""A statistic of the posteriors and a threshold, no training (paper, adversary 3)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mlleaks.attacks.needs import RandomQueries
from mlleaks.attacks.spec import AttackSpec
from mlleaks.outputs.signals import maximum, negative_entropy, standard_deviation
from mlleaks.storage.tags import tagged
from mlleaks.types import Floats, Outputs

TOP = 0.1
"""The share of random queries whose statistic lies above the threshold."""


@tagged("ThresholdAttack")
@dataclass(frozen=True)
class ThresholdAttack:
    """Flag every record whose statistic is above a threshold.

    Parameters
    ----------
    statistic : callable
        ``statistic(posteriors (n, k)) -> (n,)``, higher = more likely a member.
    threshold : float
        nan: scores only, nothing is flagged.
    """

    statistic: Callable[[Floats], Floats]
    threshold: float

    def score(self, outputs: Outputs) -> Floats:
        """Return the statistic of each record's posteriors ``(n,)``."""
        return self.statistic(outputs.posteriors)


def calibrate(
    random_queries: Outputs | None, statistic: Callable[[Floats], Floats] = maximum, *, top: float = TOP
) -> ThresholdAttack:
    """Return the attack whose threshold is exceeded by the top share of random queries.

    Parameters
    ----------
    random_queries : Outputs, optional
        The target's answers to random queries. Without them the attack scores, but has no
        threshold and flags nothing.
    statistic : callable
        See `ThresholdAttack`.
    top : float
        The paper's top-t-percentile as a share in 0..1. If that many answers tie at the top, the
        threshold is their common value, and only records above it are flagged: perhaps none.

    Examples
    --------
    >>> p = np.linspace(0.5, 1, 11)
    >>> attack = calibrate(Outputs(np.column_stack([p, 1 - p])), top=0.2)
    >>> round(attack.threshold, 3)
    0.9
    """
    if random_queries is None:
        return ThresholdAttack(statistic, math.nan)
    return ThresholdAttack(statistic, float(np.quantile(statistic(random_queries.posteriors), 1 - top)))


def _spec(name: str, looks_at: str, statistic: Callable[[Floats], Floats]) -> AttackSpec:
    return AttackSpec(
        name=f"adversary-3-{name}",
        title=f"Adversary 3: no training, {looks_at}",
        source="Salem et al., NDSS 2019, adversary 3",
        needs=(),
        build=lambda evidence, rng: calibrate(evidence.get(RandomQueries), statistic),
        uses=(RandomQueries(1000),),
        threshold_from="random queries",
    )


ATTACKS = (
    _spec("maximum", "largest posterior", maximum),
    _spec("std", "standard deviation of the posteriors", standard_deviation),
    _spec("entropy", "low entropy of the posteriors", negative_entropy),
)
