"""How the learning rate changes over training: a multiplier for each step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from mlleaks.storage.tags import tagged

Schedule: TypeAlias = Callable[[float], float]
"""``schedule(progress) -> multiplier`` of the learning rate; ``progress`` runs from 0 to 1."""


@tagged("Constant")
@dataclass(frozen=True)
class ConstantSchedule:
    """The paper's schedule: the same learning rate to the end.

    Examples
    --------
    >>> ConstantSchedule()(0.99)
    1.0
    """

    def __call__(self, progress: float) -> float:
        """Return 1 at any time."""
        return 1.0


@tagged("Settling")
@dataclass(frozen=True)
class ConstantThenDecay:
    """The same learning rate, but for the last part of training, where it falls to zero.

    Long after the loss has reached zero, Adam at a constant rate now and then spikes, and a network
    caught in a spike resembles no other. A falling rate leaves no such ending to chance.

    Parameters
    ----------
    last : float
        The share of training over which the rate falls along half a cosine, in 0..1.

    Examples
    --------
    >>> settle = ConstantThenDecay(last=0.2)
    >>> settle(0.5), round(settle(0.9), 3), round(settle(1.0), 3)
    (1.0, 0.5, 0.0)
    """

    last: float = 0.2

    def __call__(self, progress: float) -> float:
        """Return 1 until the last part begins, then a cosine's half wave down to 0."""
        into = max(0.0, progress - (1 - self.last)) / self.last if self.last else 0.0
        return (1 + math.cos(math.pi * into)) / 2
