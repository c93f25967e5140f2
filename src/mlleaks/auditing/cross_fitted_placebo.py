"""A placebo that knows the members' distribution: two models, each trained on half of the members."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlleaks.attacks.needs import Population
from mlleaks.auditing.collecting import TENTH
from mlleaks.auditing.placebo_models import FEWEST, Answered, NoPlacebo
from mlleaks.auditing.reference_pool import further_ids
from mlleaks.auditing.reference_settings import ReferenceSettings
from mlleaks.data.joining import join
from mlleaks.data.membership_plan import MembershipPlan
from mlleaks.errors import MLLeaksError, first_line
from mlleaks.models import train_model
from mlleaks.outputs.posteriors import validate_posteriors
from mlleaks.progress import listening
from mlleaks.seeds import Seeds
from mlleaks.shadows import InProcess, Shadows, train_shadows
from mlleaks.shadows.tuning import fixed_group_size
from mlleaks.types import Dataset, Floats, Ints, MemberSplit, Outputs, Trainer


def _silent(what: str, done: int, total: int) -> None:
    """Show no progress: the placebo is a small part of an audit."""


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
    settings : ReferenceSettings
        With reference models, the answers are kept beside theirs, and trained where they are.
    persons : int array (members,), optional
        Whose record each member is, in ``0..g-1``: all of a person's records are in one half.
    """

    target: MemberSplit
    further: Dataset | None
    trainer: Trainer
    settings: ReferenceSettings
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

        It is nan where so few records cannot be trained on, and 0 beside reference models, which take longer.
        """
        if self.settings.count:
            return 0.0
        half = self.target.members.take(self._half(0, seeds))
        tenth = half.take(np.arange(max(len(half) // TENTH, FEWEST)) % len(half))
        started = time.perf_counter()
        try:
            train_model(self.trainer, deepcopy(tenth), np.random.default_rng(0))
        except MLLeaksError:
            return math.nan
        return 2 * (time.perf_counter() - started) * len(half) / len(tenth)

    def answers(self, seeds: Seeds) -> list[Answered]:
        """Return each model's answers to the records that it did not see."""
        count = min(len(self._half(turn, seeds)) for turn in (0, 1))
        if count < FEWEST:
            raise NoPlacebo(
                f"it is trained on half of the members: {count} records, and at least {FEWEST} are needed"
            )
        try:
            with self._folder() as folder, listening(_silent):
                trained = self._train(folder, seeds)
                answers = [np.asarray(trained.answers(turn)) for turn in (0, 1)]
            return [self._answered(turn, answers[turn], seeds) for turn in (0, 1)]
        except MLLeaksError as error:
            raise NoPlacebo(f"its training or its answers failed: {first_line(error)}") from error

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        """Give a folder for the answers: the one that is kept, beside reference models, or one for now."""
        if self.settings.count:
            yield self.settings.folder / "placebos"
        else:
            with tempfile.TemporaryDirectory() as folder:
                yield Path(folder)

    def _train(self, folder: Path, seeds: Seeds) -> Shadows:
        pool = self._pool(seeds)
        masks = np.zeros((2, len(pool)), dtype=bool)
        for turn in (0, 1):
            masks[turn, self._half(turn, seeds)] = True
        return train_shadows(
            self.trainer,
            pool,
            MembershipPlan(np.packbits(masks, axis=1), len(pool)),
            seeds,
            folder=folder,
            backend=self.settings.backend if self.settings.count else InProcess(),
            group_size=fixed_group_size(self.trainer),
        )

    def _pool(self, seeds: Seeds) -> Dataset:
        """Return members, non-members and some further records, in this order."""
        parts = [self.target.members, self.target.nonmembers, *self._population(seeds)]
        return join(parts, np.arange(sum(map(len, parts))))

    def _population(self, seeds: Seeds) -> list[Dataset]:
        if self.further is None:
            return []
        order = seeds.stream("population").permutation(len(self.further))
        return [self.further.take(np.sort(order[: Population.count]))]

    def _half(self, turn: int, seeds: Seeds) -> Ints:
        rng = seeds.stream("placebo")
        if self.persons is None:
            return np.sort(rng.permutation(len(self.target.members))[turn::2])
        own = rng.permutation(int(self.persons.max()) + 1)[turn::2]
        return np.flatnonzero(np.isin(self.persons, own))

    def _answered(self, turn: int, answers: Floats, seeds: Seeds) -> Answered:
        members, nonmembers = self.target.members, self.target.nonmembers
        audited = len(members) + len(nonmembers)
        validate_posteriors(answers, what="answers of the placebo")
        rows = np.concatenate([self._half(1 - turn, seeds), np.arange(len(members), audited)])
        labels = np.concatenate([members.y, nonmembers.y])
        ids = np.concatenate([members.ids, nonmembers.ids])
        outputs = Outputs(answers[rows], labels[rows], ids[rows])
        for some in self._population(seeds):
            names = np.array(further_ids(some), dtype=object)
            return Answered(rows, outputs, Outputs(answers[audited:], some.y, names))
        return Answered(rows, outputs)
