"""Which shadows are trained as one program, and by what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mlleaks.data.membership_plan import MembershipPlan
from mlleaks.models import MLPTrainer, NetworkTrainer, train_model
from mlleaks.models.network import torch_loop
from mlleaks.models.sparse_input import Rows, stays_sparse
from mlleaks.outputs.query import query
from mlleaks.types import Dataset, Floats, Ints, Model, Records, Trainer


class ModelGroup(Protocol):
    """Several trained models."""

    def posteriors(self, X: Records, /) -> Iterator[Floats]:
        """Yield each model's posteriors ``(n, k)``."""
        ...


@dataclass(frozen=True)
class Sequential:
    """Models that were trained one after another."""

    models: Sequence[Model]
    n_classes: int

    def posteriors(self, X: Records, /) -> Iterator[Floats]:
        """Yield each model's posteriors ``(n, k)``."""
        for model in self.models:
            yield query(model, X, n_classes=self.n_classes)


def train_group(
    trainer: Trainer, data: Dataset, members: Sequence[Ints], rngs: Sequence[np.random.Generator]
) -> ModelGroup:
    """Return one model for each entry of ``members``, trained as one program where there is one.

    Parameters
    ----------
    trainer : Trainer
    data : Dataset
    members : sequence of int arrays
        The positions that each model is trained on; all make equally many steps per epoch.
    rngs : sequence of generators
    """
    train = program(trainer, data.X, len(members))
    if train is not None:
        return train(trainer, data, members, rngs)
    models = [train_model(trainer, data.take(rows), rng) for rows, rng in zip(members, rngs, strict=True)]
    return Sequential(models, data.n_classes)


def program(trainer: Trainer, X: Records, size: int) -> Callable[..., ModelGroup] | None:
    """Return what trains ``size`` models on some of ``X`` as one program; None if each is better alone."""
    if is_alone(trainer, X):
        return None
    if isinstance(trainer, NetworkTrainer):
        torch_loop()
    if is_perceptron(trainer):
        from mlleaks.shadows.vectorized.perceptrons import train_perceptrons

        return train_perceptrons
    if isinstance(trainer, NetworkTrainer) and size > 1:
        from mlleaks.shadows.vectorized.vmapped import train_modules

        return train_modules
    return None


def is_perceptron(trainer: Any) -> bool:
    """Return whether the program of `vectorized.perceptrons` fits: the paper's MLP on a CPU."""
    return type(trainer) is MLPTrainer and trainer.settings.device == "cpu"


def is_alone(trainer: Any, X: Records) -> bool:
    """Return whether each model is trained by itself, because a group would gain nothing or differ.

    On sparse records memory traffic is all the cost. A trainer with a ``__call__`` or an objective
    of its own does more, or something else, than the program of a group would.
    """
    if not isinstance(trainer, NetworkTrainer):
        return False
    sparse = stays_sparse(X) and isinstance(trainer.inputs(X[:64]), Rows)
    own = type(trainer).__call__ is not NetworkTrainer.__call__
    return sparse or own or trainer.objective(np.random.default_rng(0)) is not None


def split_into_groups(
    trainer: Trainer, plan: MembershipPlan, models: Sequence[int], size: int
) -> list[list[int]]:
    """Return groups of up to ``size`` models that make equally many steps, to be trained as one program."""
    by_steps: dict[int, list[int]] = {}
    for model in models:
        steps = steps_per_epoch(trainer, plan, model) if isinstance(trainer, NetworkTrainer) else 0
        by_steps.setdefault(steps, []).append(model)
    return [same[i : i + size] for same in by_steps.values() for i in range(0, len(same), size)]


def steps_per_epoch(trainer: NetworkTrainer, plan: MembershipPlan, model: int) -> int:
    """Return how many batches a shadow's records make."""
    return -(-len(plan.members(model)) // trainer.settings.batch)


def balanced(n_models: int, size: int, workers: int) -> int:
    """Return the largest size up to ``size`` that keeps all workers busy to the end.

    Examples
    --------
    >>> balanced(64, 24, 2), balanced(5, 16, 2), balanced(1, 16, 2)
    (16, 3, 1)
    """
    rounds = -(-n_models // (size * workers))
    return -(-n_models // (rounds * workers))
