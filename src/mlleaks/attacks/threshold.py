"""A statistic of the posteriors and a threshold, no training (paper, adversary 3)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mlleaks.attacks.base import AttackSpec
from mlleaks.outputs.signals import maximum, negative_entropy, standard_deviation
from mlleaks.storage.tags import tagged
from mlleaks.types import Floats, Outputs

TOP = 0.1
"""The share of random queries whose statistic lies above the threshold."""


@tagged("ThresholdAttack")
@dataclass(frozen=True)
class ThresholdAttack:
    """Accuse every record whose statistic is above a threshold.

    Parameters
    ----------
    statistic : callable
        ``statistic(posteriors (n, k)) -> (n,)``, higher = more likely a member.
    threshold : float
        nan: scores only, no accusation.
    """

    statistic: Callable[[Floats], Floats]
    threshold: float

    def score(self, outputs: Outputs) -> Floats:
        """Return the statistic of each record's posteriors ``(n,)``."""
        return self.statistic(outputs.posteriors)


def calibrate(
    noise: Outputs | None, statistic: Callable[[Floats], Floats] = maximum, *, top: float = TOP
) -> ThresholdAttack:
    """Return the attack whose threshold the top share of meaningless queries exceeds.

    Parameters
    ----------
    noise : Outputs, optional
        The target's answers to random queries. Without them the attack scores, but has no
        threshold and accuses nobody.
    statistic : callable
        See `ThresholdAttack`.
    top : float
        The paper's top-t-percentile as a share in 0..1. If that many answers tie at the top, the
        threshold is their common value, and only records above it are accused: perhaps none.

    Examples
    --------
    >>> p = np.linspace(0.5, 1, 11)
    >>> attack = calibrate(Outputs(np.column_stack([p, 1 - p])), top=0.2)
    >>> round(attack.threshold, 3)
    0.9
    """
    if noise is None:
        return ThresholdAttack(statistic, math.nan)
    return ThresholdAttack(statistic, float(np.quantile(statistic(noise.posteriors), 1 - top)))


def _spec(name: str, words: str, statistic: Callable[[Floats], Floats]) -> AttackSpec:
    return AttackSpec(
        f"adversary-3-{name}",
        f"Adversary 3: no training, {words}",
        (),
        lambda held, rng: calibrate(held.noise, statistic),
    )


ATTACKS = (
    _spec("maximum", "largest posterior", maximum),
    _spec("std", "standard deviation of the posteriors", standard_deviation),
    _spec("entropy", "low entropy of the posteriors", negative_entropy),
)
