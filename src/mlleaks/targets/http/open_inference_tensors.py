"""Tensors of the Open Inference Protocol v2, in requests and answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import chain
from math import prod
from typing import Any

from mlleaks.errors import InputError, ModelError
from mlleaks.targets.http.answers import kind_of, member, pick, wrong_count
from mlleaks.targets.http.bodies import json_bytes
from mlleaks.targets.http.protocol import InputTensor, ServiceInfo, Settings
from mlleaks.targets.http.records import MIXED, Rows

_TITLE = "the Open Inference Protocol"
_DATATYPES = {
    "bool": "BOOL",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
    "text": "BYTES",
    **{f"{sign}int{bits}": f"{sign.upper()}INT{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}
_DEFAULT_INPUT = "input-0"


def input_tensors(
    rows: Rows, info: ServiceInfo, settings: Settings
) -> tuple[list[dict[str, Any]], str | None]:
    """Return the tensors of a request, and MLServer's name for how they belong together.

    A table becomes one tensor per column, unless the service describes one input that takes all columns.

    Parameters
    ----------
    rows : Rows
    info : ServiceInfo
        Names, data types and shapes of the inputs, where the metadata tells them.
    settings : Settings
        ``body`` may demand ``tensor`` or ``columns``; ``input`` names the tensor.

    Raises
    ------
    InputError
        A column that no data type holds, columns that the service does not have, or text for a tensor of
        numbers.

    Examples
    --------
    >>> rows = Rows([[1.0, 2.0], [3.0, 4.0]], ("float64",), (2,))
    >>> input_tensors(rows, ServiceInfo("open-inference"), Settings())[0][0]["data"]
    [1.0, 2.0, 3.0, 4.0]
    """
    if _as_columns(rows, info, settings):
        assert rows.columns is not None
        _check_columns(rows.columns, info)
        described = {tensor.name: tensor for tensor in info.inputs}
        columns = zip(*rows.values, strict=True)
        parts = zip(rows.columns, rows.dtypes, columns, strict=True)
        return [
            _tensor(described.get(name) or InputTensor(name), list(cells), dtype=dtype, shape=(len(rows), 1))
            for name, dtype, cells in parts
        ], "pd"
    first = info.inputs[0] if info.inputs else InputTensor(_DEFAULT_INPUT)
    if settings.input:
        first = next((t for t in info.inputs if t.name == settings.input), InputTensor(settings.input))
    shape = (len(rows), *(rows.shape or (1,)))
    tensor = _tensor(first, _flat(rows.values, len(rows.shape)), dtype=_common(rows), shape=shape)
    tensor["parameters"] = {"content_type": "str" if tensor["datatype"] == "BYTES" else "np"}
    return [tensor], None


def _as_columns(rows: Rows, info: ServiceInfo, settings: Settings) -> bool:
    if settings.body == "columns" and rows.columns is None:
        raise InputError(
            "records without column names",
            expected="a DataFrame, whose columns become tensors",
            fix="Pass the records as a DataFrame, or choose the request body tensor.",
        )
    if settings.body in ("tensor", "columns"):
        return settings.body == "columns"
    one_input = len(info.inputs) == 1 and info.inputs[0].name not in (rows.columns or ())
    return rows.columns is not None and not one_input and settings.input is None


def _check_columns(columns: tuple[str, ...], info: ServiceInfo) -> None:
    names = {tensor.name for tensor in info.inputs}
    if names and names != set(columns):
        raise InputError(
            f"a table of {len(columns)} columns for a service of {len(names)} inputs with other names",
            expected=f"the columns {', '.join(sorted(names)[:8])}",
            fix="Rename the columns, or choose the request body tensor.",
        )


def _common(rows: Rows) -> str:
    """Return the data type of a tensor of all columns."""
    dtypes = set(rows.dtypes)
    if len(dtypes) == 1:
        return dtypes.pop()
    if dtypes & {"text", MIXED}:
        raise InputError(
            "a table of numbers and text",
            expected="one type of data for one tensor",
            fix="Choose the request body columns.",
        )
    return "float64"


def _tensor(
    described: InputTensor, cells: list[Any], *, dtype: str, shape: tuple[int, ...]
) -> dict[str, Any]:
    if dtype not in _DATATYPES:
        raise InputError(
            f"records of type {dtype} for the input {described.name!r}",
            expected="numbers or text, not both in one tensor",
            fix="Convert the column to one of them, as the model's training data had it.",
        )
    datatype = described.datatype or _DATATYPES[dtype]
    if None in cells and "INT" in _DATATYPES[dtype]:
        datatype = described.datatype or "FP64"
    if (datatype == "BYTES") != (dtype == "text"):
        raise InputError(
            f"records of type {dtype} for the input {described.name!r}",
            expected=f"the service's data type, {datatype}",
            fix="Pass the records as the model was trained on them.",
        )
    if "INT" in datatype and not all(cell is not None and cell == int(cell) for cell in cells):
        raise InputError(
            f"numbers with fractions or gaps for the input {described.name!r}",
            expected=f"whole numbers: the service's data type is {datatype}",
            fix="Pass the records as the model was trained on them.",
        )
    if "INT" in datatype:
        cells = [int(cell) for cell in cells]
    elif datatype.startswith("FP") and dtype == "bool":
        cells = [cell if cell is None else float(cell) for cell in cells]
    rank = len(described.shape) if described.shape else len(shape)
    fits = shape[:-1] if rank == len(shape) - 1 and shape[-1] == 1 else shape
    return {"name": described.name, "shape": list(fits), "datatype": datatype, "data": cells}


def _flat(values: Any, depth: int) -> list[Any]:
    for _ in range(depth):
        values = chain.from_iterable(values)
    return list(values)


def with_id(body: dict[str, Any]) -> tuple[str, bytes]:
    """Return the id of a request, and the request as JSON; the same request has the same id.

    Examples
    --------
    >>> with_id({"inputs": []})[1].startswith(b'{"id":"')
    True
    """
    text = json_bytes(body)
    name = hashlib.sha256(text).hexdigest()[:32]
    return name, b'{"id":"' + name.encode() + b'",' + text[1:]


def read_outputs(answer: Any, n: int, info: ServiceInfo) -> list[Any]:
    """Return one item per record from the output tensors.

    Parameters
    ----------
    answer : JSON
    n : int
    info : ServiceInfo
        ``output`` names the tensor with the probabilities.

    Raises
    ------
    ModelError
        No outputs, a tensor whose data do not fit its shape, another number of records, or several outputs
        of which none is named as one of probabilities.

    Examples
    --------
    >>> tensor = {"name": "predict", "shape": [2, 1], "datatype": "INT64", "data": [1, 0]}
    >>> read_outputs({"outputs": [tensor]}, 2, ServiceInfo("open-inference"))
    [1, 0]
    """
    outputs = member(answer, "outputs", _TITLE)
    if not isinstance(outputs, list) or not outputs or not all(isinstance(t, Mapping) for t in outputs):
        raise ModelError(
            f"outputs that are {kind_of(outputs)}",
            expected="a list of tensors",
            fix="Check that the model has outputs of this name.",
        )
    tensors = {str(tensor.get("name")): tensor for tensor in outputs}
    name = pick(tensors, info.output) or _the_table(tensors)
    if name is not None:
        return _items(tensors[name], n)
    columns = {name: _items(tensor, n) for name, tensor in tensors.items()}
    if all(isinstance(value, int | float) for column in columns.values() for value in column):
        return [{name: column[row] for name, column in columns.items()} for row in range(n)]
    raise ModelError(
        f"{len(tensors)} output tensors",
        expected="one of them with a name such as predict_proba or probabilities",
        fix="Name the output that holds the probabilities.",
    )


def _the_table(tensors: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the only output of floats that has a column per class."""
    tables = [
        name
        for name, tensor in tensors.items()
        if str(tensor.get("datatype")).startswith("FP") and prod(_shape(tensor)[1:]) > 1
    ]
    return tables[0] if len(tables) == 1 else None


def _shape(tensor: Mapping[str, Any]) -> list[int]:
    shape = tensor.get("shape")
    if isinstance(shape, list) and shape and all(type(size) is int and size >= 0 for size in shape):
        return shape
    raise ModelError(
        "an output tensor without a shape", expected="its shape: [records, ...]", fix="Check the protocol."
    )


def _items(tensor: Mapping[str, Any], n: int) -> list[Any]:
    shape, data = _shape(tensor), tensor.get("data")
    if not isinstance(data, list):
        raise ModelError(
            f"an output tensor whose data are {kind_of(data)}",
            expected="a list of values: JSON, no binary data",
            fix="Switch binary outputs of the service off.",
        )
    while data and isinstance(data[0], list):
        data = list(chain.from_iterable(part if isinstance(part, list) else [part] for part in data))
    if len(data) != prod(shape):
        raise ModelError(
            f"{len(data)} values in an output tensor of shape {shape}",
            expected=f"{prod(shape)} values",
            fix="The answer may be cut off; try a smaller batch.",
        )
    if shape[0] != n:
        raise wrong_count(shape[0], n)
    width = prod(shape[1:])
    return data if width == 1 else [data[i * width : (i + 1) * width] for i in range(n)]
