"""Classifiers that see records and never a model, and say which of two sides a record is from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from scipy import sparse

from mlleaks.data.descriptors import Descriptors
from mlleaks.types import Bools, Floats, Ints

Classifier: TypeAlias = Callable[[Descriptors, Bools, Ints, Ints], Floats]
"""``classifier(descriptors, first, train, test)`` returns log odds of the first side ``(len(test),)``."""
TREE_FEATURES = 60
"""Trees get so many features: those that differ most in what they are trained on."""
STRENGTH = 1.0
"""Inverse strength of the linear model's penalty; rows have a length of about 1."""


def linear(descriptors: Descriptors, first: Bools, train: Ints, test: Ints) -> Floats:
    """Return the log odds of a penalized logistic regression on all columns but spreads."""
    from sklearn.linear_model import LogisticRegression

    X = _linear_columns(descriptors)
    model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=1000, tol=1e-3)
    return np.asarray(model.fit(X[train], first[train]).decision_function(X[test]))


def trees(descriptors: Descriptors, first: Bools, train: Ints, test: Ints) -> Floats:
    """Return the log odds of gradient-boosted trees on ranks and categories."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    X = descriptors.table[:, _most_different(descriptors.table[train], first[train])]
    if not X.shape[1]:
        return np.zeros(len(test))
    fewest = min(int(first[train].sum()), int((~first[train]).sum()))
    model = HistGradientBoostingClassifier(
        max_iter=50,
        max_leaf_nodes=8,
        min_samples_leaf=int(np.clip(fewest // 5, 3, 20)),
        early_stopping=False,
        random_state=0,
    )
    return np.asarray(model.fit(X[train], first[train]).decision_function(X[test]))


CLASSIFIERS: dict[str, Classifier] = {"logistic regression": linear, "gradient-boosted trees": trees}


def _linear_columns(descriptors: Descriptors) -> Floats | sparse.csr_array:
    columns = descriptors.columns[:, ~descriptors.spread]
    columns = columns / np.sqrt(max(1, columns.shape[1]))
    if descriptors.wide is None:
        return columns if columns.shape[1] else np.zeros((len(columns), 1))
    return sparse.csr_array(sparse.hstack([sparse.csr_array(columns), descriptors.wide]))


def _most_different(table: Floats, first: Bools) -> Ints:
    """Return the positions of the varying columns whose mean or spread differs most between the sides."""
    present = np.isfinite(table)
    values = np.where(present, table, 0)
    varying = np.flatnonzero(np.ptp(values, axis=0) > 0)
    if len(varying) <= TREE_FEATURES:
        return varying
    both = [values[:, varying], np.abs(values[:, varying]), ~present[:, varying] * 1.0]
    gaps = [
        np.abs(v[first].mean(axis=0) - v[~first].mean(axis=0)) / np.maximum(v.std(axis=0), 1e-9) for v in both
    ]
    best = np.argsort(-np.max(gaps, axis=0), kind="stable")[:TREE_FEATURES]
    return varying[np.sort(best)]
