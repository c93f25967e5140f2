"""Querying a model: the one place where its answers come in and are checked."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from mlleaks.errors import InputError, ModelError
from mlleaks.outputs.posteriors import validate_posteriors
from mlleaks.progress import track
from mlleaks.runtime.foreign_code import calling
from mlleaks.runtime.threads import for_records
from mlleaks.types import Floats, MemberSplit, Model, Observations, Outputs, Records

BATCH = 8192
"""Records per call: bounds the model's memory and gives progress something to show."""


def observe(
    model: Model, split: MemberSplit, *, labelled: bool = True, what: str = "answers"
) -> Observations:
    """Return what ``model`` answers about its own training records and about non-members.

    Parameters
    ----------
    model : Model
    split : MemberSplit
        The model's members and non-members; they stand in this order in the result.
    labelled : bool
        Whether the true classes are known, and part of the outputs.
    what : str
        What to call the answers in an error.

    Raises
    ------
    ModelError
        The model raised, or its answers have another shape than (n, n_classes).
    InputError
        Its answers are not posteriors.
    """
    sides = (split.members, split.nonmembers)
    width = split.members.n_classes
    posteriors = [query(model, d.X, n_classes=width, what=what) for d in sides]
    labels = np.concatenate([d.y for d in sides]) if labelled else None
    return Observations(
        Outputs(np.concatenate(posteriors), labels, np.concatenate([d.ids for d in sides])),
        member=np.repeat([True, False], [len(d) for d in sides]),
    )


def query(
    model: Model,
    X: Records,
    *,
    n_classes: int | None = None,
    what: str = "answers",
) -> Floats:
    """Return the checked posteriors ``(n, k)`` of the records ``X``, queried in batches.

    The model gets copies, one batch at a time, so that it cannot change ``X``.

    Parameters
    ----------
    model : Model
    X : array (n, ...), sparse matrix (n, d) or DataFrame
    n_classes : int, optional
        The width that the answers must have.
    what : str
        What to call the answers in an error.

    Raises
    ------
    ModelError, InputError
        See `observe`.
    """
    n = X.shape[0]
    if not n:
        raise InputError("no records to ask about", expected="at least one", fix="Pass some records.")
    answers: list[Any] = []
    with _threads(model, X):
        for start in track(range(0, n, BATCH), "querying the model"):
            answers.append(_ask(model, _own_rows(X, slice(start, start + BATCH)), what))
            _require_width(answers[-1], answers[0].shape[1] if n_classes is None else n_classes, what)
    return validate_posteriors(np.concatenate(answers), what=what)


_AS_COLUMN = (
    "One answer for each column of a DataFrame comes of a vectorizer of text, which wants a column, not a "
    'table: train with ColumnTransformer([("text", TfidfVectorizer(), "text")]) in its place, or wrap the '
    "model in an object whose predict_proba passes that column on."
)


def _ask(model: Model, X: Records, what: str) -> Any:
    """Return the answers to one batch as an array; the batch is the model's to write into."""
    n, like = X.shape[0], f"{type(X).__name__} with rows of shape {tuple(X.shape[1:])}"
    with calling(
        "from predict_proba",
        expected="posteriors for every record",
        fix=f"Check that the model accepts records like these ({like}).",
    ):
        answered = model.predict_proba(X)
    kind = type(answered).__name__
    fix = "Let predict_proba return a NumPy array: one row per record, one column per class."
    with calling(f"from {what} of type {kind}", expected="a table of numbers", fix=fix):
        answers = as_plain_array(answered)
    if answers.ndim != 2 or answers.shape[0] != n:
        raise ModelError(
            f"{what} of shape {answers.shape} to {n} records ({kind})",
            expected=f"shape ({n}, number of classes)",
            fix=_AS_COLUMN if isinstance(X, pd.DataFrame) and len(answers) == X.shape[1] else fix,
        )
    if answers.dtype.kind not in "biufO":
        raise ModelError(f"{what} that are not numbers ({answers.dtype})", expected="real numbers", fix=fix)
    return answers


def _threads(model: Model, X: Records) -> AbstractContextManager[None]:
    """Return a block for queries: scikit-learn gets one thread for few records; others choose."""
    estimator = getattr(model, "estimator", model)  # of a model that puts an estimator's columns in order
    return for_records(X) if type(estimator).__module__.startswith("sklearn.") else nullcontext()


def as_plain_array(answers: Any) -> Any:
    """Return answers as a new array: a model may fill the old one again in the next call."""
    if sparse.issparse(answers):
        return answers.toarray()
    tensor = callable(getattr(answers, "detach", None))
    return np.asarray(answers.detach().cpu() if tensor else answers).copy()


def _require_width(answers: Any, width: int, what: str) -> None:
    if answers.shape[1] != width:
        raise ModelError(
            f"{what} with {answers.shape[1]} columns",
            expected=f"one for each of the {width} classes",
            fix="Let predict_proba return a column for every class, in the order of the labels.",
        )


def _own_rows(X: Records, rows: slice) -> Records:
    """Return some rows as a copy that shares nothing with ``X``."""
    return deepcopy(X.iloc[rows] if hasattr(X, "iloc") else X[rows])
