"""Checks before anything is trained: settings that fit neither trainer nor data are refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlleaks.data.membership_plan import MembershipPlan
from mlleaks.errors import InputError
from mlleaks.models import NetworkTrainer
from mlleaks.shadows.job import ShadowJob, apply_signal
from mlleaks.storage.fingerprint import describe
from mlleaks.types import Dataset, Ints, Trainer


def require_fitting(
    trainer: Trainer, data: Dataset, plan: MembershipPlan, *, group_size: int | None, device: str | None
) -> None:
    """Raise `InputError` if the settings do not fit the trainer, or the plan the data."""
    if plan.n_records != len(data):
        raise InputError(
            f"a plan of {plan.n_records} records for {len(data)} in {data.name!r}",
            expected="one and the same number",
            fix="Draw the plan with plan_members(len(data), ...).",
        )
    if group_size is not None and (not _is_whole(group_size) or group_size < 1):
        raise InputError(
            f"group_size={group_size}", expected="a whole number from 1 on", fix="Pass another number."
        )
    for name, value in (("device", device), ("group_size", group_size)):
        if value is not None and not isinstance(trainer, NetworkTrainer):
            raise InputError(
                f"{name}={value!r} for {describe(trainer)}",
                expected="a network: only networks are trained in groups and on a device of choice",
                fix=f"Leave {name} out.",
            )


def models_of(plan: MembershipPlan, only: Sequence[int] | None) -> list[int]:
    """Return the numbers of the shadows to train: those of ``only``, or all of the plan."""
    models = list(range(len(plan)) if only is None else only)
    numbers = range(len(plan))
    if not all(_is_whole(i) and i in numbers for i in models) or len(set(models)) < len(models):
        raise InputError(
            f"only={models}",
            expected=f"different whole numbers from 0 to {len(plan) - 1}, the shadows of the plan",
            fix="Name shadows that the plan has.",
        )
    return [int(i) for i in models]


def queries_of(data: Dataset, query_on: Ints | Dataset | None) -> tuple[Dataset, Ints | None]:
    """Return the records to query, and their positions in ``data``; None for records from elsewhere."""
    if isinstance(query_on, Dataset):
        _require_alike(data, query_on)
        return query_on, None
    if query_on is None:
        return data, np.arange(len(data))
    positions = np.asarray(query_on)
    if (
        positions.ndim != 1
        or not positions.size
        or positions.dtype.kind not in "iu"
        or not np.all((positions >= 0) & (positions < len(data)))
    ):
        raise InputError(
            f"query_on of shape {positions.shape} and type {positions.dtype}"
            + (f", from {positions.min()} to {positions.max()}" if positions.size else ""),
            expected=f"whole numbers from 0 to {len(data) - 1}, or a Dataset",
            fix="Pass positions of records in data; for a mask, numpy.flatnonzero(mask).",
        )
    return data.take(positions), positions.astype(np.int64)


def bytes_each(job: ShadowJob) -> int:
    """Return the size of one shadow's stored answers, from the signal of two records."""
    k = job.data.n_classes
    example = apply_signal(job.signal, np.full((2, k), 1 / k, dtype=np.float32), np.zeros(2, dtype=np.int64))
    return max(1, int(example.nbytes) * len(job.queries) // 2)


def index_bytes(plan: MembershipPlan, positions: Ints | None) -> int:
    """Return about how long an index of these shadows is, see `shadows.manifest`."""
    n_positions = 0 if positions is None else len(positions)
    return len(plan) * (2 * -(-plan.n_records // 8) + 90) + 10 * n_positions


def _require_alike(data: Dataset, queries: Dataset) -> None:
    """Raise unless the queries could be records of ``data``."""
    if tuple(queries.X.shape[1:]) != tuple(data.X.shape[1:]) or not len(queries):
        raise InputError(
            f"query_on with {len(queries)} records of shape {tuple(queries.X.shape[1:])}",
            expected=f"at least one, of shape {tuple(data.X.shape[1:])} like those of {data.name!r}",
            fix="Query records with the same features.",
        )
    if queries.y.max() >= data.n_classes:
        raise InputError(
            f"query_on with classes up to {queries.y.max()}",
            expected=f"classes from 0 to {data.n_classes - 1}, those of {data.name!r}",
            fix="Number the classes as they are in data.",
        )


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
