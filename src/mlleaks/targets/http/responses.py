"""From the bytes of a response to JSON, or to text where a protocol answers CSV."""

from __future__ import annotations

import json
from typing import Any

from mlleaks.errors import ModelError


def parse_response(body: bytes, content_type: str) -> Any:
    """Return a response as JSON, or as text for ``text/csv``.

    NaN and Infinity, which are no JSON but which some services write, become floats: the reader of the
    items says which answer holds them.

    Parameters
    ----------
    body : bytes
    content_type : str
        As the header has it.

    Raises
    ------
    ModelError
        A page (HTML), or text that is no JSON, perhaps because it is cut off. The message shows nothing of
        it: it may repeat the records.

    Examples
    --------
    >>> parse_response(b'{"predictions": [0.5]}', "application/json; charset=utf-8")
    {'predictions': [0.5]}
    >>> parse_response(b"0.1,0.9", "text/csv")
    '0.1,0.9'
    """
    kind = content_type.partition(";")[0].strip().lower()
    start = body.lstrip()[:1]
    if kind == "text/html" or start == b"<":
        raise ModelError(
            f"a page of {len(body)} bytes instead of JSON",
            expected="the answer of a prediction service",
            fix="Check the URL; a page is often the answer of a proxy or a login.",
        )
    try:
        return body.decode() if kind == "text/csv" else json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ModelError(
            f"{len(body)} bytes that are no JSON" if body else "an empty answer",
            expected="JSON",
            fix="The answer may be cut off: try a smaller batch.",
        ) from error
