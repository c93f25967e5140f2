"""Records from files, in the form that a model accepts."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.data.records import match_columns, parse_records
from mlleaks.data.tables import ID, column, read_table
from mlleaks.errors import InputError
from mlleaks.outputs.arrays import refuse_nested
from mlleaks.outputs.interface import class_names
from mlleaks.runtime.foreign_code import attribute
from mlleaks.storage.names import are_text


def read_records(
    paths: Mapping[str, Path], label: str | None, model: Any, *, apart: Collection[str] = ()
) -> dict[str, tuple[Any, Any, Any]]:
    """Return ``(X, y, ids)`` of each side; y and ids None where its table has no such column.

    Columns named in ``apart`` are features only of a model that was trained on columns of these names.

    A NPZ file holds ``X (n, ...)``, labels and perhaps ``record_id`` as arrays. Columns of a CSV or
    Parquet file that are neither label nor ``record_id`` are features, matched by name: a DataFrame
    if the model was trained on one or if they are not all numbers, else an array. Labels in a CSV are
    taken as they are written if the model's class names are text.

    Raises
    ------
    InputError
        No features, features without a name that the model does not know, cells that hold more than
        one value, or what `mlleaks.data.records.parse_records` refuses.
    """
    trained_on = attribute(model, "feature_names_in_")
    parts = {side: _read(path, label, model, apart) for side, path in paths.items()}
    first, *rest = (parse_records(part, side) for side, part in parts.items())
    frames = {side.what: side.X for side in (first, *(match_columns(first, other) for other in rest))}
    if trained_on is None and all(is_numeric(frame) for frame in frames.values()):
        frames = {side: numeric_array(frame) for side, frame in frames.items()}
    return {side: (frames[side], y, ids) for side, (_, y, ids) in parts.items()}


def read_column(paths: Sequence[Path], name: str) -> tuple[Any, ...]:
    """Return a column of each file, as text where a CSV is read: 007 stays 007.

    Raises
    ------
    InputError
        A file has no such column.
    """
    return tuple(column(read_table(path, text=(ID, name)), name, str(path)) for path in paths)


def _read(path: Path, label: str | None, model: Any, apart: Collection[str]) -> tuple[Any, Any, Any]:
    trained_on = attribute(model, "feature_names_in_")
    names = class_names(model)
    as_written = (label or "label",) if names is not None and are_text(names) else ()
    table = read_table(path, text=(ID, *as_written))
    if isinstance(table, pd.DataFrame):
        refuse_nested(table, str(path))
    wanted = label or ("label" if isinstance(table, pd.DataFrame) else "y")
    y = column(table, wanted, str(path)) if label or wanted in table else None
    ids = column(table, ID, str(path)) if ID in table else None
    if not isinstance(table, pd.DataFrame):
        return column(table, "X", str(path)), y, ids
    no_features = set(apart) - (set() if trained_on is None else set(trained_on))
    X = table.drop(columns=[name for name in (wanted, ID, *no_features) if name in table])
    if not X.shape[1]:
        raise InputError(
            f"no feature columns in {path}", expected="at least one", fix="Export the records again."
        )
    return without_unnamed(X, trained_on, path), y, ids


def without_unnamed(X: pd.DataFrame, trained_on: Any, path: Path) -> pd.DataFrame:
    """Return the features without columns whose header is empty: row numbers that pandas wrote, most likely.

    Only the names of the features that a model was trained on can tell; without them it is an error.
    """
    unnamed = [name for name in X if re.fullmatch(r"Unnamed: \d+", str(name))]
    if unnamed and trained_on is None:
        raise InputError(
            f"a column without a name in {path} (pandas calls it {unnamed[0]!r})",
            expected="a name for each feature",
            fix="Name it; if it holds row numbers, write the file without them: to_csv(..., index=False).",
        )
    return X.drop(columns=[name for name in unnamed if name not in list(trained_on)])


def numeric_array(frame: pd.DataFrame) -> Any:
    """Return a table of numbers as an array; missing values are nan."""
    values = frame.to_numpy()
    return values if values.dtype.kind in "fiu" else frame.to_numpy(dtype=float, na_value=np.nan)


def is_numeric(X: Any) -> bool:
    """Return whether records are a DataFrame of numbers alone."""
    return isinstance(X, pd.DataFrame) and all(pd.api.types.is_numeric_dtype(kind) for kind in X.dtypes)
