"""How large a stack, and on which device: measured with a few steps on a few records."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from mlleaks.models import MLPTrainer, NetworkTrainer
from mlleaks.models.network import torch_loop
from mlleaks.shadows.memory import out_of_memory, too_little
from mlleaks.shadows.vectorized.dispatch import is_alone, is_perceptron, train_stack
from mlleaks.types import Dataset

WORTH_MEASURING = 60.0
"""Seconds of training from which on it pays to find out whether stacked modules are faster."""

Case: TypeAlias = tuple[str, int]
"""Device and stack size."""


@dataclass(frozen=True)
class TuningRequest:
    """What is to be found out.

    Parameters
    ----------
    devices : tuple of str
        The devices in question; empty for all that the worker has.
    stack : int, optional
        The stack size, if it is given.
    models, steps : int
        How many models each worker has to train, and in how many steps each.
    most : int
        The largest stack that may be tried.
    """

    devices: tuple[str, ...]
    stack: int | None
    models: int
    steps: int
    most: int = 256


@dataclass(frozen=True)
class StepTimings:
    """What one worker found: seconds of a step of one model, and why modules are not stacked."""

    seconds: Mapping[Case, float]
    notes: tuple[str, ...] = ()


def measure(trainer: NetworkTrainer, data: Dataset, question: TuningRequest) -> StepTimings:
    """Return how long a step takes in stacks of several sizes on several devices.

    Raises
    ------
    ModelError
        The network does not answer one logit a class, or not one model has room in the memory.
    """
    loop = torch_loop()
    for device in question.devices:
        loop.device(device)
    if not isinstance(trainer, MLPTrainer):
        from mlleaks.shadows.vectorized.modules import require_logits

        require_logits(trainer, data.take(np.arange(min(len(data), 2))))
    question = replace(question, devices=question.devices or loop.devices())
    found = [
        _on_device(trainer.with_settings(replace(trainer.settings, device=device)), data, question)
        for device in question.devices
    ]
    seconds = {case: taken for one in found for case, taken in one.seconds.items()}
    if not seconds:
        raise too_little(MemoryError("none was left for the first step"))
    return StepTimings(seconds, tuple(dict.fromkeys(note for one in found for note in one.notes)))


def best(found: Sequence[StepTimings]) -> Case:
    """Return the case with the shortest step, on average over the workers that all tried it."""
    tried = set.intersection(*(set(one.seconds) for one in found))
    if not tried:  # workers with very different memories: what the smallest of them can do
        return min((case for one in found for case in one.seconds), key=lambda case: (case[1], case[0]))
    return min(sorted(tried), key=lambda case: sum(one.seconds[case] for one in found))


def _on_device(trainer: NetworkTrainer, data: Dataset, question: TuningRequest) -> StepTimings:
    """Try rising sizes as long as they get no slower and fit into the memory."""
    perceptron, here = is_perceptron(trainer), trainer.settings.device
    rising = [2, 4, 8, 16, 32] if perceptron else [1, 4, 16, 64, 256]
    if is_alone(trainer, data.X):
        sizes = [1]
    else:
        fitting = [size for size in rising if size <= min(question.models, question.most)]
        sizes = [min(question.stack, question.most)] if question.stack else fitting or [1]
    first_stack = next((size for size in sizes if size > 1), None)
    only = len(sizes) == len(question.devices) == 1
    seconds: dict[Case, float] = {}
    for size in sizes:
        if size == first_stack and not perceptron and (why := _why_alone(trainer, data)):
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
        if slower or not (perceptron or _long(seconds[here, size], question)):
            break
    return StepTimings(seconds)


def _smaller(trainer: NetworkTrainer, data: Dataset, size: int) -> dict[Case, float]:
    """Return the seconds in the largest of ever smaller stacks that fits; none if not one model does."""
    while size > 1:
        size //= 2
        try:
            return {(trainer.settings.device, size): _seconds(trainer, data, size)}
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
    return {}


def _long(seconds: float, question: TuningRequest) -> bool:
    return seconds * question.steps * question.models > WORTH_MEASURING


def _why_alone(trainer: NetworkTrainer, data: Dataset) -> str | None:
    from mlleaks.shadows.vectorized.modules import why_alone

    return why_alone(trainer, data.take(np.arange(min(len(data), 4))))


def _seconds(trainer: NetworkTrainer, data: Dataset, size: int) -> float:
    """Return the seconds of one step of one model: the slope between a few steps and some more."""
    few, many = 1, 5
    once = trainer.with_settings(replace(trainer.settings, epochs=1))

    def took(steps: int) -> float:
        some = data.take(np.arange(steps * trainer.settings.batch) % len(data))
        rngs = [np.random.default_rng(seed) for seed in range(size)]
        start = time.perf_counter()
        train_stack(once, some, [np.arange(len(some))] * size, rngs)
        return time.perf_counter() - start

    took(few)  # the first call loads code
    slopes = [(took(many) - took(few)) / (many - few) for _ in range(2)]
    return max(min(slopes), 1e-9) / size
