"""Request bodies that several protocols share."""

from __future__ import annotations

import json
from typing import Any

from mlleaks.errors import InputError
from mlleaks.targets.http.protocol import Request
from mlleaks.targets.http.records import Rows

JSON = {"content-type": "application/json", "accept": "application/json"}


def json_bytes(value: Any) -> bytes:
    """Return compact JSON.

    Examples
    --------
    >>> json_bytes({"instances": [[1.5, None]]})
    b'{"instances":[[1.5,null]]}'
    """
    try:
        import orjson  # fifteen times as fast, with the same digits
    except ModuleNotFoundError:
        return json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()
    return orjson.dumps(value)


def json_request(url: str, value: Any) -> Request:
    """Return a request whose body is JSON.

    Examples
    --------
    >>> json_request("http://localhost/score", {"data": [1]}).body
    b'{"data":[1]}'
    """
    return Request(url, json_bytes(value), JSON)


def split_table(rows: Rows) -> dict[str, Any]:
    """Return records as pandas writes them with ``orient="split"``; without names, columns are numbered.

    Examples
    --------
    >>> split_table(Rows([[1, "x"]], ("int64", "text"), (2,), ("a", "b")))
    {'columns': ['a', 'b'], 'data': [[1, 'x']]}
    """
    if rows.shape == ():
        return {"columns": [0], "data": [[value] for value in rows.values]}
    if len(rows.shape) != 1:
        raise InputError(
            f"records of shape {rows.shape}",
            expected="rows of a table",
            fix="Choose a request body for arrays, such as inputs or instances.",
        )
    columns: list[Any] = list(range(rows.shape[0])) if rows.columns is None else list(rows.columns)
    return {"columns": columns, "data": rows.values}


def rows_or_records(rows: Rows) -> list[Any]:
    """Return the records as lists, or as objects where their columns have names.

    Examples
    --------
    >>> rows_or_records(Rows([[1, "x"]], ("int64", "text"), (2,), ("a", "b")))
    [{'a': 1, 'b': 'x'}]
    """
    return rows.values if rows.columns is None else rows.records()


def the_one(rows: Rows) -> Any:
    """Return the single record of a request that holds one.

    Raises
    ------
    InputError
        There is more than one.

    Examples
    --------
    >>> the_one(Rows([[1, 2]], ("int64",), (2,)))
    [1, 2]
    """
    if len(rows) != 1:
        raise InputError(
            f"{len(rows)} records in one request",
            expected="1: this request body holds a single record",
            fix="Send one record per request.",
        )
    return rows_or_records(rows)[0]
