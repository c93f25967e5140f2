"""Models that were trained on neither members nor non-members, and what they answer about them."""

from __future__ import annotations

import math
import time
from copy import deepcopy
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mlleaks.attacks.needs import Population
from mlleaks.auditing.collecting import TENTH
from mlleaks.auditing.reference_pool import further_ids
from mlleaks.errors import ModelError, first_line
from mlleaks.models import train_model
from mlleaks.outputs.query import query
from mlleaks.report.duration import duration
from mlleaks.seeds import Seeds
from mlleaks.types import Dataset, Ids, Ints, MemberSplit, Model, Outputs, Trainer

FEWEST = 20
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


@dataclass(frozen=True)
class CrossFittedPlacebo:
    """Two models, each trained on half of the members, which answer the other half and the non-members.

    Each record is answered by models that never saw it. They know the members' distribution as the target
    does: a model that was trained on other records of that distribution is more confident about the members,
    too, without any leak.

    Parameters
    ----------
    target : MemberSplit
    further : Dataset or None
        Shadow records, for attacks that learn from a population.
    trainer : Trainer
    persons : int array (members,), optional
        Whose record each member is, in ``0..g-1``: all of a person's records are in one half.
    """

    target: MemberSplit
    further: Dataset | None
    trainer: Trainer
    persons: Ints | None = None

    @property
    def description(self) -> str:
        """What they are."""
        return "two models, each trained on half of the members and asked about the rest"

    @property
    def count(self) -> int:
        """Two."""
        return 2

    def seconds(self, seeds: Seeds) -> float:
        """Return about the time of training both, from a model that is trained now on a tenth of the records.

        It is nan where so few records cannot be trained on.
        """
        half = self.target.members.take(self._half(0, seeds))
        tenth = half.take(np.arange(max(len(half) // TENTH, FEWEST)) % len(half))
        started = time.perf_counter()
        try:
            train_model(self.trainer, deepcopy(tenth), np.random.default_rng(0))
        except ModelError:
            return math.nan
        return 2 * (time.perf_counter() - started) * len(half) / len(tenth)

    def answers(self, seeds: Seeds) -> list[Answered]:
        """Return each model's answers to the records that it did not see."""
        count = len(self.target.members)
        if count < 2 * FEWEST:
            raise NoPlacebo(
                f"it is trained on half of the members: there are {count}, and {2 * FEWEST} are needed"
            )
        return [self._answered(turn, seeds) for turn in (0, 1)]

    def _answered(self, turn: int, seeds: Seeds) -> Answered:
        members, nonmembers = self.target.members, self.target.nonmembers
        own, unseen = self._half(turn, seeds), self._half(1 - turn, seeds)
        try:
            rng = seeds.stream(f"placebo model {turn}")
            model = train_model(self.trainer, deepcopy(members.take(own)), rng)
            outputs = _outputs(model, [members.take(unseen), nonmembers])
            population = None if self.further is None else self._population(model, self.further, seeds)
        except ModelError as error:
            raise NoPlacebo(f"its training or its answers failed: {first_line(error)}") from error
        rows = np.concatenate([unseen, len(members) + np.arange(len(nonmembers))])
        return Answered(rows, outputs, population)

    def _half(self, turn: int, seeds: Seeds) -> Ints:
        rng = seeds.stream("placebo")
        if self.persons is None:
            return np.sort(rng.permutation(len(self.target.members))[turn::2])
        own = rng.permutation(int(self.persons.max()) + 1)[turn::2]
        return np.flatnonzero(np.isin(self.persons, own))

    def _population(self, model: Model, further: Dataset, seeds: Seeds) -> Outputs:
        order = seeds.stream("population").permutation(len(further))
        some = further.take(np.sort(order[: Population.count]))
        return _outputs(model, [some], np.array(further_ids(some), dtype=object))


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


def _outputs(model: Model, sides: list[Dataset], ids: Ids | None = None) -> Outputs:
    parts = [query(model, side.X, n_classes=side.n_classes, what="answers of the placebo") for side in sides]
    names = np.concatenate([side.ids for side in sides]) if ids is None else ids
    return Outputs(np.concatenate(parts), np.concatenate([side.y for side in sides]), names)
