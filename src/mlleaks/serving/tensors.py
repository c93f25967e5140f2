"""Tensors of the Open Inference Protocol: from JSON to arrays and back.

The messages name shapes, types and counts, never a value: what a client sends may be a private record.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlleaks.errors import InputError

_NUMBERS: dict[str, type[np.generic]] = {
    "BOOL": np.bool_,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
}
TEXT = "BYTES"
DATATYPES = (*_NUMBERS, TEXT)
CONTENT_TYPES = ("np", "pd", "str")
"""The values of ``content_type`` that may stand in ``parameters``: they say nothing that the data do not."""


@dataclass(frozen=True)
class Tensor:
    """A tensor that a client sent.

    Parameters
    ----------
    name : str
    values : array (n, ...)
        Numbers of the tensor's type; text as an array of `object`, with nan where there was null.
    """

    name: str
    values: NDArray[Any]

    @property
    def is_text(self) -> bool:
        """Whether its values are text."""
        return self.values.dtype == object


def parse_tensor(document: Any) -> Tensor:
    """Return the tensor of a JSON document.

    ``data`` may be flat, in row-major order, or nested. ``null`` stands for a missing value in text and in
    floating numbers, since JSON has no NaN.

    Parameters
    ----------
    document : dict
        With ``name``, ``datatype``, ``shape`` and ``data``.

    Raises
    ------
    InputError
        A missing entry, an unknown type, a shape that the data do not have, or values of another type.

    Examples
    --------
    >>> parse_tensor({"name": "x", "datatype": "FP32", "shape": [2, 2], "data": [1, 2, 3, None]}).values
    array([[ 1.,  2.],
           [ 3., nan]], dtype=float32)
    """
    missing = [key for key in ("name", "datatype", "shape", "data") if key not in _dict(document, "an input")]
    if missing:
        raise _refused(f"an input without {', '.join(missing)}", "name, datatype, shape and data")
    if not isinstance(document["name"], str):
        raise _refused("an input whose name is no text", "a text")
    check_content_type(document, "an input")
    shape = _shape(document["shape"])
    values = _values(document["data"], document["datatype"])
    nested = values.ndim > 1 and values.shape != shape
    if nested or values.size != math.prod(shape):
        got = f"{values.size} values" + (f" nested as {values.shape}" if values.ndim > 1 else "")
        raise _refused(f"an input with {got} and shape {list(shape)}", f"{math.prod(shape)} values")
    return Tensor(document["name"], values.reshape(shape))


def tensor_of(name: str, values: NDArray[Any]) -> dict[str, Any]:
    """Return the JSON document of an answer: FP64 for floating numbers, INT64 for whole ones, else text.

    Examples
    --------
    >>> tensor_of("predict_proba", np.array([[0.25, 0.75]]))
    {'name': 'predict_proba', 'datatype': 'FP64', 'shape': [1, 2], 'data': [0.25, 0.75]}
    """
    datatype = {"f": "FP64", "i": "INT64"}.get(values.dtype.kind, TEXT)
    return {"name": name, "datatype": datatype, "shape": list(values.shape), "data": values.ravel().tolist()}


def check_content_type(document: dict[str, Any], where: str) -> None:
    """Raise `InputError` if the parameters of a request or an input ask for an encoding that is not read."""
    parameters = document.get("parameters")
    encoding = (
        None if parameters is None else _dict(parameters, f"the parameters of {where}").get("content_type")
    )
    if encoding is not None and encoding not in CONTENT_TYPES:
        raise _refused(f"another content_type in {where}", f"one of {', '.join(CONTENT_TYPES)}, or none")


def _values(data: Any, datatype: Any) -> NDArray[Any]:
    if datatype not in DATATYPES:
        raise _refused("an input of an unknown datatype", f"one of {', '.join(DATATYPES)}")
    if not isinstance(data, list):
        raise _refused("data that are no list", "a list of values, flat or nested")
    try:
        values = _text(data) if datatype == TEXT else _numbers(data, np.dtype(_NUMBERS[datatype]))
    except (TypeError, ValueError, OverflowError, RecursionError):
        values = None
    if values is None:
        raise _refused(
            f"data that do not fit their datatype {datatype}",
            "values of this type, in rows of one length (null for a missing one in FP and BYTES)",
        )
    return values


def _text(data: list[Any]) -> NDArray[Any] | None:
    values = np.array(data, dtype=object)
    flat = values.ravel().tolist()
    if not all(value is None or isinstance(value, str) for value in flat):
        return None
    if None in flat:
        values[values == None] = np.nan  # noqa: E711  # elementwise
    return values


def _numbers(data: list[Any], dtype: np.dtype[Any]) -> NDArray[Any] | None:
    """Return numbers as an array of a type; None if one of them is no such number."""
    values = np.asarray(data)
    if dtype.kind == "f":
        if values.dtype.kind not in "biufO" or any(isinstance(v, str) for v in _objects(values)):
            return None
        with np.errstate(over="ignore"):
            cast = values.astype(dtype)
        return None if np.isinf(cast).any() else cast
    if values.dtype.kind in "fO":  # NumPy makes float64 of whole numbers from 2 ** 63 on
        values = np.array(data, dtype=object)
        if not all(type(value) is int for value in values.ravel().tolist()):
            return None
    elif values.dtype.kind not in "biu":
        return None
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    fits = not values.size or (int(values.min()) >= low and int(values.max()) <= high)
    return values.astype(dtype) if fits else None


def _objects(values: NDArray[Any]) -> list[Any]:
    return values.ravel().tolist() if values.dtype == object else []


def _shape(shape: Any) -> tuple[int, ...]:
    whole = isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape)
    if not whole or not shape:
        raise _refused("an input whose shape is no list of whole numbers", "[number of records, ...]")
    if not shape[0]:
        raise _refused("an input without records", "at least one")
    return tuple(shape)


def _dict(document: Any, what: str) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise _refused(f"{what} that is no JSON object", "an object")
    return document


def _refused(got: str, expected: str) -> InputError:
    return InputError(got, expected=expected, fix="See the Open Inference Protocol, version 2.")
