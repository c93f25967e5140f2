"""What an attack is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from mlleaks.attacks.needs import Evidence, Labels, Need, ShadowModels
from mlleaks.types import Floats, Outputs

ThresholdSource: TypeAlias = Literal[
    "attack model", "random queries", "definition", "shadow model", "reference models", "population"
]
"""What an attack's threshold comes from."""
Reads: TypeAlias = Literal["posteriors", "predicted class"]
"""What an attack looks at in an answer."""


class Attack(Protocol):
    """A ready attack: there is no unfitted state."""

    @property
    def threshold(self) -> float:
        """Scores above it are flagged; nan where the attacker had nothing to choose it from."""
        ...

    def score(self, outputs: Outputs, /) -> Floats:
        """Return one finite score per record ``(n,)``; higher = more likely a member."""
        ...


@dataclass(frozen=True)
class AttackSpec:
    """An attack by name: what it needs, and how it is built from that.

    An instance in the tuple ``ATTACKS`` of a file in ``attacks/`` joins every audit and every attack test.

    Parameters
    ----------
    name : str
        Lower-case words joined by hyphens; the key in results and ``--fail-if``.
    title : str
        A short line for people: whose attack it is and what it looks at.
    source : str
        Where it was published: authors, year, section or equation.
    needs : tuple of Need
        What it cannot do without: the attacker's knowledge.
    build : callable
        ``build(evidence, rng) -> Attack``.
    uses : tuple of Need
        What it takes if it can be had, and can do without.
    threshold_from : str
        What its threshold comes from.
    reads : str
        What it looks at in an answer.
    leads : str
        Whether the words of a report are about it where it beats chance: "usually", or "under mismatch",
        where reference models do not answer as the target does; else they are about the best attack.
    pretrained : bool
        Whether its attack model comes with this package, so that nothing about the target's defense is
        in it.
    """

    name: str
    title: str
    source: str
    needs: tuple[Need[Any], ...]
    build: Callable[[Evidence, np.random.Generator], Attack]
    uses: tuple[Need[Any], ...] = ()
    threshold_from: ThresholdSource = "definition"
    reads: Reads = "posteriors"
    leads: Literal["never", "usually", "under mismatch"] = "never"
    pretrained: bool = False

    @property
    def uses_labels(self) -> bool:
        """Whether the attacker knows the true class of each record."""
        return any(isinstance(need, Labels) for need in self.needs)

    @property
    def learns_from_shadows(self) -> bool:
        """Whether it learns from shadow models, and so adapts to a defense that they are trained with."""
        return any(isinstance(need, ShadowModels) for need in self.needs)


def with_shadows(spec: AttackSpec, count: int) -> AttackSpec:
    """Return the attack with this many shadow models to learn from, if it needs any.

    Examples
    --------
    >>> from mlleaks.attacks import REGISTRY
    >>> with_shadows(REGISTRY["shokri"], 10).needs
    (ShadowModels(count=10), Labels())
    """
    needs = (ShadowModels(count) if isinstance(need, ShadowModels) else need for need in spec.needs)
    return replace(spec, needs=tuple(needs))
