"""The paper's multilayer perceptron, in PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from mlleaks.errors import InputError, missing_extra
from mlleaks.types import Dataset, Floats, Model, Records


@dataclass(frozen=True)
class MLPTrainer:
    """One hidden layer of tanh units, softmax, cross entropy, Adam (paper, section on models).

    Weights start Glorot-uniform, biases at zero. The learning rate is constant.

    Parameters
    ----------
    hidden : int
        Units of the hidden layer.
    epochs : int
    batch : int
        Records a step; the last batch of an epoch may be smaller.
    learning_rate : float
    l2 : float
        ``l2 * sum(w ** 2)`` over all weights is added to the loss.

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

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the network trained on ``data`` (records are flattened to vectors)."""
        loop = _torch_loop()
        X = flat(data.X)
        net = loop.perceptron(X.shape[1], self.hidden, data.n_classes, rng)
        loop.fit(
            net,
            X,
            data.y,
            epochs=self.epochs,
            batch=self.batch,
            learning_rate=self.learning_rate,
            l2=self.l2,
            rng=rng,
        )
        return NetModel(net)


@dataclass(frozen=True)
class NetModel:
    """A trained network over flat records."""

    net: Any

    def predict_proba(self, X: Records) -> Floats:
        """Return the softmax ``(n, k)`` in float32."""
        return np.asarray(_torch_loop().softmax(self.net, flat(X)))


def flat(X: Records) -> Floats:
    """Return records as float32 vectors ``(n, d)``.

    Examples
    --------
    >>> flat(np.zeros((2, 3, 4), dtype=int)).shape
    (2, 12)
    """
    try:
        dense = X.toarray() if sparse.issparse(X) else np.asarray(X)
        return np.ascontiguousarray(dense, dtype=np.float32).reshape(len(dense), -1)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"records that are not numbers ({error})",
            expected="numeric features for a neural network",
            fix="Encode text columns as numbers, or pass trainer= with a pipeline that does.",
        ) from error


def _torch_loop() -> Any:
    try:
        from mlleaks.models import loop
    except ModuleNotFoundError as error:
        raise missing_extra("torch", "torch") from error
    return loop
