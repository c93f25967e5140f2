"""Bodies of answers: bounded in size, and strict JSON or CSV."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any, NoReturn

from mlleaks.errors import ModelError

if TYPE_CHECKING:
    import httpx

LARGEST = 256 * 2**20
"""Bytes of one answer."""


class Truncated(Exception):
    """The body ended early: the request may be sent again."""


def read_body(response: httpx.Response, *, largest: int = LARGEST, seconds: float = math.inf) -> bytes:
    """Return the body of a streamed answer.

    Raises
    ------
    Truncated
        It is not complete after so many seconds.
    ModelError
        It is larger than ``largest`` bytes, of which no more are read; or it is compressed, which was not
        asked for: a few bytes could become gigabytes.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", ""):
        raise ModelError(
            "a compressed answer",
            expected="plain text, as the request asks for",
            fix="Switch compression off in the service, or in what stands before it.",
        )
    parts, size, end = [], 0, time.monotonic() + seconds
    for part in response.iter_raw():
        size += len(part)
        if time.monotonic() > end:
            raise Truncated("an answer that was not complete in time")
        if size > largest:
            raise ModelError(
                f"an answer of more than {largest:,} bytes",
                expected="posteriors, or a smaller batch",
                fix="Check that the address is that of a prediction service, or pass a smaller --batch.",
            )
        parts.append(part)
    return b"".join(parts)


def parse_body(body: bytes, content_type: str) -> Any:
    """Return what a body says: JSON, or the text itself where the service answers CSV.

    Parameters
    ----------
    body : bytes
    content_type : str
        As the service named it.

    Raises
    ------
    Truncated
        The text ends early.
    ModelError
        It is no JSON, or holds NaN or Infinity, which JSON does not have. The error says nothing of what is
        in the body: it may repeat records.

    Examples
    --------
    >>> parse_body(b'{"predictions": [1]}', "application/json"), parse_body(b"0.5,0.5", "text/csv")
    ({'predictions': [1]}, '0.5,0.5')
    """
    if content_type.partition(";")[0].strip().lower() == "text/csv":
        return body.decode("utf-8", errors="replace")
    try:
        return _fast(body)
    except ValueError:  # the slow parser says what is wrong
        pass
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        text = error.doc.strip()
        if text[:1] in ("{", "[") and (text[-1] not in "}]" or error.pos >= len(error.doc.rstrip()) - 1):
            raise Truncated("a truncated answer") from None
        raise _no_json(content_type) from None
    except (ValueError, RecursionError):  # no UTF-8, or a number of thousands of digits
        raise _no_json(content_type) from None


def _fast(body: bytes) -> Any:
    """Return what a JSON text says; ValueError if it is none, or if nothing here is faster."""
    try:
        import orjson
    except ModuleNotFoundError:
        raise ValueError from None
    return orjson.loads(body)


def _no_json(content_type: str) -> ModelError:
    kind = content_type.partition(";")[0].strip() or "no stated type"
    return ModelError(
        f"an answer that is no JSON ({kind})",
        expected="a JSON text",
        fix="Check the address: a page for people or a gateway may have answered.",
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ModelError(
        f"{name} in an answer",
        expected="finite numbers",
        fix="Find out which records the service answers so, and leave them out.",
    )
