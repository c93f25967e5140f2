"""What users bring, ``(X, y)`` in many forms, taken as it is: arrays, sparse matrices, DataFrames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from mlleaks.errors import InputError
from mlleaks.names import require_unicode
from mlleaks.types import Model, Records


@dataclass(frozen=True)
class Given:
    """Records as they were given: ``X``, ``y`` or None, ids."""

    what: str
    X: Records
    y: Any
    ids: Any

    def __len__(self) -> int:
        return int(self.X.shape[0])


def given(value: Any, what: str) -> Given:
    """Return ``(X, y)``, ``(X, y, ids)`` or ``X`` alone as `Given`.

    Raises
    ------
    InputError
        Not one of these, or X, y and ids differ in length.
    """
    parts = value if isinstance(value, tuple) else (value,)
    X, y, ids = (*parts, None, None)[:3]
    try:
        if sparse.issparse(X):
            X = sparse.csr_array(X)
        elif not isinstance(X, pd.DataFrame):
            X = np.asarray(X)
        shape = tuple(X.shape)
    except ValueError:
        shape = ("rows of different lengths",)
    if len(parts) > 3 or len(shape) < 2 or not shape[0]:
        raise InputError(
            f"{what} of shape {shape}" if len(parts) <= 3 else f"{len(parts)} parts of {what}",
            expected="(X, y) or (X, y, ids) with records X of shape (n, ...) and labels y of shape (n,)",
            fix="Pass a tuple, with at least one record.",
        )
    if isinstance(X, pd.DataFrame) and not X.columns.is_unique:
        raise InputError(
            f"{what} with the column {X.columns[X.columns.duplicated()][0]!r} more than once",
            expected="a name for each column",
            fix="Rename it.",
        )
    n = X.shape[0]
    y = None if y is None else np.asarray(y)
    ids = np.array([f"{what}[{i}]" for i in range(n)]) if ids is None else np.asarray(ids)
    if (y is not None and y.shape != (n,)) or ids.shape != (n,):
        raise InputError(
            f"{n} {what} with labels of shape {None if y is None else y.shape}, ids of {ids.shape}",
            expected=f"shape ({n},)",
            fix="Pass one label and one id a record.",
        )
    require_unicode(ids, f"ids of {what}")
    require_unicode([] if y is None else y, f"labels of {what}")
    if len(np.unique(ids)) < n:
        raise InputError(
            f"{n - len(np.unique(ids))} ids that stand more than once among the {what}",
            expected="one id a record",
            fix="Give every record its own id.",
        )
    return Given(what, X, y, ids)


def aligned(first: Given, second: Given) -> Given:
    """Return ``second`` with its columns in the order of ``first``.

    Raises
    ------
    InputError
        They have other columns, another shape, or are of another kind.
    """
    a, b = first.X, second.X
    if isinstance(a, pd.DataFrame) and isinstance(b, pd.DataFrame):
        differing = sorted(map(str, set(a.columns) ^ set(b.columns)))
        if not differing:
            return Given(second.what, b[a.columns], second.y, second.ids)
        got = f"{first.what} and {second.what} that differ in the columns {', '.join(differing[:8])}"
    elif type(a) is type(b) and a.shape[1:] == b.shape[1:]:
        return second
    else:
        got = (
            f"{first.what} as {type(a).__name__} with rows of shape {tuple(a.shape[1:])}, "
            f"{second.what} as {type(b).__name__} with {tuple(b.shape[1:])}"
        )
    raise InputError(got, expected="the same features in both", fix="Export them alike.")


def as_trained(members: Given, model: Model) -> Given:
    """Return the members with their columns in the order in which the model was trained on them."""
    names = getattr(model, "feature_names_in_", None)
    X = members.X
    if names is None or not isinstance(X, pd.DataFrame) or set(names) != set(X.columns):
        return members
    return Given(members.what, X[list(names)], members.y, members.ids)


def told_apart(members: Given, others: Given) -> tuple[Given, Given]:
    """Return both sides with ids that differ: where some are shared, the side's name is put before."""
    if not np.isin(members.ids, others.ids).any():
        return members, others
    named = (np.array([f"{side.what} {i}" for i in side.ids]) for side in (members, others))
    mine, theirs = named
    return replace(members, ids=mine), replace(others, ids=theirs)
