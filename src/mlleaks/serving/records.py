"""From the tensors of a request to the records that a model takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from mlleaks.errors import InputError
from mlleaks.serving.interface import columns_of, record_shape_of
from mlleaks.serving.tensors import Tensor
from mlleaks.types import Records


def records_for(model: Any, tensors: Sequence[Tensor], *, table: bool = False) -> Records:
    """Return records ``(n, ...)`` of tensors, in the form that a model takes.

    Parameters
    ----------
    model : Model
        If it names the columns that it was trained on, it gets a DataFrame with these columns.
    tensors : sequence of Tensor
        One tensor ``(n, ...)``, or one ``(n,)`` or ``(n, 1)`` for each column. Columns are found by their
        names where the model has names, else they stand in the order of the request.
    table : bool
        Whether the client says that its columns are a table (content type ``pd``): then a model without
        names gets a DataFrame as well, with the tensors' names.

    Raises
    ------
    InputError
        Another number of columns, missing columns, or tensors of different lengths.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> model = DecisionTreeClassifier().fit(pd.DataFrame({"age": [1, 2], "height": [3, 4]}), [0, 1])
    >>> records_for(model, [Tensor("height", np.array([7, 8])), Tensor("age", np.array([5, 6]))])
       age  height
    0    5       7
    1    6       8
    """
    columns = columns_of(model)
    if len(tensors) == 1 and tensors[0].values.ndim > 1:
        return _one(tensors[0].values, columns, record_shape_of(model), model)
    return _several(tensors, columns, record_shape_of(model), table=table)


def _one(values: Any, columns: list[str] | None, shape: tuple[int | None, ...] | None, model: Any) -> Records:
    """Return the records of one tensor with two axes or more."""
    if columns is not None:
        _require(values.shape[1:], (len(columns),))
        return pd.DataFrame(values, columns=columns)
    if shape is None and values.dtype == object and values.shape[1:] == (1,):
        return values[:, 0]  # texts, as a vectorizer takes them
    if shape is not None:
        _require(values.shape[1:], shape)
    return values


def _several(
    tensors: Sequence[Tensor],
    columns: list[str] | None,
    shape: tuple[int | None, ...] | None,
    *,
    table: bool,
) -> Records:
    """Return the records of one tensor per column."""
    values = {tensor.name: _column(tensor) for tensor in tensors}
    if len(values) != len(tensors):
        _refuse("inputs of which two have one name", "a name for each")
    if len(lengths := {len(column) for column in values.values()}) > 1:
        _refuse(f"inputs with {min(lengths)} to {max(lengths)} records", "as many records in each")
    if columns is not None:
        if len(values) == len(columns) == 1:
            values = {columns[0]: tensors[0].values.reshape(-1)}
        _require_columns(values, columns)
        return pd.DataFrame({name: values[name] for name in columns})
    if len(values) == 1 and shape is None and not table:
        return tensors[0].values
    if shape is not None:
        _require((len(values),), shape)
    if table or any(tensor.is_text for tensor in tensors):
        return pd.DataFrame(values)
    return np.column_stack(list(values.values()))


def _column(tensor: Tensor) -> Any:
    if tensor.values.shape[1:] not in ((), (1,)):
        _refuse(
            f"several inputs, one of them with rows of shape {tensor.values.shape[1:]}",
            "one input (n, ...), or one of shape [n] or [n, 1] for each column",
        )
    return tensor.values.reshape(-1)


def _require(got: tuple[int, ...], expected: tuple[int | None, ...]) -> None:
    fits = len(got) == len(expected) and all(e in (None, g) for g, e in zip(got, expected, strict=True))
    if not fits:
        sizes = ["any" if size is None else str(size) for size in expected]
        _refuse(f"records of shape {list(got)}", f"records of shape [{', '.join(sizes)}]")


def _require_columns(values: dict[str, Any], columns: list[str]) -> None:
    missing = [name for name in columns if name not in values]
    extra = len(set(values) - set(columns))
    if missing or extra:
        some = ", ".join(missing[:8]) + (", ..." if len(missing) > 8 else "")
        lacking = f"{len(missing)} missing ({some})" if missing else "none missing"
        _refuse(
            f"{len(values)} columns, {lacking}, {extra} that the model does not know",
            f"the {len(columns)} columns that the model was trained on",
        )


def _refuse(got: str, expected: str) -> NoReturn:
    raise InputError(got, expected=expected, fix="See the model's metadata.")
