"""Evidence of a study: from the models' stored answers, which are trained where they are missing.

Each class is a source (`mlleaks.auditing.planning.Source`), so that studies plan, collect and evaluate as
audits do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mlleaks.attacks.needs import RandomQueries, ShadowModels
from mlleaks.auditing.planning import Cost
from mlleaks.seeds import Seeds
from mlleaks.types import Observations, Outputs


@dataclass(frozen=True)
class StoredShadows:
    """Shadow models of the paper's protocol.

    Parameters
    ----------
    observe : callable
        ``observe(count) -> tuple of Observations``: the first ``count`` shadow models.
    most : int
        How many there are.
    """

    observe: Callable[[int], tuple[Observations, ...]]
    most: int

    def missing(self, need: ShadowModels) -> str | None:
        """Return a reason if more are needed than the protocol has."""
        return None if need.count <= self.most else f"{need} (the protocol has {self.most})"

    def cost(self, need: ShadowModels) -> Cost:
        """Return the models to train where no answers are stored."""
        return Cost(models=need.count)

    def seconds(self, need: ShadowModels) -> float:
        """Return nan: stored answers take no time, others hours."""
        return float("nan")

    def collect(self, need: ShadowModels, seeds: Seeds) -> tuple[Observations, ...]:
        """Return what they answer about their members and non-members."""
        return self.observe(need.count)


@dataclass(frozen=True)
class StoredQueries:
    """The target's stored answers to random queries; as many as the size of the study has."""

    answers: Callable[[], Outputs]

    def missing(self, need: RandomQueries) -> str | None:
        """Return None: they are part of the protocol."""
        return None

    def cost(self, need: Any) -> Cost:
        """Return no cost: the target answers them with its own records."""
        return Cost()

    def seconds(self, need: Any) -> float:
        """Return 0."""
        return 0.0

    def collect(self, need: RandomQueries, seeds: Seeds) -> Outputs:
        """Return the answers."""
        return self.answers()
