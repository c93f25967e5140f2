"""What workers are sent, what they do with it, and what they send back."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from mlleaks.data.membership_plan import Plan
from mlleaks.errors import InputError, ModelError
from mlleaks.models.versions import package_versions
from mlleaks.outputs.posteriors import validate_posteriors
from mlleaks.outputs.signals import Signal
from mlleaks.runtime.foreign_code import calling
from mlleaks.seeds import Seeds
from mlleaks.shadows.answer_files import find, write
from mlleaks.shadows.memory import out_of_memory, too_little
from mlleaks.shadows.tuning import StepTimings, TuningRequest, measure
from mlleaks.shadows.vectorized.dispatch import train_stack
from mlleaks.storage.fingerprint import describe
from mlleaks.storage.hashing import hash_inputs
from mlleaks.types import Dataset, Floats, Ints, Trainer

log = logging.getLogger(__name__)


Answers: TypeAlias = Path | Floats
"""The file that a worker has written; from a worker elsewhere what belongs into it."""


@dataclass(frozen=True)
class AnswerFolder:
    """Where workers that share the caller's files write answers, and under which keys."""

    folder: Path
    keys: Sequence[str]

    def written(self, models: Iterable[int]) -> list[tuple[int, Path]]:
        """Return those of some shadows that are there, and their files."""
        keys = {self.keys[i]: i for i in models}
        return [(keys[key], file) for key, file in find(self.folder, keys).items()]


@dataclass(frozen=True)
class ShadowJob:
    """All that the answers of shadows depend on, and where they belong; sent to every worker once."""

    trainer: Trainer
    data: Dataset
    asked: Dataset
    keep: Signal
    plan: Plan
    seeds: Seeds
    versions: Mapping[str, str]
    place: AnswerFolder | None = None

    def keys(self) -> list[str]:
        """Return the hash of each shadow's inputs."""
        asked = (self.asked.X, self.asked.y)
        made_by = (
            describe(self.trainer),
            describe(self.keep),
            sorted(self.versions.items()),
            self.seeds.root,
        )
        common = hash_inputs(self.data.X, self.data.y, self.data.n_classes, *asked, *made_by)
        return [hash_inputs(common, self.plan.bits[i], i)[:32] for i in range(len(self.plan))]


@dataclass(frozen=True)
class WorkResult:
    """What a worker sends back."""

    answers: list[tuple[int, Answers]]
    notes: tuple[str, ...] = ()


def train_part(job: ShadowJob, models: list[int]) -> WorkResult:
    """Return what some shadows answer, trained as one program; with half as many if memory is short."""
    _same_versions(job)
    done: list[tuple[int, Answers]] = []
    try:
        for i, p in zip(models, _posteriors(job, models), strict=True):
            done.append((i, _put(job, i, kept(job.keep, p, job.asked.y))))
        return WorkResult(done)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        if len(models) == 1:
            raise too_little(error) from error
    left = models[len(done) :]
    half = -(-len(left) // 2)
    note = f"Memory was short for a stack of {len(models)}: it was trained in halves."
    log.warning(note)
    parts = [train_part(job, some) for some in (left[:half], left[half:]) if some]
    answers = [answer for part in parts for answer in part.answers]
    return WorkResult(done + answers, (note, *(told for part in parts for told in part.notes)))


def _posteriors(job: ShadowJob, models: list[int]) -> Iterator[Floats]:
    """Yield what each of some shadows answers, trained as one program."""
    members = [job.plan.members(i) for i in models]
    rngs = [job.seeds.stream(f"shadow {i}") for i in models]
    with _training(job):
        answers = train_stack(job.trainer, job.data, members, rngs).posteriors(job.asked.X)
    while True:
        with _training(job):  # not around the yield: the end of this generator is nobody's error
            p = next(answers, None)
        if p is None:
            return
        yield p


def _training(job: ShadowJob) -> AbstractContextManager[None]:
    return calling(
        f"while training shadows with {type(job.trainer).__name__}",
        expected="a trainer that can be called with these records",
        fix="Call trainer(data, rng) in Python on a few records to see what is wrong.",
    )


def _put(job: ShadowJob, model: int, answers: Floats) -> Answers:
    """Write answers where the files are shared, so that no worker holds those of a whole stack."""
    return answers if job.place is None else write(job.place.folder, job.place.keys[model], answers)


def _same_versions(job: ShadowJob) -> None:
    """Raise if this worker's packages would give other numbers than the caller's."""
    here = package_versions(job.trainer)
    other = [
        f"{name} {here.get(name)}, not {told}"
        for name, told in job.versions.items()
        if here.get(name) != told
    ]
    if other:
        raise ModelError(
            f"a worker with {'; '.join(other)}",
            expected="the caller's versions on every node",
            fix="Install the same versions everywhere.",
        )


def measure_part(job: ShadowJob, question: TuningRequest) -> StepTimings:
    """Return how long stacks take; see `measure.measure`."""
    with _training(job):
        return measure(job.trainer, job.data, question)  # type: ignore[arg-type]


def kept(keep: Signal, posteriors: Floats, labels: Ints) -> Floats:
    """Return what is kept of checked answers, in float32; an error unless it is one row a record."""
    checked = validate_posteriors(posteriors, what="answers")
    with calling(
        f"from keep={getattr(keep, '__name__', type(keep).__name__)}",
        expected="one number or row of numbers a record",
        fix="Call keep(posteriors, labels) in Python on a few rows to see what is wrong.",
    ):
        signal = np.asarray(keep(checked, labels.copy()), dtype=np.float32)
    if signal.shape[:1] != (len(labels),):
        raise InputError(
            f"an array of shape {signal.shape} from keep={describe(keep)} for {len(labels)} records",
            expected=f"shape ({len(labels)}, ...): one number or row a record",
            fix="Let keep(posteriors, labels) return something of every record.",
        )
    return signal
