"""What users bring, ``(X, y)`` in many forms, taken as it is: arrays, sparse matrices, DataFrames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from mlleaks.errors import InputError
from mlleaks.outputs.arrays import as_array, as_ids, refuse_nested, refuse_repeated
from mlleaks.runtime.foreign_code import attribute, calling
from mlleaks.storage.names import require_unicode
from mlleaks.types import Model, Records

_NUMBERS = "biuf"


@dataclass(frozen=True)
class RecordSet:
    """Records as they were given: ``X``, ``y`` or None, ids."""

    what: str
    X: Records
    y: Any
    ids: Any

    def __len__(self) -> int:
        return int(self.X.shape[0])


def parse_records(value: Any, what: str) -> RecordSet:
    """Return ``(X, y)``, ``(X, y, ids)`` or ``X`` alone as `RecordSet`.

    Raises
    ------
    InputError
        Not one of these, X, y and ids differ in length, ids repeat or are missing, or values are
        masked or complex.
    """
    parts = value if isinstance(value, tuple) else (value,)
    if len(parts) > 3:
        raise _misshapen(f"{len(parts)} parts of {what}")
    X, y, ids = (*parts, None, None, None)[:3]
    X = _features(X, what)
    shape = tuple(X.shape)
    if len(shape) < 2 or 0 in shape:
        raise _misshapen(f"{what} of shape {shape}")
    n = shape[0]
    y = None if y is None else as_array(y, f"labels of {what}")
    ids = np.array([f"{what}[{i}]" for i in range(n)]) if ids is None else as_array(ids, f"ids of {what}")
    if (y is not None and y.shape != (n,)) or ids.shape != (n,):
        raise InputError(
            f"{n} {what} with labels of shape {None if y is None else y.shape}, ids of {ids.shape}",
            expected=f"shape ({n},)",
            fix="Pass one label and one id per record.",
        )
    ids = as_ids(ids, f"ids of {what}")
    require_unicode(ids, f"ids of {what}")
    require_unicode([] if y is None else y, f"labels of {what}")
    if len(np.unique(ids)) < n:
        raise InputError(
            f"{n - len(np.unique(ids))} ids that stand more than once among the {what}",
            expected="one id per record",
            fix="Give every record its own id.",
        )
    return RecordSet(what, X, y, ids)


def _features(X: Any, what: str) -> Records:
    if isinstance(X, pd.DataFrame):
        refuse_repeated(X.columns, what)
        refuse_nested(X, what)
        types = list(X.dtypes)
    elif sparse.issparse(X):
        if X.ndim != 2:
            raise _misshapen(f"{what} of shape {X.shape}")
        X = sparse.csr_array(X)
        types = [X.dtype]
    else:
        return as_array(X, what)
    if any(dtype.kind == "c" for dtype in types):
        raise InputError(
            f"{what} with complex numbers",
            expected="real numbers",
            fix="Give real and imaginary parts columns of their own.",
        )
    return X


def _misshapen(got: str) -> InputError:
    return InputError(
        got,
        expected="(X, y) or (X, y, ids) with records X of shape (n, ...) and labels y of shape (n,)",
        fix="Pass a tuple, with at least one record.",
    )


def match_columns(first: RecordSet, second: RecordSet) -> RecordSet:
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
            return RecordSet(second.what, b[a.columns], second.y, second.ids)
        got = f"{first.what} and {second.what} that differ in the columns {', '.join(differing[:8])}"
    elif type(a) is type(b) and a.shape[1:] == b.shape[1:] and _comparable(a, b):
        return second
    else:
        got = (
            f"{first.what} as {_kind(a)} with rows of shape {tuple(a.shape[1:])}, "
            f"{second.what} as {_kind(b)} with {tuple(b.shape[1:])}"
        )
    raise InputError(got, expected="the same features in both", fix="Export them alike.")


def _comparable(a: Any, b: Any) -> bool:
    return not isinstance(a, np.ndarray) or (a.dtype.kind in _NUMBERS) == (b.dtype.kind in _NUMBERS)


def _kind(X: Records) -> str:
    is_text = isinstance(X, np.ndarray) and X.dtype.kind not in _NUMBERS
    return type(X).__name__ + (f" of dtype {X.dtype}" if is_text else "")


def match_training_form(members: RecordSet, model: Model) -> RecordSet:
    """Return the members with their columns in the order in which the model was trained on them."""
    X = members.X
    if not isinstance(X, pd.DataFrame):
        return members
    with calling(
        "while reading feature_names_in_",
        expected="a list of the columns that the model was trained on",
        fix="Set it to such a list, or leave it out.",
    ):
        names = attribute(model, "feature_names_in_")
        order = [] if names is None else list(names)
        same = len(order) == X.shape[1] and set(order) == set(X.columns)
    return RecordSet(members.what, X[order], members.y, members.ids) if same else members


def disambiguate_ids(members: RecordSet, nonmembers: RecordSet) -> tuple[RecordSet, RecordSet]:
    """Return both sides with ids that differ: where some are shared, the side's name is put before."""
    if not np.isin(members.ids, nonmembers.ids).any():
        return members, nonmembers
    named = (np.array([f"{side.what} {i}" for i in side.ids]) for side in (members, nonmembers))
    member_ids, nonmember_ids = named
    return replace(members, ids=member_ids), replace(nonmembers, ids=nonmember_ids)
