"""Models that were trained on neither members nor non-members, and what they answer about them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from mlleaks.report.duration import duration
from mlleaks.seeds import Seeds
from mlleaks.types import Ints, Outputs

FEWEST = 10
"""Of fewer records no placebo is trained."""
SECONDS = 60.0
"""So long may the training of a placebo take, if nothing says that the sides differ."""
SECONDS_IF_DIFFERENT = 600.0
"""The same, where the blind check finds a difference."""


class NoPlacebo(Exception):
    """There is no placebo; the message says why, and what to do."""


@dataclass(frozen=True)
class Answered:
    """What one placebo model answers.

    Parameters
    ----------
    rows : int array (q,)
        Which of the audited records, by position: members first, then non-members. It saw none of them.
    outputs : Outputs
        Its answers to these, with labels.
    population : Outputs or None
        Its answers to further records that it was not trained on.
    """

    rows: Ints
    outputs: Outputs
    population: Outputs | None = None


class PlaceboModels(Protocol):
    """One way to have placebo models."""

    @property
    def description(self) -> str:
        """What they are, as in "the attacks against DESCRIPTION"."""
        ...

    @property
    def count(self) -> int:
        """How many models are trained."""
        ...

    def seconds(self, seeds: Seeds) -> float:
        """Return about how long training takes, 0 if there is nothing to train."""
        ...

    def answers(self, seeds: Seeds) -> list[Answered]:
        """Return what they answer.

        Raises
        ------
        NoPlacebo
            Training failed, or there are too few records.
        """
        ...


@dataclass(frozen=True)
class Impossible:
    """No placebo models, and why."""

    why: str
    description: str = ""
    count: int = 0

    def seconds(self, seeds: Seeds) -> float:
        """Return 0."""
        return 0.0

    def answers(self, seeds: Seeds) -> list[Answered]:
        """Raise `NoPlacebo`."""
        raise NoPlacebo(self.why)


def answers_in_time(models: PlaceboModels, seeds: Seeds, *, differs: bool) -> list[Answered]:
    """Return the answers of placebo models, unless training would take too long.

    Parameters
    ----------
    models : PlaceboModels
    seeds : Seeds
    differs : bool
        Whether a blind check has found a difference between the sides: then it may take longer.

    Raises
    ------
    NoPlacebo
        It would take too long, or there is none.
    """
    seconds, most = models.seconds(seeds), SECONDS_IF_DIFFERENT if differs else SECONDS
    if seconds > most and not math.isnan(seconds):
        raise NoPlacebo(
            f"its training would take {duration(seconds)}, more than the {duration(most)} that it is given"
        )
    return models.answers(seeds)
