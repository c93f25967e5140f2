"""What all networks share as trainers; PyTorch is imported when the first one trains."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import sparse

from mlleaks.errors import InputError, missing_extra
from mlleaks.models.settings import Objective, TrainingSettings
from mlleaks.models.sparse_input import Inputs, Rows
from mlleaks.storage.tags import tagged
from mlleaks.types import Dataset, Floats, Ints, Model, Records

if TYPE_CHECKING:
    from mlleaks.models.loss_trace import LossTrace


class NetworkTrainer(ABC):
    """Train a network by mini-batches, each epoch in a fresh random order, on cross entropy.

    `PlainTrainer` has settings of its own; a defended trainer reads them from the trainer it defends.

    Raises
    ------
    MissingExtra
        PyTorch is not installed.
    InputError
        A device that is not there.
    """

    @property
    @abstractmethod
    def settings(self) -> TrainingSettings:
        """How the network is trained."""

    @abstractmethod
    def with_settings(self, settings: TrainingSettings) -> Self:
        """Return the same trainer with other settings."""

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the network trained on ``data``."""
        return self.learned(data, data.y, rng)

    def traced(self, data: Dataset, rng: np.random.Generator, *, trace: LossTrace) -> NetworkModel:
        """Return the same network as a call does, and record its losses in ``trace``.

        The losses are those that training computes: before the step of each batch, with dropout where
        there is dropout. Last come those of the finished network, which `LossTrace.tail` wants.

        Parameters
        ----------
        data : Dataset
            Its ids name the records of the trace.
        rng : numpy.random.Generator
        trace : LossTrace

        Raises
        ------
        InputError
            A defense that trains in a way of its own, or on mixtures of records.
        """
        if type(self).__call__ is not NetworkTrainer.__call__:
            raise InputError(
                f"{type(self).__name__}, which trains in a way of its own",
                expected="a trainer that minimises a loss of each batch",
                fix="Call trace.after_epoch(model, X, y) on the finished model.",
            )
        model = self.learned(data, data.y, rng, trace=trace)
        trace.after_epoch(model, data.X, data.y, ids=data.ids)
        return model

    def learned(
        self,
        data: Dataset,
        labels: Ints | Floats,
        rng: np.random.Generator,
        *,
        trace: LossTrace | None = None,
    ) -> NetworkModel:
        """Return the network trained on the records of ``data`` and classes or posteriors for them."""
        loop = torch_loop()

        def record(losses: Floats) -> None:
            assert trace is not None
            trace.record(losses, data.ids)
            trace.end_epoch()

        hooks = loop.Hooks(losses=loop.EpochLosses(len(data), record) if trace is not None else None)
        X = self.inputs(data.X)
        scale = self.scale(X)
        if scale is not None:
            X = scale(X)
        net = loop.prepared(self.network(X.shape[1:], data.n_classes, rng), rng)
        with loop.seeded(rng.spawn(1)[0]):  # for modules that draw from PyTorch's own generator
            loop.train_network(net, X, labels, trainer=self, rng=rng, hooks=hooks)
        return NetworkModel(net, self, scale)

    @abstractmethod
    def inputs(self, X: Records) -> Inputs:
        """Return records as the network takes them, before `scale`: float32 ``(n, ...)``, or `Rows`."""

    def scale(self, X: Inputs) -> InputScale | None:
        """Return how one model's inputs are scaled, from the inputs that it is trained on."""
        return None

    def objective(self, rng: np.random.Generator) -> Objective | None:
        """Return what is minimised; None for cross entropy, with which networks can be trained in groups."""
        return None

    @abstractmethod
    def network(self, shape: tuple[int, ...], n_classes: int, rng: np.random.Generator) -> Any:
        """Return the untrained `torch.nn.Module` for inputs of ``shape``; it answers logits."""


@dataclass(frozen=True, kw_only=True)
class PlainTrainer(TrainingSettings, NetworkTrainer):
    """A trainer without a defense: the settings of training are among its own parameters."""

    @property
    def settings(self) -> TrainingSettings:
        """How the network is trained."""
        return TrainingSettings(**{f.name: getattr(self, f.name) for f in fields(TrainingSettings)})

    def with_settings(self, settings: TrainingSettings) -> Self:
        """Return the same trainer with other settings.

        Parameters
        ----------
        settings : TrainingSettings
        """
        return replace(self, **{f.name: getattr(settings, f.name) for f in fields(TrainingSettings)})


@tagged("Scale")
@dataclass(frozen=True)
class InputScale:
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


@tagged("NetModel")
@dataclass(frozen=True)
class NetworkModel:
    """A trained network, and what turns records into its input."""

    net: Any
    trainer: NetworkTrainer
    scale: InputScale | None

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
    """Return the module `mlleaks.models.torch.loop`; a clear error where it is not installed."""
    try:
        from mlleaks.models.torch import loop
    except ModuleNotFoundError as error:
        raise missing_extra("torch", "torch") from error
    return loop
