"""The paper's multilayer perceptron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mlleaks.models.nets import NetTrainer, numeric
from mlleaks.types import Floats, Records


@dataclass(frozen=True, kw_only=True)
class MLPTrainer(NetTrainer):
    """The paper's MLP over flat records: one hidden layer of tanh units, softmax.

    Glorot-uniform weights, zero biases. See `NetTrainer` for the other parameters.

    Parameters
    ----------
    hidden : int
        Units of the hidden layer.
    """

    hidden: int = 128

    def inputs(self, X: Records) -> Floats:
        """Return records as float32 vectors ``(n, d)``."""
        return numeric(X, (X.shape[0], -1))

    def network(self, shape: tuple[int, ...], n_classes: int, rng: np.random.Generator) -> Any:
        """Return the untrained perceptron."""
        from mlleaks.models.networks import perceptron

        return perceptron(shape[0], self.hidden, n_classes, rng)
