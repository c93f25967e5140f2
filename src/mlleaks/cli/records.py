"""Records from a file, in the form that a model accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from mlleaks.errors import InputError
from mlleaks.tables import column, read_table

_ID = "record_id"


def read_records(path: Path, label: str | None, model: Any) -> tuple[Any, Any, Any]:
    """Return ``(X, y, ids)`` of a table; y and ids None where it has no such column.

    A NPZ file holds ``X (n, ...)``, labels and perhaps ``record_id`` as arrays. Columns of a CSV or
    Parquet file that are neither label nor ``record_id`` are features: a DataFrame if the model was
    trained on one or if they are not all numbers, else an array.
    """
    table = read_table(path)
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
    named = hasattr(model, "feature_names_in_")
    numeric = all(pd.api.types.is_numeric_dtype(dtype) for dtype in X.dtypes)
    return (X if named or not numeric else X.to_numpy()), y, ids
