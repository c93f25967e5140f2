"""Any scikit-learn classifier with ``predict_proba`` as a target or a shadow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mlleaks.models.alignment import AlignedModel
from mlleaks.runtime.foreign_code import calling
from mlleaks.runtime.threads import for_records
from mlleaks.storage.tags import tagged
from mlleaks.types import Dataset, Model, Records


@tagged("SklearnTrainer")
@dataclass(frozen=True)
class SklearnTrainer:
    """Train a fresh clone of an estimator.

    Parameters
    ----------
    estimator : scikit-learn classifier
        Any estimator or pipeline that has ``predict_proba`` after ``fit``. It is never fitted
        itself. All its ``random_state`` parameters, nested ones too, are set from ``rng``.
    classes : tuple, optional
        What the classes ``0..k-1`` are called in training, for an estimator whose settings speak of
        them by name; by default their numbers.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> data = Dataset("toy", np.array([[0.0], [1.0]]), np.array([0, 1]), 3)
    >>> model = SklearnTrainer(LogisticRegression())(data, np.random.default_rng(0))
    >>> model.predict_proba(np.array([[1.0]])).shape
    (1, 3)
    """

    estimator: Any
    classes: tuple[Any, ...] | None = None

    def fingerprinted(self) -> tuple[Any, ...]:
        """Return what a fingerprint holds of the trainer."""
        return (self.estimator, self.classes) if self.classes else (self.estimator,)

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the model trained on ``data``; its answers have ``data.n_classes`` columns."""
        from sklearn.base import clone  # a second that workers which train networks need not spend

        names = np.arange(data.n_classes) if self.classes is None else np.array(self.classes)
        with calling(
            f"while training {type(self.estimator).__name__}",
            expected=f"an estimator that can be fitted on {len(data)} records",
            fix="Pass another trainer, or data with every class in them.",
        ):
            model = clone(self.estimator)
            seeded = [key for key in sorted(model.get_params()) if key.split("__")[-1] == "random_state"]
            model.set_params(**{key: int(rng.integers(2**31)) for key in seeded})
            with for_records(data.X):
                model.fit(data.X, names[data.y])
        return AlignedModel(model, tuple(names.tolist()))


def of_rows(estimator: Any) -> Any:
    """Return an estimator of rows of numbers that takes images too, as rows of pixels in 0..1."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    return make_pipeline(FunctionTransformer(as_rows, accept_sparse=True), estimator)


@tagged("as_rows")
def as_rows(X: Records) -> Records:
    """Return images ``(n, ...)`` of whole numbers 0..255 as rows in 0..1, and anything else as it is.

    Examples
    --------
    >>> import numpy as np
    >>> as_rows(np.full((2, 3, 3), 255, dtype=np.uint8))[0, 0]
    np.float32(1.0)
    """
    if getattr(X, "ndim", 2) < 3:
        return X
    rows = X.reshape(len(X), -1)
    return rows / np.float32(255) if rows.dtype == np.uint8 else rows


as_rows.__module__ = "mlleaks.models"  # skops files name it by this path, wherever its code is
