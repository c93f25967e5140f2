"""Model stacking as a scikit-learn estimator, for any first layer and any final estimator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from mlleaks.data.splits import disjoint, shares_of
from mlleaks.errors import InputError
from mlleaks.storage.tags import tagged
from mlleaks.types import Floats


@tagged("StackedDefense")
class StackedDefense(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The paper's model stacking: first-layer estimators and a final one, each fitted on records of its own.

    scikit-learn's `StackingClassifier` fits every estimator on all records, and its cross-validation
    protects the final one from overfitting, not the records from being recognised. Here no
    estimator sees a record of another's part, and that is what protects.

    Parameters
    ----------
    estimators : sequence of (str, estimator), optional
        The first layer, with ``predict_proba``; by default an MLP and a random forest.
    final_estimator : estimator, optional
        Learns from the first layer's posteriors; by default logistic regression.
    shares : sequence of float, optional
        How large each part is, the final estimator's last; equal by default.
    random_state : int, RandomState or None

    Attributes
    ----------
    classes_ : array (k,)
    estimators_ : list of fitted estimators
    final_estimator_ : fitted estimator
    parts_ : list of int arrays
        The positions that each was fitted on, the final one's last.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = load_iris(return_X_y=True)
    >>> first = [("tree", RandomForestClassifier(5)), ("line", LogisticRegression(max_iter=500))]
    >>> model = StackedDefense(first, random_state=0).fit(X, y)
    >>> model.predict_proba(X).shape
    (150, 3)
    """

    def __init__(
        self,
        estimators: Sequence[tuple[str, Any]] | None = None,
        final_estimator: Any = None,
        *,
        shares: Sequence[float] | None = None,
        random_state: Any = None,
    ) -> None:
        self.estimators = estimators
        self.final_estimator = final_estimator
        self.shares = shares
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Fit every estimator on its own part of the records ``X (n, d)`` of classes ``y (n,)``.

        Raises
        ------
        InputError
            A class has fewer records than there are parts, or there are not as many shares as parts.
        """
        X, y = validate_data(self, X, y, accept_sparse="csr")
        check_classification_targets(y)
        random = check_random_state(self.random_state)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        first = [estimator for _, estimator in self.estimators or _default()]
        final = LogisticRegression(max_iter=1000) if self.final_estimator is None else self.final_estimator
        shares = shares_of(self.shares, len(first) + 1)
        if len(y) < len(shares):
            raise InputError(
                f"n_samples={len(y)}",
                expected=f"at least {len(shares)}, one for each of the disjoint parts",
                fix="Bring more records.",
            )
        seeds = random.randint(np.iinfo(np.int32).max, size=len(first) + 2)
        self.parts_ = disjoint(numbers, shares, np.random.default_rng(int(seeds[-1])))
        *parts, last = self.parts_
        self.estimators_ = [
            _seeded(estimator, seed).fit(X[rows], y[rows])
            for estimator, seed, rows in zip(first, seeds[:-2], parts, strict=True)
        ]
        self.final_estimator_ = _seeded(final, seeds[-2]).fit(self._answers(X[last]), y[last])
        return self

    def predict_proba(self, X: Any) -> Floats:
        """Return posteriors ``(n, k)``, columns in the order of ``classes_``."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, accept_sparse="csr")
        return np.asarray(self.final_estimator_.predict_proba(self._answers(X)))

    def predict(self, X: Any) -> Any:
        """Return the class with the largest posterior ``(n,)``."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def _answers(self, X: Any) -> Floats:
        return np.concatenate([estimator.predict_proba(X) for estimator in self.estimators_], axis=1)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


StackedDefense.__module__ = "mlleaks.defenses"  # skops files name it by this path, wherever its code is


def _default() -> list[tuple[str, Any]]:
    return [("mlp", MLPClassifier((128,), activation="tanh")), ("forest", RandomForestClassifier())]


def _seeded(estimator: Any, seed: int) -> Any:
    """Return a clone with all its random states set."""
    fresh = clone(estimator)
    random = check_random_state(int(seed))
    states = [key for key in sorted(fresh.get_params()) if key.split("__")[-1] == "random_state"]
    return fresh.set_params(**{key: int(random.randint(np.iinfo(np.int32).max)) for key in states})
