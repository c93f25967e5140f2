"""Any PyTorch module as a trainer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlleaks.models.network import PlainTrainer, numeric, torch_loop
from mlleaks.storage.tags import tagged
from mlleaks.types import Floats, Records


@tagged("ModuleTrainer")
@dataclass(frozen=True, kw_only=True)
class ModuleTrainer(PlainTrainer):
    """Train a module of your own; see `TrainingSettings` for the other parameters.

    Parameters
    ----------
    build : function
        ``build(shape, n_classes)`` returns an untrained `torch.nn.Module` that takes float32
        batches ``(n, *shape)`` of the records and answers logits ``(n, n_classes)``. What it draws
        from PyTorch's generator is seeded; dropout layers get masks of their own seed.

    Examples
    --------
    >>> from torch import nn
    >>> def build(shape, n_classes):
    ...     return nn.Sequential(nn.Linear(*shape, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, n_classes))
    >>> from mlleaks.types import Dataset
    >>> data = Dataset("toy", np.eye(4), np.array([0, 1, 0, 1]), 2)
    >>> model = ModuleTrainer(build=build, epochs=2)(data, np.random.default_rng(0))
    >>> model.predict_proba(data.X).shape
    (4, 2)
    """

    build: Callable[[tuple[int, ...], int], Any]

    def inputs(self, X: Records) -> Floats:
        """Return records as float32, in the shape that they have."""
        return numeric(X, X.shape)

    def network(self, shape: tuple[int, ...], n_classes: int, rng: np.random.Generator) -> Any:
        """Return what ``build`` returns."""
        loop = torch_loop()
        with loop.seeded(rng):
            return loop.materialized(self.build(shape, n_classes), shape)
