"""What an attack is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mlleaks.types import Floats, Observations, Outputs


class Attack(Protocol):
    """A ready attack: there is no unfitted state."""

    @property
    def threshold(self) -> float:
        """Scores above it accuse; nan where the attacker had nothing to choose it from."""
        ...

    def score(self, outputs: Outputs, /) -> Floats:
        """Return one finite score a record ``(n,)``; higher = more likely a member."""
        ...


@dataclass(frozen=True)
class Held:
    """What an adversary has got hold of; ``None`` where she has not.

    Parameters
    ----------
    shadow : Observations, optional
        The answers of a shadow model, with its own membership.
    noise : Outputs, optional
        The target's answers to random queries.
    labels : bool
        Whether she knows the true classes of the records she judges.
    """

    shadow: Observations | None = None
    noise: Outputs | None = None
    labels: bool = False


@dataclass(frozen=True)
class AttackSpec:
    """How one attack comes to be; registering it is what puts it into audits and tests.

    Parameters
    ----------
    name : str
        Lower-case words joined by hyphens; the key in results and ``--fail-if``.
    title : str
        For people: a short line that says whose attack it is and what it looks at.
    needs : tuple of str
        The fields of `Held` that it cannot do without.
    build : callable
        ``build(held, rng) -> Attack``.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    build: Callable[[Held, np.random.Generator], Attack]
