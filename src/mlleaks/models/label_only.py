"""Trainers of models that answer the class alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.models.alignment import AlignedModel
from mlleaks.outputs.label_only import LabelOnlyModel
from mlleaks.runtime.foreign_code import attribute
from mlleaks.storage.tags import tagged
from mlleaks.types import Dataset, Model, Trainer


@tagged("LabelOnlyTrainer")
@dataclass(frozen=True)
class LabelOnlyTrainer:
    """Train a model, which may lack ``predict_proba``, and let it answer the class alone.

    Parameters
    ----------
    base : Trainer

    Examples
    --------
    >>> from sklearn.svm import LinearSVC
    >>> from mlleaks.models import as_trainer
    >>> data = Dataset("toy", np.array([[-1.0], [1.0]]), np.array([0, 1]), 2)
    >>> model = LabelOnlyTrainer(as_trainer(LinearSVC()))(data, np.random.default_rng(0))
    >>> model.predict_proba(np.array([[2.0]]))
    array([[0., 1.]])
    """

    base: Trainer

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the model."""
        model = self.base(data, rng)
        if isinstance(model, AlignedModel) and attribute(model.estimator, "predict_proba") is None:
            return LabelOnlyModel(model.estimator, classes=model.classes)
        return LabelOnlyModel(model)
