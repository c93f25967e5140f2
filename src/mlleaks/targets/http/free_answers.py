"""Answers whose shape their author was free to choose: scoring scripts, BentoML, Ray Serve."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mlleaks.errors import ModelError
from mlleaks.targets.http.answers import (
    DEPTH,
    PROBABILITIES,
    item_of,
    kind_of,
    listed,
    pick,
    transposed,
    wrong_count,
)
from mlleaks.targets.http.protocol import ServiceInfo

_WRAPPERS = ("predictions", "prediction", "outputs", "output", "results", "result", "data", *PROBABILITIES)


def read_free(answer: Any, n: int, info: ServiceInfo) -> list[Any]:
    """Return the items of an answer whose form the protocol leaves open; see `unwrap`."""
    return unwrap(answer, n, output=info.output, one_record=info.one_record)


def unwrap(answer: Any, n: int, *, output: str | None, one_record: bool) -> list[Any]:
    """Return the items of an answer that may lie in other objects, or in JSON as text.

    Parameters
    ----------
    answer : JSON, or text that is JSON
    n : int
        How many records the request held.
    output : str, optional
        Name of the member that holds the probabilities.
    one_record : bool
        Whether the request held a single record, not a list with one.

    Raises
    ------
    ModelError
        There is nothing with one entry per record.

    Examples
    --------
    >>> unwrap('{"result": [[0.1, 0.9], [0.8, 0.2]]}', 2, output=None, one_record=False)
    [[0.1, 0.9], [0.8, 0.2]]
    >>> unwrap({"probabilities": [0.1, 0.9]}, 1, output=None, one_record=True)
    [[0.1, 0.9]]
    """
    value = _parsed(answer)
    if one_record:
        if n != 1:
            raise wrong_count(1, n)
        value = _inner(value, output)
        nested = isinstance(value, list) and len(value) == 1 and isinstance(value[0], list | Mapping)
        return [item_of(value[0] if nested else value, output)]
    value = _inner(value, output)
    if isinstance(value, Mapping) and value and all(isinstance(v, list) for v in value.values()):
        name = pick(value, output)
        if name is not None:
            return [item_of(entry, output) for entry in listed(value[name], n)]
        return list(transposed(value, n))
    return [item_of(entry, output) for entry in listed(value, n)]


def _inner(value: Any, output: str | None) -> Any:
    """Return what lies in objects that only wrap the answer."""
    for _ in range(DEPTH):
        if not isinstance(value, Mapping):
            return value
        if output is not None and output in value:
            return value[output]
        name = next((wanted for wanted in _WRAPPERS if wanted in value), None)
        if (
            name is None
            or not isinstance(value[name], list | Mapping | str)
            or len(value) > 1 + _extras(value)
        ):
            return value
        value = _parsed(value[name])
    return value


def _extras(value: Mapping[str, Any]) -> int:
    """Return how many members hold no list: a version, a status, a time."""
    return sum(not isinstance(part, list | Mapping) for part in value.values())


def _parsed(answer: Any) -> Any:
    """Return an answer whose JSON stands as text in JSON, once or twice."""
    for _ in range(2):
        if not (isinstance(answer, str) and answer.lstrip()[:1] in ("[", "{", '"')):
            break
        try:
            answer = json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise ModelError(
                kind_of(answer),
                expected="JSON, or text that is JSON",
                fix="The answer may be cut off; try a smaller batch.",
            ) from error
    return answer
