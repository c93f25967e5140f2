"""What all networks share as trainers; PyTorch is imported when the first one trains."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from scipy import sparse

from mlleaks.errors import InputError, missing_extra
from mlleaks.models.schedules import ConstantThenDecay, Schedule
from mlleaks.models.sparse_input import Inputs, Rows
from mlleaks.models.torch.optimizers import SGD, Adam
from mlleaks.storage.tags import tagged
from mlleaks.types import Dataset, Floats, Ints, Model, Records

Precision: TypeAlias = Literal["float32", "bfloat16"]
Objective: TypeAlias = Callable[[Callable[[Any], Any], Any, Any], Any]
"""``objective(net, records, labels) -> loss`` of a batch, in tensors; labels are classes or posteriors."""


@dataclass(frozen=True, kw_only=True)
class NetworkTrainer(ABC):
    """Train a network by mini-batches, each epoch in a fresh random order, on cross entropy.

    Parameters
    ----------
    epochs : int
    batch : int
        Records a step; the last batch of an epoch may be smaller.
    learning_rate : float
    l2 : float
        ``l2 * sum(w ** 2)`` over all weights, not the biases, is added to the loss.
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
    MissingExtra
        PyTorch is not installed.
    InputError
        A setting that no network can be trained with, or a device that is not there.
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

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the network trained on ``data``."""
        return self.learned(data, data.y, rng)

    def learned(self, data: Dataset, labels: Ints | Floats, rng: np.random.Generator) -> NetworkModel:
        """Return the network trained on the records of ``data`` and classes or posteriors for them."""
        loop = torch_loop()
        X = self.inputs(data.X)
        scale = self.scale(X)
        if scale is not None:
            X = scale(X)
        net = loop.prepared(self.network(X.shape[1:], data.n_classes, rng), rng)
        with loop.seeded(rng.spawn(1)[0]):  # for modules that draw from PyTorch's own generator
            loop.fit(net, X, labels, trainer=self, rng=rng)
        return NetworkModel(net, self, scale)

    @abstractmethod
    def inputs(self, X: Records) -> Inputs:
        """Return records as the network takes them, before `scale`: float32 ``(n, ...)``, or `Rows`."""

    def scale(self, X: Inputs) -> Scale | None:
        """Return how one model's inputs are scaled, from the inputs that it is trained on."""
        return None

    def objective(self, rng: np.random.Generator) -> Objective | None:
        """Return what is minimised; None for cross entropy, with which networks can be stacked."""
        return None

    @abstractmethod
    def network(self, shape: tuple[int, ...], n_classes: int, rng: np.random.Generator) -> Any:
        """Return the untrained `torch.nn.Module` for inputs of ``shape``; it answers logits."""


@tagged("Scale")
@dataclass(frozen=True)
class Scale:
    """Subtract a mean and divide by a deviation, each of the shape of one input."""

    mean: Floats
    deviation: Floats

    def __call__(self, X: Inputs) -> Inputs:
        """Return new scaled inputs."""
        if isinstance(X, Rows):
            return X.scaled(self.mean, self.deviation)
        scaled: Floats = np.subtract(X, self.mean)
        scaled /= self.deviation
        return scaled


@tagged("NetworkModel")
@dataclass(frozen=True)
class NetworkModel:
    """A trained network, and what turns records into its input."""

    net: Any
    trainer: NetworkTrainer
    scale: Scale | None

    def predict_proba(self, X: Records) -> Floats:
        """Return the softmax ``(n, k)`` in float32."""
        inputs = self.trainer.inputs(X)
        return np.asarray(torch_loop().softmax(self.net, self.scale(inputs) if self.scale else inputs))


def numeric(X: Records, shape: Sequence[int]) -> Floats:
    """Return records as a float32 array of ``shape``, which may have one -1.

    Examples
    --------
    >>> numeric(np.zeros((2, 3, 4), dtype=int), (2, -1)).shape
    (2, 12)
    """
    try:
        dense = X.toarray() if sparse.issparse(X) else np.asarray(X)
        array = np.ascontiguousarray(dense, dtype=np.float32).reshape(shape)
        return array if array.flags.writeable else array.copy()  # torch wants to own its input
    except (TypeError, ValueError) as error:
        raise InputError(
            f"records that are not numbers ({error})",
            expected="numeric features for a neural network",
            fix="Encode text columns as numbers, or pass trainer= with a pipeline that does.",
        ) from error


def torch_loop() -> Any:
    """Return the module `models.loop`, with PyTorch; a clear error where it is not installed."""
    try:
        from mlleaks.models.torch import loop
    except ModuleNotFoundError as error:
        raise missing_extra("torch", "torch") from error
    return loop
