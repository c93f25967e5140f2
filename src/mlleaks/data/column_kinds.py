"""Which columns of a table hold numbers, which categories, and which text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import (
    is_bool_dtype,
    is_complex_dtype,
    is_datetime64_any_dtype,
    is_numeric_dtype,
    is_timedelta64_dtype,
)

from mlleaks.outputs.arrays import refuse_nested
from mlleaks.types import Floats

CATEGORIES, SHARE = 50, 0.05
"""A column of texts has categories if it has at most so many different ones, or at most that share of all."""


@dataclass(frozen=True)
class Columns:
    """The columns of ``n`` records by kind.

    Parameters
    ----------
    numbers : float array (n, d)
        nan where a value is missing.
    names : tuple of str
        What the ``d`` numbers are called.
    categories, texts : mapping of str to object array (n,)
        By name; None where a value is missing.
    skipped : int
        How many numbers were left away.
    """

    numbers: Floats
    names: tuple[str, ...]
    categories: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, Any] = field(default_factory=dict)
    skipped: int = 0


def columns_of_frame(frame: pd.DataFrame) -> Columns:
    """Return the columns of a table by kind.

    Texts that are all numbers are numbers; dates are numbers, too. Cells of mixed types are compared as text.

    Raises
    ------
    InputError
        A cell holds a list, a dictionary or an array.

    Examples
    --------
    >>> table = pd.DataFrame({"age": [30, 41, None], "sex": ["f", "m", "f"], "zip": ["01", "02", "03"]})
    >>> columns = columns_of_frame(table)
    >>> columns.names, list(columns.categories), list(columns.texts)
    (('age', 'zip'), ['sex'], [])
    """
    refuse_nested(frame, "records")
    numbers: dict[str, Floats] = {}
    categories: dict[str, Any] = {}
    texts: dict[str, Any] = {}
    for place, label in enumerate(frame.columns):
        column, name = frame.iloc[:, place], str(label)
        values = _as_numbers(column)
        if values is not None:
            numbers[name] = values
            continue
        texts_or_none = np.array([None if pd.isna(value) else str(value) for value in column], dtype=object)
        different = len({text for text in texts_or_none if text is not None})
        few = different <= max(CATEGORIES, SHARE * len(frame))
        (categories if few else texts)[name] = texts_or_none
    stacked = np.column_stack([*numbers.values()]) if numbers else np.empty((len(frame), 0))
    return Columns(stacked, tuple(numbers), categories, texts)


def _as_numbers(column: pd.Series[Any]) -> Floats | None:
    """Return a column as numbers, nan where one is missing; None if it holds anything else."""
    dtype = column.dtype
    if is_datetime64_any_dtype(dtype) or is_timedelta64_dtype(dtype):
        nanoseconds = column.astype("int64").to_numpy(float)
        return np.where(column.isna(), np.nan, nanoseconds)
    if isinstance(dtype, pd.CategoricalDtype) or is_complex_dtype(dtype):
        return None
    if is_numeric_dtype(dtype) or is_bool_dtype(dtype):
        return np.asarray(column.to_numpy(dtype=float, na_value=np.nan))
    try:
        converted = pd.to_numeric(column, errors="coerce")
        if is_complex_dtype(converted.dtype):
            return None
        values = converted.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError, OverflowError):  # cells that are no single values
        return None
    return values if (np.isnan(values) == column.isna().to_numpy()).all() else None
