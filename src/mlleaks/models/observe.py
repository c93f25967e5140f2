"""Asking a model: the one place where its answers come in and are checked."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from mlleaks.errors import ModelError
from mlleaks.models.estimators import AlignedModel
from mlleaks.posteriors import validated
from mlleaks.progress import track
from mlleaks.threads import for_records
from mlleaks.types import Floats, Halves, Model, Observations, Outputs, Records

BATCH = 8192
"""Records a call: bounds the model's memory and gives progress something to show."""


def observe(
    model: Model, halves: Halves, *, labelled: bool = True, from_logits: bool = False
) -> Observations:
    """Return what ``model`` answers about its own training records and about strangers.

    Parameters
    ----------
    model : Model
    halves : Halves
        The model's members and others; they stand in this order in the result.
    labelled : bool
        Whether the true classes are known, and part of the outputs.
    from_logits : bool
        The model answers unnormalised log-probabilities.

    Raises
    ------
    ModelError
        The model raised, or its answers have another shape than (n, n_classes).
    InputError
        Its answers are not posteriors.
    """
    asked = (halves.members, halves.others)
    width = halves.members.n_classes
    posteriors = [ask(model, d.X, n_classes=width, from_logits=from_logits) for d in asked]
    labels = np.concatenate([d.y for d in asked]) if labelled else None
    return Observations(
        Outputs(np.concatenate(posteriors), labels),
        member=np.repeat([True, False], [len(d) for d in asked]),
        ids=np.concatenate([d.ids for d in asked]),
    )


def ask(model: Model, X: Records, *, n_classes: int | None = None, from_logits: bool = False) -> Floats:
    """Return the checked posteriors ``(n, k)`` of the records ``X``, asked in batches.

    Parameters
    ----------
    model : Model
    X : array (n, ...), sparse matrix (n, d) or DataFrame
    n_classes : int, optional
        The width that the answers must have.
    from_logits : bool
        See `observe`.

    Raises
    ------
    ModelError, InputError
        See `observe`.
    """
    n = X.shape[0]
    starts = range(0, n, BATCH)
    with _threads(model, X):
        answers = [_ask(model, _rows(X, slice(i, i + BATCH))) for i in track(starts, "asking the model")]
    posteriors = validated(np.concatenate(answers), from_logits=from_logits, what="answers")
    if n_classes is not None and posteriors.shape[1] != n_classes:
        raise ModelError(
            f"answers with {posteriors.shape[1]} columns",
            expected=f"one for each of the {n_classes} classes",
            fix="Let predict_proba return a column for every class, in the order of the labels.",
        )
    return posteriors


def _ask(model: Model, X: Records) -> Any:
    try:
        answers = np.asarray(model.predict_proba(X))
    except Exception as error:
        raise ModelError(
            f"{type(error).__name__} from predict_proba: {error}",
            expected="posteriors for every record",
            fix=f"Check that the model accepts records like these ({_describe(X)}).",
        ) from error
    if answers.ndim != 2 or answers.shape[0] != X.shape[0]:
        raise ModelError(
            f"answers of shape {answers.shape} to {X.shape[0]} records",
            expected=f"shape ({X.shape[0]}, number of classes)",
            fix="Let predict_proba return one row a record and one column a class.",
        )
    return answers


def _threads(model: Model, X: Records) -> AbstractContextManager[None]:
    """Return a block for queries: scikit-learn gets one thread for few records; others choose."""
    estimator = model.estimator if isinstance(model, AlignedModel) else model
    return for_records(X) if type(estimator).__module__.startswith("sklearn.") else nullcontext()


def _rows(X: Records, rows: slice) -> Records:
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def _describe(X: Records) -> str:
    return f"{type(X).__name__} with rows of shape {tuple(X.shape[1:])}"
