"""The loss of each record under a trained model, and under the stages of a boosted one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.errors import InputError, ModelError
from mlleaks.outputs.arrays import as_array
from mlleaks.outputs.interface import class_names, require_model
from mlleaks.outputs.posteriors import validate_posteriors
from mlleaks.outputs.query import query
from mlleaks.outputs.signals import scaled_logit
from mlleaks.runtime.foreign_code import attribute, calling
from mlleaks.types import Floats, Ints, Records

STAGES = 10
"""How many boosting stages are recorded unless the caller says which."""


def model_losses(model: Any, X: Records, y: Any) -> Floats:
    """Return each record's cross entropy ``(n,)`` in nats: ``-log`` of the posterior of its class.

    Parameters
    ----------
    model : object with ``predict_proba``
    X : array (n, ...), sparse matrix (n, d) or DataFrame
    y : array (n,)
        Classes as the model was trained with them.

    Raises
    ------
    ModelError, InputError
        The model cannot answer, or a class is none of its columns.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> model = DummyClassifier().fit([[0], [1], [2], [3]], ["dog", "cat", "cat", "cat"])
    >>> model_losses(model, np.array([[0], [1]]), ["dog", "cat"]).round(3)
    array([1.386, 0.288])
    """
    require_model(model)
    return _cross_entropy(model, query(model, X), y)


def staged_losses(model: Any, X: Records, y: Any, *, stages: Sequence[int] | None = None) -> Iterator[Floats]:
    """Yield each record's cross entropy ``(n,)`` after some stages of a fitted boosted model.

    Parameters
    ----------
    model : object with ``staged_predict_proba``
    X : array (n, d), sparse matrix (n, d) or DataFrame
    y : array (n,)
        Classes as the model was trained with them.
    stages : sequence of int, optional
        From 1 on; by default `spaced_stages` of all. Each stage's trees up to the last are walked once.

    Raises
    ------
    ModelError
        The model has no stages.
    InputError
        A stage that it does not have, or an unknown class.
    """
    last = _stages_of(model)
    wanted = sorted(set(spaced_stages(last) if stages is None else stages))
    if not wanted or wanted[0] < 1 or wanted[-1] > last:
        raise InputError(f"stages {wanted}", expected=f"some of 1..{last}", fix="Pass other stages.")
    answers = enumerate(model.staged_predict_proba(X), start=1)
    for stage in wanted:
        with calling("from staged_predict_proba", expected="posteriors", fix="Check the records X."):
            posteriors = next(np.asarray(p) for number, p in answers if number == stage)
        yield _cross_entropy(model, validate_posteriors(posteriors, what=f"answers of stage {stage}"), y)


def spaced_stages(last: int) -> list[int]:
    """Return up to ten stages from 1 to ``last``, each about as many times the one before.

    Early stages change losses most.

    Examples
    --------
    >>> spaced_stages(100)
    [1, 2, 3, 5, 8, 13, 22, 36, 60, 100]
    """
    return sorted({round(stage) for stage in np.geomspace(1, last, STAGES).tolist()})


def _stages_of(model: Any) -> int:
    """Return how many stages a fitted boosted model has."""
    count, members = attribute(model, "n_iter_"), attribute(model, "estimators_")
    if callable(attribute(model, "staged_predict_proba")) and (count or members is not None):
        return int(count or len(members))
    raise ModelError(
        f"{type(model).__name__} without stages",
        expected="a fitted model with staged_predict_proba",
        fix="Pass a fitted boosted model; for others call after_epoch(model, X, y) while they train.",
    )


def _cross_entropy(model: Any, posteriors: Floats, y: Any) -> Floats:
    odds = scaled_logit(posteriors, _columns(model, y, posteriors.shape))
    return np.asarray(np.logaddexp(0.0, -odds))  # exact also where the posterior rounds to one


def _columns(model: Any, y: Any, shape: tuple[int, ...]) -> Ints:
    """Return the column of each record's class ``(n,)``."""
    y, names = as_array(y, "classes"), class_names(model)
    columns = pd.Index(names if names is not None else range(shape[1])).get_indexer(y)
    if len(y) != shape[0] or (columns < 0).any():
        raise InputError(
            f"{len(y)} classes for {shape[0]} records, {int((columns < 0).sum())} of them unknown",
            expected="one class of the model for each record",
            fix="Pass the classes that the model was trained with.",
        )
    return np.asarray(columns, dtype=np.int64)
