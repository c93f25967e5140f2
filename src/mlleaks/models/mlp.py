"""The paper's multilayer perceptron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from mlleaks.models.network import InputScale, PlainTrainer, numeric
from mlleaks.models.sparse_input import Inputs, Rows, average, stays_sparse
from mlleaks.storage.tags import tagged
from mlleaks.types import Records


@tagged("MLPTrainer")
@dataclass(frozen=True, kw_only=True)
class MLPTrainer(PlainTrainer):
    """The paper's MLP over flat records: one hidden layer of tanh units, softmax.

    Glorot-uniform weights, zero biases. Wide sparse records are never written out: the first layer
    works on what is not zero, with the same numbers (its products stay float32 where others are
    bfloat16). See `TrainingSettings` for the other parameters.

    Parameters
    ----------
    hidden : int
        Units of the hidden layer.
    center : bool
        Subtract from every record, dense or sparse, the mean of the model's own training records.

    Examples
    --------
    >>> from mlleaks.types import Dataset
    >>> data = Dataset("toy", sparse.eye_array(4, 5000, format="csr"), np.array([0, 1, 0, 1]), 2)
    >>> model = MLPTrainer(epochs=9, center=True)(data, np.random.default_rng(0))
    >>> model.predict_proba(data.X).argmax(axis=1)
    array([0, 1, 0, 1])
    """

    hidden: int = 128
    center: bool = False

    def inputs(self, X: Records) -> Inputs:
        """Return records as float32 vectors ``(n, d)``, as `Rows` if `stays_sparse` holds."""
        if stays_sparse(X):
            return Rows(sparse.csr_array(X, dtype=np.float32))
        return numeric(X, (X.shape[0], -1))

    def scale(self, X: Inputs) -> InputScale | None:
        """Return the mean to be subtracted, if there is one."""
        if not self.center:
            return None
        mean = average(X)
        return InputScale(mean, np.ones_like(mean))

    def network(self, shape: tuple[int, ...], n_classes: int, rng: np.random.Generator) -> Any:
        """Return the untrained perceptron."""
        from mlleaks.models.torch.architectures import perceptron

        return perceptron(shape[0], self.hidden, n_classes, rng)
