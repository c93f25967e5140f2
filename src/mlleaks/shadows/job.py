"""All that shadows' answers depend on: what is hashed into their keys, and sent to the workers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlleaks.data.membership_plan import MembershipPlan
from mlleaks.errors import InputError
from mlleaks.outputs.posteriors import validate_posteriors
from mlleaks.outputs.signals import Signal
from mlleaks.runtime.foreign_code import calling
from mlleaks.seeds import Seeds
from mlleaks.shadows.answer_files import find
from mlleaks.storage.fingerprint import describe
from mlleaks.storage.hashing import hash_inputs
from mlleaks.types import Dataset, Floats, Ints, Trainer


@dataclass(frozen=True)
class AnswerFolder:
    """Where workers that share the caller's files write answers, and under which keys.

    Parameters
    ----------
    folder : Path
    keys : sequence of str
        One per shadow of the plan.
    """

    folder: Path
    keys: Sequence[str]

    def finished(self, models: Iterable[int]) -> list[tuple[int, Path]]:
        """Return those of ``models`` whose answers are in the folder, each with its file."""
        models_by_key = {self.keys[i]: i for i in models}
        return [(models_by_key[key], file) for key, file in find(self.folder, models_by_key).items()]


@dataclass(frozen=True)
class ShadowJob:
    """All that the answers of shadows depend on, and where they go; sent to every worker once.

    Parameters
    ----------
    trainer : Trainer
    data : Dataset
        The records of the plan.
    queries : Dataset
        The records on which each shadow is queried.
    signal : Signal
        What is stored of the answers.
    plan : Plan
    seeds : Seeds
    versions : mapping of str to str
        The packages that the numbers depend on.
    place : AnswerFolder, optional
        None if the workers cannot write into the caller's folder.
    """

    trainer: Trainer
    data: Dataset
    queries: Dataset
    signal: Signal
    plan: MembershipPlan
    seeds: Seeds
    versions: Mapping[str, str]
    place: AnswerFolder | None = None

    def keys(self) -> list[str]:
        """Return the hash of each shadow's inputs."""
        made_by = (
            describe(self.trainer),
            describe(self.signal),
            sorted(self.versions.items()),
            self.seeds.root,
        )
        queries = (self.queries.X, self.queries.y)
        common = hash_inputs(self.data.X, self.data.y, self.data.n_classes, *queries, *made_by)
        return [hash_inputs(common, self.plan.bits[i], i)[:32] for i in range(len(self.plan))]

    def finished(self, models: Iterable[int]) -> list[tuple[int, Path]]:
        """Return those of ``models`` that have been trained, each with its file."""
        return [] if self.place is None else self.place.finished(models)


def apply_signal(signal: Signal, posteriors: Floats, labels: Ints) -> Floats:
    """Return the signal of some answers in float32, one number or row per record.

    Parameters
    ----------
    signal : Signal
        Perhaps the user's own function.
    posteriors : float array (n, k)
    labels : int array (n,)

    Raises
    ------
    InputError
        The signal has another number of rows than there are records.
    ModelError
        The answers are no posteriors, or the signal raises.
    """
    checked = validate_posteriors(posteriors, what="answers")
    with calling(
        f"from signal={getattr(signal, '__name__', type(signal).__name__)}",
        expected="one number or row of numbers per record",
        fix="Call signal(posteriors, labels) in Python on a few rows to see what is wrong.",
    ):
        values = np.asarray(signal(checked, labels.copy()), dtype=np.float32)
    if values.shape[:1] != (len(labels),):
        raise InputError(
            f"an array of shape {values.shape} from signal={describe(signal)} for {len(labels)} records",
            expected=f"shape ({len(labels)}, ...): one number or row per record",
            fix="Let signal(posteriors, labels) return one value or row for every record.",
        )
    return values
