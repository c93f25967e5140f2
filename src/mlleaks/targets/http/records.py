"""Records as JSON can hold them: numbers, text and lists, one entry per record."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlleaks.errors import InputError
from mlleaks.outputs.arrays import as_array, refuse_nested, refuse_repeated
from mlleaks.types import Records

MIXED = "mixed"
"""The data type of a column that holds numbers as well as text."""

_DATES = (dt.date, dt.time, dt.timedelta, np.datetime64, np.timedelta64, pd.Period)


@dataclass(frozen=True)
class Rows:
    """The records of one batch, ready for JSON.

    Parameters
    ----------
    values : list
        One entry per record: its cells in a list; nested lists for images; a single number or text for
        records that are one value each. A missing value is None.
    dtypes : tuple of str
        ``bool``, ``int64``, ``float32``, ..., ``text`` or `MIXED`: one for each column of a DataFrame,
        else one for all cells.
    shape : tuple of int
        Of one record: ``(d,)``, ``(h, w, c)``, or ``()`` for a single value.
    columns : tuple of str, optional
        Names of a DataFrame's columns.
    missing : bool
        Whether a value is missing.
    """

    values: list[Any]
    dtypes: tuple[str, ...]
    shape: tuple[int, ...]
    columns: tuple[str, ...] | None = None
    missing: bool = False

    def __len__(self) -> int:
        return len(self.values)

    def records(self) -> list[dict[str, Any]]:
        """Return each record as an object of its named cells.

        Raises
        ------
        InputError
            The records have no column names.
        """
        if self.columns is None:
            raise InputError(
                "records without column names",
                expected="a DataFrame: this request names every cell",
                fix="Pass the records as a DataFrame, or choose another request body.",
            )
        return [dict(zip(self.columns, row, strict=True)) for row in self.values]

    def part(self, rows: slice) -> Rows:
        """Return some of the records, in their order."""
        return replace(self, values=self.values[rows])

    def texts(self) -> list[Any]:
        """Return the one value of each record, also of a table of one column.

        Raises
        ------
        InputError
            A record is more than one value.
        """
        if self.shape == ():
            return self.values
        if self.shape == (1,):
            return [row[0] for row in self.values]
        raise InputError(
            f"records of shape {self.shape}",
            expected="one text for each record",
            fix="Pass the column with the text.",
        )


def encode_rows(X: Records) -> Rows:
    """Return the records of a batch as `Rows`; sparse ones become dense.

    Numbers keep every digit: what a service reads is the same float.

    Parameters
    ----------
    X : array (n, ...), sparse matrix (n, d), DataFrame, Series, or list
        Numbers, bools and text. Missing values (nan, None, ``pd.NA``) become None.

    Raises
    ------
    InputError
        No records, dates, infinite or complex numbers, bytes, or cells that hold lists.

    Examples
    --------
    >>> encode_rows(np.array([[1.5, np.nan]])).values
    [[1.5, None]]
    >>> rows = encode_rows(pd.DataFrame({"age": [39], "work": ["private"]}))
    >>> rows.values, rows.columns, rows.dtypes
    ([[39, 'private']], ('age', 'work'), ('int64', 'text'))
    """
    if isinstance(X, pd.DataFrame):
        return _table(X)
    dense = X.toarray() if hasattr(X, "toarray") else X
    array = as_array(dense, "records")
    if array.ndim == 0 or not len(array) or 0 in array.shape:
        raise InputError(
            f"records of shape {array.shape}", expected="at least one record", fix="Pass some records."
        )
    if array.dtype.kind in "OSUmM":
        return _cells(array)
    values, missing = _numbers(array, "the records")
    return Rows(values, (str(array.dtype),), array.shape[1:], missing=missing)


def record_bytes(X: Records, rows: Rows) -> Iterator[bytes]:
    """Return what distinguishes each record from others, from its numbers or its JSON.

    Parameters
    ----------
    X : records
    rows : Rows
        The same, encoded.

    Examples
    --------
    >>> X = np.array([[1.0, 2.0], [1.0, 3.0]])
    >>> len(set(record_bytes(X, encode_rows(X))))
    2
    """
    if isinstance(X, np.ndarray) and X.dtype.kind in "biuf":
        kind = f"{X.dtype.str} {X.shape[1:]} ".encode()
        return (kind + row.tobytes() for row in X)
    return (json.dumps([rows.columns, value], separators=(",", ":")).encode() for value in rows.values)


def _table(X: pd.DataFrame) -> Rows:
    refuse_repeated(X.columns, "the table of records")
    refuse_nested(X, "the table of records")
    if not len(X) or not X.shape[1]:
        raise InputError(
            f"records of shape {X.shape}", expected="at least one record", fix="Pass some records."
        )
    columns, dtypes, missing = [], [], False
    for name in X.columns:
        values, dtype, gaps = _column(X[name], f"the column {name!r}")
        columns.append(values)
        dtypes.append(dtype)
        missing |= gaps
    rows = [list(row) for row in zip(*columns, strict=True)]
    return Rows(rows, tuple(dtypes), (len(columns),), tuple(map(str, X.columns)), missing)


def _column(column: pd.Series[Any], what: str) -> tuple[list[Any], str, bool]:
    if isinstance(column.dtype, pd.SparseDtype):
        column = column.astype(column.dtype.subtype)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype if not column.isna().any() else object)
    numpy_typed = isinstance(column.dtype, np.dtype)  # so that float32 with nan stays float32
    array = column.to_numpy() if numpy_typed else as_array(column, what)
    if array.dtype.kind == "c":
        as_array(array, what)  # raises
    if array.dtype.kind in "OSUmM":
        cells = [_cell(value, what) for value in array.tolist()] if array.dtype.kind not in "mM" else None
        if cells is None:
            raise _date(what)
        return cells, _dtype(cells), any(cell is None for cell in cells)
    values, gaps = _numbers(array, what)
    return values, str(array.dtype), gaps


def _cells(array: NDArray[Any]) -> Rows:
    if array.dtype.kind in "mM":
        raise _date("the records")
    flat = [_cell(value, "the records") for value in array.ravel().tolist()]
    nested = np.empty(array.size, dtype=object)
    nested[:] = flat
    missing = any(cell is None for cell in flat)
    return Rows(nested.reshape(array.shape).tolist(), (_dtype(flat),), array.shape[1:], missing=missing)


def _numbers(array: NDArray[Any], what: str) -> tuple[list[Any], bool]:
    """Return numbers as nested lists with None for nan, and whether there is one."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return array.tolist(), False
    if np.isinf(array).any():
        raise _infinite(what)
    cells = array.astype(object)
    cells[np.isnan(array)] = None
    return cells.tolist(), True


