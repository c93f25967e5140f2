"""The algorithms of the combining attack: the paper's network, logistic regression, random forest."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from mlleaks.experiments.lab import Lab
from mlleaks.experiments.world import SHADOW, TARGET
from mlleaks.models import SklearnTrainer
from mlleaks.types import Observations, Trainer

ALGORITHMS = ("network", "logistic", "forest")


def algorithms(lab: Lab, dataset: str) -> dict[str, Trainer]:
    """Return how each of `ALGORITHMS` is trained on a data set."""
    return {
        "network": lab.scale.reference(dataset),
        "logistic": SklearnTrainer(_of_rows(LogisticRegression(C=10.0, max_iter=300))),
        "forest": SklearnTrainer(_of_rows(RandomForestClassifier(n_estimators=100))),
    }


def _of_rows(estimator: Any) -> Any:
    """Return an estimator that takes images too, as rows of pixels in 0..1."""
    return make_pipeline(FunctionTransformer(rows_of, accept_sparse=True), estimator)


def rows_of(X: Any) -> Any:
    """Return images ``(n, ...)`` as rows in 0..1, and anything else as it is.

    Examples
    --------
    >>> rows_of(np.full((2, 3, 3), 255, dtype=np.uint8)).shape
    (2, 9)
    """
    return X.reshape(len(X), -1) / np.float32(255) if getattr(X, "ndim", 2) > 2 else X


def observed(lab: Lab, dataset: str, seed: int) -> tuple[dict[str, Observations], dict[str, Observations]]:
    """Return a target and a shadow of each algorithm."""
    known = algorithms(lab, dataset)
    for trainer in known.values():
        lab.train(dataset, seed, trainer, [TARGET, SHADOW])
    targets, shadows = (
        {name: lab.observe(dataset, seed, trainer, role) for name, trainer in known.items()}
        for role in (TARGET, SHADOW)
    )
    return targets, shadows
