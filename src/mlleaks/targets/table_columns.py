"""The columns of a table of saved posteriors, each checked for itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlleaks.data.tables import Table
from mlleaks.errors import InputError
from mlleaks.outputs.arrays import as_array, as_ids, refuse_repeated
from mlleaks.types import Bools, Ints

_IDS = ("record_id", "model_id")
_COLUMNS = (*_IDS, "member", "label", "posteriors")
_FLAGS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}


def columns_of(table: Table, source: str) -> dict[str, NDArray[Any]]:
    """Return the columns that an audit uses as arrays of one length, ids as integers or text.

    Raises
    ------
    InputError
        No table, a column that stands twice, arrays of other shapes, or ids that are missing.

    Examples
    --------
    >>> columns_of({"record_id": [7.0, 8.0], "p_0": [0.5, 1], "comment": "unused"}, "the table")
    {'record_id': array([7, 8]), 'p_0': array([0.5, 1. ])}
    """
    if not isinstance(table, pd.DataFrame | Mapping):
        raise InputError(
            f"{source} of type {type(table).__name__}",
            expected="a pandas DataFrame, or a mapping of names to arrays",
            fix="Convert it (polars and Arrow: to_pandas()), or read the file first.",
        )
    refuse_repeated(table, source)
    used = {str(name): values for name, values in table.items() if name in _COLUMNS or _is_posterior(name)}
    arrays = {name: as_array(values, f"{name} in {source}") for name, values in used.items()}
    if "posteriors" in arrays:
        arrays["posteriors"] = _matrix(arrays["posteriors"], source)
    rows = max((array.shape[0] for array in arrays.values() if array.ndim), default=0)
    for name, array in arrays.items():
        axes = 2 if name == "posteriors" else 1
        if array.ndim != axes or len(array) != rows:
            raise InputError(
                f"{name} of shape {array.shape} in {source}",
                expected=f"shape ({rows}, {'k' if axes == 2 else ''}): one row for each record",
                fix="Write the arrays again from one table.",
            )
    return arrays | {name: as_ids(arrays[name], name) for name in _IDS if name in arrays}


def posteriors_in(columns: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """Return the posteriors ``(n, k)``, from one column of vectors or from ``p_0 ... p_{k-1}``.

    Raises
    ------
    InputError
        Both are there, or neither, a number is missing, or a column holds dates.
    """
    names = [name for name in columns if _is_posterior(name)]
    if "posteriors" in columns:
        if names:
            raise InputError(
                f"both {names[0]!r} and 'posteriors' in the table of posteriors",
                expected="one of the two",
                fix="Drop the columns p_* or the column 'posteriors'.",
            )
        return columns["posteriors"]
    expected = [f"p_{i}" for i in range(max(len(names), 2))]
    absent = [name for name in expected if name not in columns]
    if absent:
        raise InputError(
            f"no column {absent[0]!r} in the table of posteriors (it has {', '.join(list(columns)[:12])})",
            expected="p_0 ... p_{k-1}, one for each of at least two classes",
            fix="Number the columns from p_0 without gaps; for a binary model write both.",
        )
    dates = [name for name in expected if columns[name].dtype.kind in "mM"]
    if dates:
        raise InputError(
            f"posteriors that are not numbers ({dates[0]} is of dtype {columns[dates[0]].dtype})",
            expected="probabilities between 0 and 1",
            fix="Write the model's answers into p_0 ... p_{k-1}.",
        )
    return np.column_stack([columns[name] for name in expected])


def flags_in(values: NDArray[Any]) -> Bools:
    """Return memberships, written as true or false, 1 or 0, as bools ``(n,)``.

    Raises
    ------
    InputError
        Any other word.

    Examples
    --------
    >>> flags_in(np.array(["True", "0"])).tolist()
    [True, False]
    """
    if values.dtype == bool:
        return values
    text = pd.Series(values).astype(str).str.strip().str.lower()
    flags = text.map(_FLAGS)
    if flags.isna().any():
        raise InputError(
            f"member = {text[flags.isna()].iloc[0]!r}",
            expected="true or false, 1 or 0, in every row",
            fix="Rewrite the column; records of unknown membership do not belong in the table.",
        )
    return flags.to_numpy(dtype=bool)


def labels_in(values: NDArray[Any], n_classes: int) -> Ints:
    """Return labels as classes ``(n,)`` in ``0..n_classes-1``.

    Raises
    ------
    InputError
        Anything but whole numbers of that range.

    Examples
    --------
    >>> labels_in(np.array(["1", "0"]), 2).tolist()
    [1, 0]
    """
    numbers = numbers_in(values)
    wrong = ~((numbers >= 0) & (numbers < n_classes) & (numbers % 1 == 0))
    if wrong.any():
        raise InputError(
            f"label {values[wrong].tolist()[0]!r} ({int(wrong.sum())} such rows)",
            expected=f"whole numbers in 0..{n_classes - 1}: label i belongs to column p_i",
            fix="Number the classes like the columns.",
        )
    return numbers.astype(np.int64)


def _is_posterior(name: Any) -> bool:
    return re.fullmatch(r"p_\d+", str(name)) is not None


def _matrix(values: NDArray[Any], source: str) -> NDArray[Any]:
    """Return a column of vectors, as Parquet holds arrays, as one array ``(n, k)``."""
    if values.ndim != 1 or not values.dtype.hasobject:
        return values
    try:
        return np.stack([np.asarray(row) for row in values])
    except ValueError as error:
        raise InputError(
            f"posteriors in {source} with rows of different lengths",
            expected="one number for each class in every row",
            fix="Write the posteriors again.",
        ) from error


def numbers_in(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return numbers ``(n,)``, also those written as text; nan for whatever else there is.

    Examples
    --------
    >>> numbers_in(np.array(["7", "7.5", "x"]))
    array([7. , 7.5, nan])
    """
    if values.dtype.kind in "mM":
        return np.full(len(values), np.nan)
    try:
        return pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(float)
    except TypeError:  # lists, dictionaries
        return np.full(len(values), np.nan)
