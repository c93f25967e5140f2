"""Which trainer: what the user passed, a clone of the target, or the paper's MLP."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np

from mlleaks.errors import InputError
from mlleaks.models.estimators import AlignedModel, SklearnTrainer
from mlleaks.models.mlp import MLPTrainer
from mlleaks.types import Trainer


def as_trainer(trainer: Any) -> Trainer:
    """Return a Trainer as it is, and a scikit-learn estimator as one.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> as_trainer(DummyClassifier())
    SklearnTrainer(estimator=DummyClassifier(), classes=None)
    """
    if hasattr(trainer, "fit") and hasattr(trainer, "get_params"):
        return SklearnTrainer(trainer)
    if callable(trainer):
        return trainer  # type: ignore[no-any-return]
    raise InputError(
        f"a trainer of type {type(trainer).__name__}",
        expected="a function train(data, rng) that returns a model, or a scikit-learn estimator",
        fix="Pass mlleaks.MLPTrainer() or an estimator.",
    )


def like(model: Any) -> Trainer | None:
    """Return how to train models like ``model``; None if there is no way.

    A clone where scikit-learn can make one that is trained anew, else the paper's MLP if PyTorch
    is installed.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> like(AlignedModel(DummyClassifier(), classes=(0, 1)))
    SklearnTrainer(estimator=DummyClassifier(), classes=(0, 1))
    """
    if isinstance(model, AlignedModel) and _can_be_cloned(model.estimator):
        return SklearnTrainer(model.estimator, model.classes)
    if _can_be_cloned(model):
        classes = getattr(model, "classes_", None)
        return SklearnTrainer(model, None if classes is None else tuple(np.asarray(classes).tolist()))
    return MLPTrainer() if find_spec("torch") else None


def _can_be_cloned(model: Any) -> bool:
    """Return whether a clone would forget the members: no part of it is kept as fitted."""
    if not (hasattr(model, "get_params") and hasattr(model, "fit")):
        return False
    parts = [model, *model.get_params().values()]
    return not any(
        type(part).__name__ == "FrozenEstimator" or (isinstance(part, str) and part == "prefit")
        for part in parts
    )
