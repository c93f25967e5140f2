"""Models whose answers have a column for every class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mlleaks.outputs.interface import class_names
from mlleaks.storage.tags import tagged
from mlleaks.types import Floats, Model, Records


def align_columns(model: Any, n_classes: int) -> Model:
    """Return a model with a column for every class, in their order, if it says which ones it has."""
    names = class_names(model)
    if names is None or names == list(range(n_classes)) or not set(names) <= set(range(n_classes)):
        return model  # type: ignore[no-any-return]
    return AlignedModel(model, tuple(range(n_classes)))


@tagged("AlignedModel")
@dataclass(frozen=True)
class AlignedModel:
    """A fitted model that answers for all classes, also for those that it was not trained on (with zero).

    Parameters
    ----------
    estimator : object with ``predict_proba`` and ``classes_``
    classes : tuple
        All classes, in the order of the columns.
    """

    estimator: Any
    classes: tuple[Any, ...]

    def predict_proba(self, X: Records) -> Floats:
        """Return posteriors ``(n, n_classes)``."""
        answers = np.asarray(self.estimator.predict_proba(X))
        names = class_names(self.estimator)
        if names is None or names == list(self.classes):
            return answers
        aligned = np.zeros((len(answers), len(self.classes)), dtype=answers.dtype)
        aligned[:, [self.classes.index(name) for name in names]] = answers
        return aligned
