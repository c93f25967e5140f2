"""What workers do with a job, and what they send back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from mlleaks.errors import ModelError
from mlleaks.models.package_versions import package_versions
from mlleaks.runtime.foreign_code import calling
from mlleaks.shadows.answer_files import write
from mlleaks.shadows.job import ShadowJob, apply_signal
from mlleaks.shadows.memory import out_of_memory, too_little
from mlleaks.shadows.tuning import StepTimings, TuningRequest, measure
from mlleaks.shadows.vectorized.dispatch import train_group
from mlleaks.types import Floats

log = logging.getLogger(__name__)


Answers: TypeAlias = Path | Floats
"""The file that a worker has written; from a worker on another machine what belongs into it."""


@dataclass(frozen=True)
class WorkResult:
    """What a worker sends back: each model's answers, notes on how they were trained, and what went wrong.

    Parameters
    ----------
    answers : list of (int, Answers)
    notes : tuple of str
    failures : tuple of ModelError
        Why models could not be trained; each names its own.
    """

    answers: list[tuple[int, Answers]]
    notes: tuple[str, ...] = ()
    failures: tuple[ModelError, ...] = ()


def train_part(job: ShadowJob, models: list[int]) -> WorkResult:
    """Return the answers of some shadows, trained as one program; in two parts if memory is short."""
    _require_same_versions(job)
    answers: list[tuple[int, Answers]] = []
    try:
        for i, p in zip(models, _posteriors(job, models), strict=True):
            answers.append((i, _deliver(job, i, apply_signal(job.signal, p, job.queries.y))))
        return WorkResult(answers)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            if isinstance(error, ModelError):
                return WorkResult(answers, failures=(error,))
            raise
        if len(models) == 1:
            raise too_little(error) from error
    rest = models[len(answers) :]
    half = -(-len(rest) // 2)
    note = f"Memory was short for a group of {len(models)} models: they were trained in smaller groups."
    log.warning(note)
    parts = [train_part(job, part) for part in (rest[:half], rest[half:]) if part]
    answers += [answer for part in parts for answer in part.answers]
    notes = (note, *(further for part in parts for further in part.notes))
    return WorkResult(answers, notes, tuple(failure for part in parts for failure in part.failures))


def _posteriors(job: ShadowJob, models: list[int]) -> Iterator[Floats]:
    """Yield what each of some shadows answers, trained as one program."""
    members = [job.plan.members(i) for i in models]
    rngs = [job.seeds.stream(f"shadow {i}") for i in models]
    with _training(job), _named(job, models):
        answers = train_group(job.trainer, job.data, members, rngs).posteriors(job.queries.X)
    while True:
        with _training(job):  # not around the yield: the end of this generator is nobody's error
            p = next(answers, None)
        if p is None:
            return
        yield p


@contextmanager
def _named(job: ShadowJob, models: list[int]) -> Iterator[None]:
    """Say in an error of the block which shadow models could not be trained, and what classes they lack."""
    try:
        yield
    except ModelError as error:
        which = f"shadow model {models[0]}" if len(models) == 1 else f"one of shadow models {models}"
        absent = set(job.data.y.tolist()).difference(
            *(job.data.y[job.plan.members(i)].tolist() for i in models)
        )
        if absent:
            which += f", whose training set has no record of class {', '.join(map(str, sorted(absent)))}"
        what, colon, message = error.got.partition(": ")
        got = f"{what} ({which}){colon}{message}"
        raise ModelError(got, expected=error.expected, fix=error.fix) from (error.__cause__ or error)


def _training(job: ShadowJob) -> AbstractContextManager[None]:
    return calling(
        f"while training shadows with {type(job.trainer).__name__}",
        expected="a trainer that can be called with these records",
        fix="Call trainer(data, rng) in Python on a few records to see what is wrong.",
    )


def _deliver(job: ShadowJob, model: int, answers: Floats) -> Answers:
    """Write answers where the files are shared, so that no worker holds those of a whole group."""
    return answers if job.place is None else write(job.place.folder, job.place.keys[model], answers)


def _require_same_versions(job: ShadowJob) -> None:
    """Raise if this worker's packages would give other numbers than the caller's."""
    here = package_versions(job.trainer)
    different = [
        f"{name} {here.get(name)}, not {version}"
        for name, version in job.versions.items()
        if here.get(name) != version
    ]
    if different:
        raise ModelError(
            f"a worker with {'; '.join(different)}",
            expected="the caller's versions on every node",
            fix="Install the same versions everywhere.",
        )


def measure_part(job: ShadowJob, request: TuningRequest) -> StepTimings:
    """Return how long a step takes in groups of several sizes; see `tuning.measure`."""
    with _training(job):
        return measure(job.trainer, job.data, request)  # type: ignore[arg-type]
