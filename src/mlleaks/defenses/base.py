"""A network of another trainer, trained or built in another way: what such defenses share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Self

import numpy as np

from mlleaks.errors import InputError
from mlleaks.models import NetworkTrainer, TrainingSettings
from mlleaks.models.network import InputScale
from mlleaks.models.settings import Objective
from mlleaks.models.sparse_input import Inputs
from mlleaks.types import Records, Trainer


@dataclass(frozen=True, kw_only=True)
class NetworkDefense(NetworkTrainer):
    """The network of ``base``, trained with the settings of ``base``.

    Parameters
    ----------
    base : NetworkTrainer
    """

    base: NetworkTrainer

    def __post_init__(self) -> None:
        if type(self.base).__call__ is NetworkTrainer.__call__:
            return
        names = f"{type(self).__name__} around {type(self.base).__name__}"
        if type(self).__call__ is NetworkTrainer.__call__:
            raise InputError(
                f"{names}, which trains in a way of its own",
                expected="the defense that trains in its own way on the outside",
                fix="Put this defense on first, the other one second.",
            )
        raise InputError(
            f"{names}, which both train in a way of their own",
            expected="one such defense",
            fix="Leave one out; a defended teacher goes into distillation(trainer, teacher=...).",
        )

    @property
    def settings(self) -> TrainingSettings:
        """The settings of ``base``: a defended trainer has none of its own."""
        return self.base.settings

    def with_settings(self, settings: TrainingSettings) -> Self:
        """Return the same trainer whose ``base`` has other settings.

        Parameters
        ----------
        settings : TrainingSettings
        """
        return replace(self, base=self.base.with_settings(settings))

    def inputs(self, X: Records) -> Inputs:
        """Return records as the network takes them."""
        return self.base.inputs(X)

    def scale(self, X: Inputs) -> InputScale | None:
        """Return how inputs are scaled."""
        return self.base.scale(X)

    def objective(self, rng: np.random.Generator) -> Objective | None:
        """Return what is minimised."""
        return self.base.objective(rng)

    def network(self, shape: tuple[int, ...], n_classes: int, rng: np.random.Generator) -> Any:
        """Return the untrained network."""
        return self.base.network(shape, n_classes, rng)


def require_network(trainer: Trainer, defense: str) -> NetworkTrainer:
    """Return the trainer; an error that offers stacking unless it trains a network."""
    if isinstance(trainer, NetworkTrainer):
        return trainer
    if any(isinstance(part, NetworkTrainer) for part in parts_of(trainer)):
        raise InputError(
            f"{defense} for {type(trainer).__name__}",
            expected="the network itself: this defense changes how it is trained",
            fix="Put this defense on first, the other one second.",
        )
    raise InputError(
        f"{defense} for {type(getattr(trainer, 'estimator', trainer)).__name__}",
        expected="a neural network: this defense changes how a network is trained",
        fix="Use stacking, the paper's defense for any algorithm.",
    )


def parts_of(trainer: Any) -> Iterator[Any]:
    """Yield a trainer and all trainers and settings that it is made of."""
    yield trainer
    if isinstance(trainer, (tuple, list)):
        for part in trainer:
            yield from parts_of(part)
    elif is_dataclass(trainer) and not isinstance(trainer, type):
        for field in fields(trainer):
            yield from parts_of(getattr(trainer, field.name))


def require_share(value: float, what: str) -> None:
    """Raise `InputError` unless ``value`` is in [0, 1)."""
    if not 0 <= value < 1:
        raise InputError(f"{what} of {value}", expected="a number in [0, 1)", fix="Pass another one.")
