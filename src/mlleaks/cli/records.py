"""Records from files, in the form that a model accepts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.arrays import refuse_nested
from mlleaks.datasets import catalogue, load
from mlleaks.errors import InputError
from mlleaks.foreign_code import attribute
from mlleaks.given import aligned, given
from mlleaks.tables import column, read_table
from mlleaks.types import Dataset

_ID = "record_id"


def read_records(paths: Mapping[str, Path], label: str | None, model: Any) -> dict[str, tuple[Any, Any, Any]]:
    """Return ``(X, y, ids)`` of each side; y and ids None where its table has no such column.

    A NPZ file holds ``X (n, ...)``, labels and perhaps ``record_id`` as arrays. Columns of a CSV or
    Parquet file that are neither label nor ``record_id`` are features, matched by name: a DataFrame
    if the model was trained on one or if they are not all numbers, else an array.

    Raises
    ------
    InputError
        No features, features without a name that the model does not know, cells that hold more than
        one value, or what `mlleaks.given.given` refuses.
    """
    parts = {side: _read(path, label) for side, path in paths.items()}
    trained_on = attribute(model, "feature_names_in_")
    for side, (X, _, _) in parts.items():
        _refuse_unnamed(X, set() if trained_on is None else set(trained_on), paths[side])
    first, *others = (given(part, side) for side, part in parts.items())
    frames = {side.what: side.X for side in (first, *(aligned(first, other) for other in others))}
    if trained_on is None and all(_is_numeric(frame) for frame in frames.values()):
        frames = {side: _array(frame) for side, frame in frames.items()}
    return {side: (frames[side], y, ids) for side, (_, y, ids) in parts.items()}


def _read(path: Path, label: str | None) -> tuple[Any, Any, Any]:
    table = read_table(path)
    if isinstance(table, pd.DataFrame):
        refuse_nested(table, str(path))
    wanted = label or ("label" if isinstance(table, pd.DataFrame) else "y")
    y = column(table, wanted, str(path)) if label or wanted in table else None
    ids = column(table, _ID, str(path)) if _ID in table else None
    if not isinstance(table, pd.DataFrame):
        return column(table, "X", str(path)), y, ids
    X = table.drop(columns=[name for name in (wanted, _ID) if name in table])
    if not X.shape[1]:
        raise InputError(
            f"no feature columns in {path}", expected="at least one", fix="Export the records again."
        )
    return X, y, ids


def _refuse_unnamed(X: Any, trained_on: set[Any], path: Path) -> None:
    """Raise if there are columns whose header is empty: row numbers that pandas wrote, most likely."""
    unnamed = (
        [name for name in X if re.fullmatch(r"Unnamed: \d+", str(name))]
        if isinstance(X, pd.DataFrame)
        else []
    )
    if not trained_on.issuperset(unnamed):
        raise InputError(
            f"a column without a name in {path} (pandas calls it {unnamed[0]!r})",
            expected="a name for each feature",
            fix="Name it; if it holds row numbers, write the file without them: to_csv(..., index=False).",
        )


def _array(frame: pd.DataFrame) -> Any:
    values = frame.to_numpy()
    return values if values.dtype.kind in "fiu" else frame.to_numpy(dtype=float, na_value=np.nan)


def _is_numeric(X: Any) -> bool:
    return isinstance(X, pd.DataFrame) and all(pd.api.types.is_numeric_dtype(kind) for kind in X.dtypes)


def records_of(data: str, label: str | None) -> Dataset:
    """Return a data set by its name, or the records of a file with classes numbered from 0 on."""
    if data in catalogue():
        return load(data)
    if not Path(data).suffix:
        raise InputError(
            f"the data {data!r}",
            expected=f"one of {', '.join(catalogue())}, or a file of records (.csv, .parquet, .npz)",
            fix="See `mlleaks datasets`.",
        )
    X, y, ids = read_records({"records": Path(data)}, label, None)["records"]
    if y is None:
        raise InputError(f"no classes in {data}", expected="a column of classes", fix="Name it with --label.")
    if pd.isna(y).any():
        raise InputError(
            f"{int(pd.isna(y).sum())} records without a class in {data}",
            expected="a class in every row",
            fix="Fill the column, or leave these records out.",
        )
    names, numbers = np.unique(y, return_inverse=True)
    return Dataset(
        Path(data).stem, X, numbers.astype(np.int64), len(names), np.arange(len(y)) if ids is None else ids
    )
