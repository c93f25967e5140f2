"""How long training and querying take, from a little of both that is done now."""

from __future__ import annotations

import time

import numpy as np

from mlleaks.errors import MLLeaksError
from mlleaks.outputs.query import query
from mlleaks.shadows import Backend
from mlleaks.shadows.tuning import fixed_group_size
from mlleaks.shadows.vectorized.dispatch import train_group
from mlleaks.types import Dataset, Model, Trainer

SHARES = (0.05, 0.2)
"""The shares of the records that are tried; the time is taken to go on rising as from one to the other."""
LONG = 10.0
"""Seconds after which one try is enough."""
SAMPLE = 100
"""Queries that are sent for an estimate."""


def seconds_per_query(model: Model, like: Dataset) -> float:
    """Return how long one query takes, from up to `SAMPLE` records that are sent now in one call."""
    some = like.take(np.arange(min(SAMPLE, len(like))))
    query(model, some.take(np.arange(1)).X)  # a first call may load what the model needs
    started = time.perf_counter()
    query(model, some.X)
    return (time.perf_counter() - started) / len(some)


def seconds_each(trainer: Trainer, data: Dataset, size: int, backend: Backend) -> float:
    """Return about how long one of many models takes, all workers together; nan if none can be trained.

    Parameters
    ----------
    trainer : Trainer
    data : Dataset
    size : int
        How many records each model is trained on.
    backend : Backend
        Where they are to be trained.
    """
    order = np.random.default_rng(0).permutation(len(data))
    sizes = [
        min(len(data), max(int(size * share), least)) for share, least in zip(SHARES, (20, 40), strict=True)
    ]
    seconds: list[float] = []
    try:
        for records in sizes:
            seconds.append(_seconds(trainer, data.take(order[:records])))
            if seconds[0] > LONG:
                break
    except MLLeaksError:  # these records, or so few of them, cannot be trained on
        return float("nan")
    if len(seconds) == 1 or sizes[0] == sizes[1]:
        each = seconds[0] * size / sizes[0]
    else:
        rise = (seconds[1] - seconds[0]) / (sizes[1] - sizes[0])
        each = max(seconds[1], seconds[1] + rise * (size - sizes[1]))
    with backend.open() as workers:
        return each / workers.count


def _seconds(trainer: Trainer, data: Dataset) -> float:
    """Return how long one model takes, trained in a group where audits train it in groups."""
    count = fixed_group_size(trainer) or 1
    rngs = [np.random.default_rng(model) for model in range(count)]
    started = time.perf_counter()
    train_group(trainer, data, [np.arange(len(data))] * count, rngs)
    return (time.perf_counter() - started) / count
