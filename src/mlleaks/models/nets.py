"""The paper's networks as trainers; PyTorch is imported when the first one trains."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from mlleaks.errors import InputError, missing_extra
from mlleaks.models.schedules import Schedule, Settling
from mlleaks.types import Dataset, Floats, Model, Records


@dataclass(frozen=True, kw_only=True)
class NetTrainer(ABC):
    """What both networks share: cross entropy, Adam, Glorot-uniform weights, zero biases.

    Parameters
    ----------
    hidden : int
        Units of the hidden (last but one) layer, tanh.
    epochs : int
    batch : int
        Records a step; the last batch of an epoch may be smaller.
    learning_rate : float
    l2 : float
        ``l2 * sum(w ** 2)`` over all weights is added to the loss.
    schedule : Schedule
        `Settling` by default; `Constant` is the paper's.

    Raises
    ------
    MissingExtra
        PyTorch is not installed.
    """

    hidden: int = 128
    epochs: int = 50
    batch: int = 100
    learning_rate: float = 0.001
    l2: float = 1e-7
    schedule: Schedule = field(default_factory=Settling)

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the network trained on ``data``."""
        torch_loop, _ = _torch_modules()
        prepare = self._preparation(data.X)
        X = prepare(data.X)
        net = self._network(X.shape[1:], data.n_classes, rng)
        torch_loop.fit(
            net,
            X,
            data.y,
            epochs=self.epochs,
            batch=self.batch,
            learning_rate=self.learning_rate,
            l2=self.l2,
            schedule=self.schedule,
            rng=rng,
        )
        return NetModel(net, prepare)

    @abstractmethod
    def _preparation(self, X: Records) -> Callable[[Records], Floats]:
        """Return what turns records into the network's input, from the training records."""

    @abstractmethod
    def _network(self, shape: tuple[int, ...], n_classes: int, rng: np.random.Generator) -> Any:
        """Return the untrained network for inputs of ``shape``."""


@dataclass(frozen=True, kw_only=True)
class MLPTrainer(NetTrainer):
    """The paper's multilayer perceptron over flat records: one hidden layer of tanh units, softmax.

    See `NetTrainer` for the parameters.
    """

    def _preparation(self, X: Records) -> Callable[[Records], Floats]:
        return flat

    def _network(self, shape: tuple[int, ...], n_classes: int, rng: np.random.Generator) -> Any:
        return _torch_modules()[1].perceptron(shape[0], self.hidden, n_classes, rng)


@dataclass(frozen=True, kw_only=True)
class CNNTrainer(NetTrainer):
    """The paper's convolutional network over images ``(n, height, width[, channels])``.

    Pixels are standardised, each with its own mean and standard deviation over the training
    images. See `NetTrainer` for the parameters and `models.networks.convolutional` for the layers.

    Raises
    ------
    InputError
        Records that are no images, or images smaller than 12x12: nothing is left after the layers.
    """

    def _preparation(self, X: Records) -> Callable[[Records], Floats]:
        images = _images(X)
        deviation = images.std(axis=0)
        deviation[deviation == 0] = 1
        return partial(_standardised, mean=images.mean(axis=0), deviation=deviation)

    def _network(self, shape: tuple[int, ...], n_classes: int, rng: np.random.Generator) -> Any:
        return _torch_modules()[1].convolutional(shape, self.hidden, n_classes, rng)


@dataclass(frozen=True)
class NetModel:
    """A trained network, and what turns records into its input."""

    net: Any
    prepare: Callable[[Records], Floats]

    def predict_proba(self, X: Records) -> Floats:
        """Return the softmax ``(n, k)`` in float32."""
        return np.asarray(_torch_modules()[0].softmax(self.net, self.prepare(X)))


def flat(X: Records) -> Floats:
    """Return records as float32 vectors ``(n, d)``.

    Examples
    --------
    >>> flat(np.zeros((2, 3, 4), dtype=int)).shape
    (2, 12)
    """
    try:
        dense = X.toarray() if sparse.issparse(X) else np.asarray(X)
        vectors = np.ascontiguousarray(dense, dtype=np.float32).reshape(len(dense), -1)
        return vectors if vectors.flags.writeable else vectors.copy()  # torch wants to own its input
    except (TypeError, ValueError) as error:
        raise InputError(
            f"records that are not numbers ({error})",
            expected="numeric features for a neural network",
            fix="Encode text columns as numbers, or pass trainer= with a pipeline that does.",
        ) from error


def _images(X: Records) -> Floats:
    """Return images as float32 ``(n, channels, height, width)``."""
    shape = tuple(X.shape)
    if len(shape) not in (3, 4) or min(shape[1:3]) < 12:
        raise InputError(
            f"records of shape {shape}",
            expected="images (n, height, width) or (n, height, width, channels), 12x12 or larger",
            fix="Use MLPTrainer for records that are no images.",
        )
    images = flat(X).reshape(*shape, *(() if len(shape) == 4 else (1,)))
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2))


def _standardised(X: Records, *, mean: Floats, deviation: Floats) -> Floats:
    images = _images(X)
    images -= mean
    images /= deviation
    return images


def _torch_modules() -> tuple[Any, Any]:
    try:
        from mlleaks.models import loop, networks
    except ModuleNotFoundError as error:
        raise missing_extra("torch", "torch") from error
    return loop, networks
