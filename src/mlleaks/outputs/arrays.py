"""Arrays and ids from what users bring: lists, tensors, pandas columns, masked arrays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray
from pandas.api.types import infer_dtype, is_hashable, is_list_like, is_numeric_dtype, is_object_dtype

from mlleaks.errors import InputError
from mlleaks.types import Ids


def as_array(value: Any, what: str) -> NDArray[Any]:
    """Return ``value`` as a NumPy array, or say why that would lose something.

    Parameters
    ----------
    value : array-like, tensor or pandas column
        Tensors are detached and copied to main memory; missing values of nullable numeric columns
        become nan.
    what : str
        What to call the values in an error.

    Raises
    ------
    InputError
        Rows of different lengths, masked entries, complex numbers or structured records.

    Examples
    --------
    >>> as_array(pd.Series([1, None], dtype="Int64"), "labels")
    array([ 1., nan])
    """
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise InputError(
            f"{what} with {int(np.ma.getmaskarray(value).sum())} masked entries",
            expected="a value in every place",
            fix="Fill the masked entries, or leave these records out.",
        )
    if hasattr(value, "detach"):  # a PyTorch tensor that may require gradients or lie on a GPU
        value = value.detach().cpu()
    try:
        if isinstance(value, pd.Series | ExtensionArray) and is_numeric_dtype(value) and value.isna().any():
            return np.asarray(value.to_numpy(dtype=float, na_value=np.nan))
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{what} that cannot be read as an array ({' '.join(str(error).split())})",
            expected="numbers or text, with rows of one length",
            fix="Convert them to a NumPy array.",
        ) from error
    if array.dtype.kind in "cV":
        raise InputError(
            f"{what} of dtype {array.dtype}",
            expected="real numbers or text",
            fix="Give each part (real and imaginary, each field) a column of its own.",
        )
    return array


def as_ids(values: Any, what: str) -> Ids:
    """Return ids as integers if all are whole numbers, else as text, so that equal ids are equal.

    Parameters
    ----------
    values : array-like (n,)
    what : str
        What to call them in an error.

    Raises
    ------
    InputError
        An id is missing or empty, or is no single value (a list, say).

    Examples
    --------
    >>> as_ids([7.0, 8.0], "record_id")
    array([7, 8])
    >>> as_ids(np.array([7, "7b"], dtype=object), "record_id")
    array(['7', '7b'], dtype='<U2')
    """
    array = as_array(values, what)
    if array.dtype.kind in "iu":
        return array
    if array.dtype.kind == "f" and (array % 1 == 0).all() and (np.abs(array) < 2**53).all():
        return array.astype(np.int64)
    if array.dtype.kind in "mM":
        array = np.where(np.isnat(array), "", array.astype(str))
    entries = array.tolist()
    if not all(map(is_hashable, entries)):
        raise InputError(
            f"{what} that is a {type(next(e for e in entries if not is_hashable(e))).__name__}",
            expected="a number or text in every row",
            fix="Give every record one id.",
        )
    if infer_dtype(entries, skipna=False) == "integer" and all(abs(entry) < 2**63 for entry in entries):
        return np.array(entries, dtype=np.int64)
    texts = ["" if pd.isna(entry) else _text(entry) for entry in entries]
    absent = [row for row, text in enumerate(texts) if not text.strip()]
    if absent:
        raise InputError(
            f"{len(absent)} rows without {what} (first: row {absent[0]})",
            expected="a number or text in every row",
            fix="Fill the column, or leave it out if it is optional.",
        )
    return np.array(texts)


def refuse_repeated(names: Iterable[Any], source: str) -> None:
    """Raise if two columns have one name: nobody could say which of them is meant.

    Raises
    ------
    InputError
        A name stands more than once.
    """
    index = pd.Index(list(names))
    if not index.is_unique:
        raise InputError(
            f"{source} with the column {index[index.duplicated()][0]!r} more than once",
            expected="a name for each column",
            fix="Rename or drop one of them.",
        )


def refuse_nested(table: pd.DataFrame, source: str) -> None:
    """Raise if a cell of a table holds a list, a dictionary or an array.

    Raises
    ------
    InputError
        Such a column.
    """
    objects = table.columns[table.dtypes.map(is_object_dtype)]
    nested = [name for name in objects if table[name].map(is_list_like).any()]
    if nested:
        raise InputError(
            f"{source} with more than one value in a cell of the column {nested[0]!r}",
            expected="one number or text in each cell",
            fix="Give each value a column of its own, or pass one array (n, ...).",
        )


def _text(entry: Any) -> str:
    if isinstance(entry, bytes):
        return entry.decode(errors="backslashreplace")
    return str(int(entry)) if isinstance(entry, float) and entry.is_integer() else str(entry)
