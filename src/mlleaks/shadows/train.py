"""Training the shadows of a plan: stacked where that helps, in processes, resumable, on disk."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from mlleaks.errors import InputError
from mlleaks.models import MLPTrainer, ask, described
from mlleaks.progress import track
from mlleaks.provenance import versions
from mlleaks.seeds import Seeds
from mlleaks.shadows.plan import Plan
from mlleaks.store import digest, write_bytes
from mlleaks.types import Dataset, Floats, Records, Trainer

STACK = 16
"""Perceptrons trained as one program: enough to hide Python's share of a step."""


@dataclass(frozen=True)
class Shadows:
    """The answers of trained shadows, on disk.

    Parameters
    ----------
    files : tuple of Path
        One NPY file a shadow, posteriors ``(records, k)`` float32.
    plan : Plan
        What each was trained on.
    """

    files: tuple[Path, ...]
    plan: Plan

    def __len__(self) -> int:
        return len(self.files)

    def posteriors(self, model: int) -> Floats:
        """Return one shadow's posteriors ``(records, k)``, mapped from disk, not read."""
        answers: Floats = np.load(self.files[model], mmap_mode="r")
        return answers


def train_shadows(
    trainer: Trainer,
    data: Dataset,
    plan: Plan,
    seeds: Seeds,
    *,
    folder: Path,
    ask_about: Records | None = None,
    jobs: int = 1,
    stack: int = STACK,
) -> Shadows:
    """Return the answers of every shadow of ``plan``; those already in ``folder`` are not trained.

    A shadow's file is named after the hash of all that its answers depend on and after its own
    content, and appears whole or not at all. So a killed run goes on where it stopped, changed
    settings mix with nothing, and a damaged file is set aside and made again.

    Parameters
    ----------
    trainer : Trainer
        `MLPTrainer` is trained in stacks, with the numbers that each would have alone.
    data : Dataset
        The records that the plan speaks of.
    plan : Plan
    seeds : Seeds
        Shadow ``i`` has the stream ``"shadow i"``: more shadows change none of the others.
    folder : Path
        Where the answers are kept.
    ask_about : records, optional
        What each shadow is asked; by default ``data``.
    jobs : int
        Processes, each with one thread of its own.
    stack : int
        How many perceptrons are trained as one program.

    Raises
    ------
    InputError
        The plan is of another number of records.
    """
    if plan.n_records != len(data):
        raise InputError(
            f"a plan of {plan.n_records} records for {len(data)} in {data.name!r}",
            expected="one and the same number",
            fix="Draw the plan with plan(len(data), ...).",
        )
    folder.mkdir(parents=True, exist_ok=True)
    asked = data.X if ask_about is None else ask_about
    common = digest(data.X, data.y, data.n_classes, described(trainer), asked, seeds.root, versions())
    keys = [digest(common, plan.bits[i], i)[:32] for i in range(len(plan))]
    missing = [i for i, key in enumerate(keys) if _sound(folder, key) is None]
    work = [
        joblib.delayed(_train)(trainer, data, asked, plan, part, seeds, folder, [keys[i] for i in part])
        for part in _stacks(trainer, plan, missing, stack)
    ]
    _run(work, jobs)
    files = [_sound(folder, key) for key in keys]
    return Shadows(tuple(file for file in files if file is not None), plan)


def _run(work: list[Any], jobs: int) -> None:
    """Do all of ``work`` (from `joblib.delayed`), in ``jobs`` processes if there are several."""
    if jobs == 1:
        for function, arguments, options in track(work, "training shadows"):
            function(*arguments, **options)
        return
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        done = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(work)
        for _ in track(range(len(work)), "training shadows"):
            next(done)


def _stacks(trainer: Trainer, plan: Plan, models: Sequence[int], stack: int) -> Iterator[list[int]]:
    """Yield the models that are trained together: perceptrons with equally many records."""
    size = stack if isinstance(trainer, MLPTrainer) else 1
    by_length: dict[int, list[int]] = {}
    for model in models:
        by_length.setdefault(len(plan.members(model)) if size > 1 else 0, []).append(model)
    for group in by_length.values():
        yield from (group[i : i + size] for i in range(0, len(group), size))


def _train(
    trainer: Any,
    data: Dataset,
    asked: Records,
    plan: Plan,
    models: list[int],
    seeds: Seeds,
    folder: Path,
    keys: list[str],
) -> None:
    """Train some shadows and write each one's answers."""
    rngs = [seeds.stream(f"shadow {i}") for i in models]
    members = [plan.members(i) for i in models]
    if isinstance(trainer, MLPTrainer):
        from mlleaks.shadows.stacked import train_stack

        answers = train_stack(trainer, data, members, rngs).posteriors(asked)
    else:
        trained = (trainer(data.take(m), rng) for m, rng in zip(members, rngs, strict=True))
        answers = (ask(model, asked, n_classes=data.n_classes) for model in trained)
    for key, posteriors in zip(keys, answers, strict=True):
        _write(folder, key, posteriors.astype(np.float32, copy=False))


def _write(folder: Path, key: str, posteriors: Floats) -> None:
    buffer = io.BytesIO()
    np.save(buffer, posteriors, allow_pickle=False)
    content = buffer.getvalue()
    write_bytes(folder / f"{key}-{_checksum(content)}.npy", content)


def _sound(folder: Path, key: str) -> Path | None:
    """Return the file of a shadow if it is there and undamaged; a damaged one is set aside."""
    for file in folder.glob(f"{key}-*.npy"):
        if file.stem.endswith(_checksum(file.read_bytes())):
            return file
        file.rename(file.with_suffix(".damaged"))
    return None


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
