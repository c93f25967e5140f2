"""How a network is trained: one object, whose values a defended trainer takes from the trainer it defends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias, get_args

import numpy as np

from mlleaks.errors import InputError
from mlleaks.models.schedules import ConstantThenDecay, Schedule
from mlleaks.models.torch.optimizers import SGD, Adam

Precision: TypeAlias = Literal["float32", "bfloat16"]
Objective: TypeAlias = Callable[[Callable[[Any], Any], Any, Any], Any]
"""``objective(net, records, labels) -> loss`` of a batch, in tensors; labels are classes or posteriors."""


class Learner(Protocol):
    """What the training loop must know of a trainer."""

    @property
    def settings(self) -> TrainingSettings:
        """How it trains."""
        ...

    def objective(self, rng: np.random.Generator, /) -> Objective | None:
        """Return what is minimised; None for cross entropy."""
        ...


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How a network is trained, whatever its layers are.

    Parameters
    ----------
    epochs : int
        From 0 on.
    batch : int
        Records per step, from 1 on; the last batch of an epoch may be smaller.
    learning_rate : float
        Above 0.
    l2 : float
        ``l2 * sum(w ** 2)`` over all weights, not the biases, is added to the loss; from 0 on.
    schedule : Schedule
        `ConstantThenDecay` by default; `ConstantSchedule` is the paper's.
    optimizer : Adam or SGD
    precision : str
        Of the products in training: "float32" or "bfloat16". Weights, optimizer and answers are
        float32 in both.
    device : str
        Where PyTorch trains and answers: "cpu", "cuda", "cuda:1".

    Raises
    ------
    InputError
        A setting that no network can be trained with.

    Examples
    --------
    >>> TrainingSettings(epochs=3).batch
    100
    """

    epochs: int = 50
    batch: int = 100
    learning_rate: float = 0.001
    l2: float = 1e-7
    schedule: Schedule = field(default_factory=ConstantThenDecay)
    optimizer: Adam | SGD = field(default_factory=Adam)
    precision: Precision = "float32"
    device: str = field(default="cpu", repr=False)

    def __post_init__(self) -> None:
        if self.precision not in get_args(Precision):
            raise InputError(
                f"the precision {self.precision!r}",
                expected=f"one of {', '.join(get_args(Precision))}",
                fix="Pass one of them.",
            )
        if self.epochs < 0 or self.batch < 1 or not self.learning_rate > 0 or self.l2 < 0:
            raise InputError(
                f"epochs={self.epochs}, batch={self.batch}, learning_rate={self.learning_rate}, l2={self.l2}",
                expected="epochs and l2 from 0 on, batch from 1 on, a learning rate above 0",
                fix="Pass other settings.",
            )
