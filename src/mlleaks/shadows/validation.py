"""What cannot be is refused before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlleaks.data.membership_plan import Plan
from mlleaks.errors import InputError
from mlleaks.models import NetworkTrainer
from mlleaks.shadows.worker import ShadowJob, kept
from mlleaks.storage.fingerprint import describe
from mlleaks.types import Dataset, Ints, Trainer


def require_fitting(
    trainer: Trainer, data: Dataset, plan: Plan, *, stack: int | None, device: str | None
) -> None:
    """Raise `InputError` if the settings do not fit the trainer, or the plan the data."""
    if plan.n_records != len(data):
        raise InputError(
            f"a plan of {plan.n_records} records for {len(data)} in {data.name!r}",
            expected="one and the same number",
            fix="Draw the plan with plan(len(data), ...).",
        )
    if stack is not None and (not _is_whole(stack) or stack < 1):
        raise InputError(
            f"stacks of {stack}", expected="a whole number from 1 on", fix="Pass another number."
        )
    for name, value in (("device", device), ("stack", stack)):
        if value is not None and not isinstance(trainer, NetworkTrainer):
            raise InputError(
                f"{name}={value!r} for {describe(trainer)}",
                expected="a network, for only networks are trained in stacks and on a device of choice",
                fix=f"Leave {name} out.",
            )


def wanted_of(plan: Plan, only: Sequence[int] | None) -> list[int]:
    """Return the shadows that are asked for."""
    wanted = list(range(len(plan)) if only is None else only)
    known = range(len(plan))
    if not all(_is_whole(i) and i in known for i in wanted) or len(set(wanted)) < len(wanted):
        raise InputError(
            f"only={wanted}",
            expected=f"different whole numbers from 0 to {len(plan) - 1}, the shadows of the plan",
            fix="Name shadows that the plan has.",
        )
    return [int(i) for i in wanted]


def asked_about(data: Dataset, ask_about: Ints | Dataset | None) -> tuple[Dataset, Ints | None]:
    """Return the records asked about, and their positions in ``data`` if they are of it."""
    if isinstance(ask_about, Dataset):
        _require_alike(data, ask_about)
        return ask_about, None
    if ask_about is None:
        return data, np.arange(len(data))
    positions = np.asarray(ask_about)
    if (
        positions.ndim != 1
        or not positions.size
        or positions.dtype.kind not in "iu"
        or not np.all((positions >= 0) & (positions < len(data)))
    ):
        raise InputError(
            f"ask_about of shape {positions.shape} and type {positions.dtype}"
            + (f", from {positions.min()} to {positions.max()}" if positions.size else ""),
            expected=f"whole numbers from 0 to {len(data) - 1}, or a Dataset",
            fix="Pass positions of records in data; for a mask, numpy.flatnonzero(mask).",
        )
    return data.take(positions), positions.astype(np.int64)


def bytes_each(job: ShadowJob) -> int:
    """Return the size of one shadow's answers, from what is kept of two records."""
    k = job.data.n_classes
    example = kept(job.keep, np.full((2, k), 1 / k, dtype=np.float32), np.zeros(2, dtype=np.int64))
    return max(1, int(example.nbytes) * len(job.asked) // 2)


def index_bytes(plan: Plan, positions: Ints | None) -> int:
    """Return about how long an index of these shadows is, see `shadows.index`."""
    asked = 0 if positions is None else len(positions)
    return len(plan) * (2 * -(-plan.n_records // 8) + 90) + 10 * asked


def _require_alike(data: Dataset, asked: Dataset) -> None:
    """Raise unless what is asked about could be records of ``data``."""
    if tuple(asked.X.shape[1:]) != tuple(data.X.shape[1:]) or not len(asked):
        raise InputError(
            f"ask_about with {len(asked)} records of shape {tuple(asked.X.shape[1:])}",
            expected=f"at least one, of shape {tuple(data.X.shape[1:])} like those of {data.name!r}",
            fix="Ask about records with the same features.",
        )
    if asked.y.max() >= data.n_classes:
        raise InputError(
            f"ask_about with classes up to {asked.y.max()}",
            expected=f"classes from 0 to {data.n_classes - 1}, those of {data.name!r}",
            fix="Number the classes as they are in data.",
        )


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
