"""JSONPath queries (RFC 9535)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from mlleaks.errors import InputError, missing_extra


def matches(path: str, value: Any) -> tuple[list[Any], bool]:
    """Return what a JSONPath matches, and whether it can match one place only.

    Parameters
    ----------
    path : str
    value : JSON

    Raises
    ------
    MissingExtra
        The package ``python-jsonpath`` is not installed.
    InputError
        The path is no JSONPath.

    Examples
    --------
    >>> matches("$.items[*].p", {"items": [{"p": 0.1}, {"p": 0.9}]})
    ([0.1, 0.9], False)
    """
    query = _compiled(path)
    return query.findall(value), query.singular_query()


@lru_cache(maxsize=32)
def _compiled(path: str) -> Any:
    try:
        import jsonpath
    except ModuleNotFoundError as error:
        raise missing_extra("jsonpath", "services") from error
    try:
        return jsonpath.compile(path, strict=True)  # RFC 9535 without extensions
    except jsonpath.JSONPathError as error:
        raise InputError(
            f"the JSONPath {path!r}",
            expected="a path such as $.predictions[*].scores",
            fix="See RFC 9535.",
        ) from error
