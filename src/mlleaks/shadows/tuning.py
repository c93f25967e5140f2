"""How large groups are, and on which device they are trained: measured with a few steps on a few records."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from mlleaks.models import MLPTrainer, NetworkTrainer
from mlleaks.models.network import torch_loop
from mlleaks.shadows.memory import out_of_memory, too_little
from mlleaks.shadows.vectorized.dispatch import is_alone, is_perceptron, train_group
from mlleaks.types import Dataset, Trainer

WORTH_MEASURING = 60.0
"""Seconds of training from which on it pays to find out whether groups of modules are faster."""

GROUP_SIZE = 16
"""Perceptrons that are trained as one program where the number is fixed."""

Case: TypeAlias = tuple[str, int]
"""Device and group size."""


@dataclass(frozen=True)
class TuningRequest:
    """What a worker is to measure.

    Parameters
    ----------
    devices : tuple of str
        The devices to try; empty for all that the worker has.
    group_size : int, optional
        The size of groups, if the caller has fixed it.
    models, steps : int
        How many models each worker has to train, and in how many steps each.
    most : int
        The largest group that may be tried.
    """

    devices: tuple[str, ...]
    group_size: int | None
    models: int
    steps: int
    most: int = 256


@dataclass(frozen=True)
class StepTimings:
    """What one worker measured: seconds per step and model, and why modules are not trained in groups."""

    seconds: Mapping[Case, float]
    notes: tuple[str, ...] = ()


def fixed_group_size(trainer: Trainer, perceptrons: int = GROUP_SIZE) -> int | None:
    """Return how many networks are trained as one program where nothing is measured; None for other models.

    Sums are rounded in another order in a group of another size: with a fixed one, the same audit or
    comparison has the same numbers again.
    """
    if not isinstance(trainer, NetworkTrainer):
        return None
    return perceptrons if isinstance(trainer, MLPTrainer) else 1


def measure(trainer: NetworkTrainer, data: Dataset, request: TuningRequest) -> StepTimings:
    """Return how long a step takes in groups of several sizes on several devices.

    Raises
    ------
    ModelError
        The network does not answer one logit per class, or not one model has room in the memory.
    """
    loop = torch_loop()
    for device in request.devices:
        loop.device(device)
    if not isinstance(trainer, MLPTrainer):
        from mlleaks.shadows.vectorized.vmapped import require_logits

        require_logits(trainer, data.take(np.arange(min(len(data), 2))))
    request = replace(request, devices=request.devices or loop.devices())
    timings = [
        _on_device(trainer.with_settings(replace(trainer.settings, device=device)), data, request)
        for device in request.devices
    ]
    seconds = {case: each for timing in timings for case, each in timing.seconds.items()}
    if not seconds:
        raise too_little(MemoryError("none was left for the first step"))
    return StepTimings(seconds, tuple(dict.fromkeys(note for timing in timings for note in timing.notes)))


def fastest(timings: Sequence[StepTimings]) -> Case:
    """Return the case with the shortest step, on average over the workers that all tried it."""
    tried = set.intersection(*(set(timing.seconds) for timing in timings))
    if not tried:  # workers with very different memories: what the smallest of them can do
        return min((case for timing in timings for case in timing.seconds), key=lambda case: case[::-1])
    return min(sorted(tried), key=lambda case: sum(timing.seconds[case] for timing in timings))


def _on_device(trainer: NetworkTrainer, data: Dataset, request: TuningRequest) -> StepTimings:
    """Try rising sizes as long as they get no slower and fit into the memory."""
    perceptron, here = is_perceptron(trainer), trainer.settings.device
    sizes = [1] if is_alone(trainer, data.X) else _sizes(request, perceptron=perceptron)
    first_group = next((size for size in sizes if size > 1), None)
    only = len(sizes) == len(request.devices) == 1
    seconds: dict[Case, float] = {}
    for size in sizes:
        if size == first_group and not perceptron and (why := _why_alone(trainer, data)):
            return StepTimings({(here, 1): 0.0, **seconds}, (f"Every shadow is trained by itself: {why}.",))
        if only:
            return StepTimings({(here, size): 0.0})
        try:
            seconds[here, size] = _seconds(trainer, data, size)
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            return StepTimings(seconds or _smaller(trainer, data, size))
        slower = seconds[here, size] > 1.2 * min(seconds.values())
        if slower or not (perceptron or _is_long(seconds[here, size], request)):
            break
    return StepTimings(seconds)


def _sizes(request: TuningRequest, *, perceptron: bool) -> list[int]:
    """Return the sizes of groups to try, rising; the one that the caller has fixed, if any."""
    if request.group_size:
        return [min(request.group_size, request.most)]
    rising = [2, 4, 8, 16, 32] if perceptron else [1, 4, 16, 64, 256]
    return [size for size in rising if size <= min(request.models, request.most)] or [1]


def _smaller(trainer: NetworkTrainer, data: Dataset, size: int) -> dict[Case, float]:
    """Return the seconds in the largest of ever smaller groups that fits; none if not one model does."""
    while size > 1:
        size //= 2
        try:
            return {(trainer.settings.device, size): _seconds(trainer, data, size)}
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
    return {}


def _is_long(seconds: float, request: TuningRequest) -> bool:
    return seconds * request.steps * request.models > WORTH_MEASURING


def _why_alone(trainer: NetworkTrainer, data: Dataset) -> str | None:
    from mlleaks.shadows.vectorized.vmapped import why_alone

    return why_alone(trainer, data.take(np.arange(min(len(data), 4))))


def _seconds(trainer: NetworkTrainer, data: Dataset, size: int) -> float:
    """Return the seconds per step and model: the slope between a few steps and some more."""
    few, many = 1, 5
    settings = replace(trainer.settings, epochs=1)
    one_epoch = trainer.with_settings(settings)

    def took(steps: int) -> float:
        some = data.take(np.arange(steps * settings.batch) % len(data))
        rngs = [np.random.default_rng(seed) for seed in range(size)]
        start = time.perf_counter()
        train_group(one_epoch, some, [np.arange(len(some))] * size, rngs)
        return time.perf_counter() - start

    took(few)  # the first call loads code
    slopes = [(took(many) - took(few)) / (many - few) for _ in range(2)]
    return max(min(slopes), 1e-9) / size
