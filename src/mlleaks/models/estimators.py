"""Any scikit-learn classifier with ``predict_proba`` as a target or a shadow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone

from mlleaks.errors import ModelError
from mlleaks.types import Dataset, Floats, Model, Records


@dataclass(frozen=True)
class SklearnTrainer:
    """Train a fresh clone of an estimator.

    Parameters
    ----------
    estimator : scikit-learn classifier
        Any estimator or pipeline that has ``predict_proba`` after ``fit``. It is never fitted
        itself. All its ``random_state`` parameters, nested ones too, are set from ``rng``.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> data = Dataset("toy", np.array([[0.0], [1.0]]), np.array([0, 1]), 3)
    >>> model = SklearnTrainer(LogisticRegression())(data, np.random.default_rng(0))
    >>> model.predict_proba(np.array([[1.0]])).shape
    (1, 3)
    """

    estimator: Any

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the model trained on ``data``; its answers have ``data.n_classes`` columns."""
        model = clone(self.estimator)
        seeded = [key for key in sorted(model.get_params()) if key.split("__")[-1] == "random_state"]
        model.set_params(**{key: int(rng.integers(2**31)) for key in seeded})
        try:
            model.fit(data.X, data.y)
        except Exception as error:
            raise ModelError(
                f"{type(error).__name__} while training {type(model).__name__}: {error}",
                expected=f"an estimator that can be fitted on {len(data)} records",
                fix="Pass another trainer, or data with every class in them.",
            ) from error
        return AlignedModel(model, data.n_classes)


@dataclass(frozen=True)
class AlignedModel:
    """A fitted estimator that answers for all classes, also those it never saw (with zero)."""

    estimator: Any
    n_classes: int

    def predict_proba(self, X: Records) -> Floats:
        """Return posteriors ``(n, n_classes)``."""
        answers = np.asarray(self.estimator.predict_proba(X))
        known = np.asarray(self.estimator.classes_)
        if len(known) == self.n_classes:
            return answers
        aligned = np.zeros((len(answers), self.n_classes), dtype=answers.dtype)
        aligned[:, known] = answers
        return aligned