def _cell(value: Any, what: str) -> Any:
    """Return one cell of unknown type as JSON has it."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, _DATES):
        raise _date(what)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real | Decimal):
        number = float(value)
        if math.isinf(number):
            raise _infinite(what)
        return None if math.isnan(number) else number
    raise InputError(
        f"a {type(value).__name__} in {what}",
        expected="numbers, text, true or false: JSON holds nothing else",
        fix="Convert it to one of them, as the service's documentation describes.",
    )


def _dtype(cells: Sequence[Any]) -> str:
    types = {type(cell) for cell in cells if cell is not None}
    if types <= {str}:
        return "text"
    if types == {bool}:
        return "bool"
    if types == {int}:
        return "int64" if all(cell is not None for cell in cells) else "float64"
    return "float64" if types <= {int, float} else MIXED


def _date(what: str) -> InputError:
    return InputError(
        f"dates or times in {what}",
        expected="numbers or text: JSON has no dates, and services write them in many ways",
        fix="Convert them to what the model was trained on (text, or a number of days).",
    )


def _infinite(what: str) -> InputError:
    return InputError(
        f"an infinite number in {what}",
        expected="finite numbers: JSON has no infinity",
        fix="Replace it by a large finite number, or leave the record out.",
    )


def refuse_missing(rows: Rows, protocol: str) -> None:
    """Raise if a value is missing, for a protocol whose requests have no way to say so.

    Raises
    ------
    InputError
        A missing value.

    Examples
    --------
    >>> refuse_missing(Rows([[1.5]], ("float64",), (1,)), "KServe v1")
    >>> refuse_missing(encode_rows([[np.nan]]), "KServe v1")
    Traceback (most recent call last):
    mlleaks.errors.InputError: got records with missing values (nan) for KServe v1; expected ...
    """
    if rows.missing:
        raise InputError(
            f"records with missing values (nan) for {protocol}",
            expected="a value in every cell: JSON has no nan, and this request has no other way to say it",
            fix="Fill the gaps as the model's users do, or leave these records out.",
        )
