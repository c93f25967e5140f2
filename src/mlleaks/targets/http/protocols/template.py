"""Any JSON service: a template of the request, and a JSONPath (RFC 9535) to the scores.

Placeholders, each a JSON string of its own:

- ``"$rows"``: all records, each a list of cells; ``"$records"``: each an object of named cells;
- ``"$row"``, ``"$record"``: the one record of the request, or, in ``["$each", ...]``, each in turn;
- ``"$columns"``: the column names; ``"$n"``: the number of records.

A JSONPath with a wildcard (``$.items[*].probs``) has one match per record. One without
(``$.answer.probs``) has one match, the list of all; where the template holds a single record, the match is
that record's answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from mlleaks.errors import InputError, ModelError
from mlleaks.targets.http.answers import item_of, listed, wrong_count
from mlleaks.targets.http.bodies import json_request, the_one
from mlleaks.targets.http.json_path import matches
from mlleaks.targets.http.protocol import (
    Metadata,
    ProtocolSpec,
    Request,
    ServiceInfo,
    Settings,
    is_for_one_record,
)
from mlleaks.targets.http.records import Rows

NAME, TITLE = "template", "a service described by a template"
_HOLDS_RECORDS = ("$rows", "$records", "$row", "$record")


def _recognise(endpoint: str, metadata: Metadata) -> ServiceInfo | None:
    return None  # only the user knows


def _request(endpoint: str, rows: Rows, info: ServiceInfo, settings: Settings) -> Request:
    template = _parsed(settings.template)
    if is_for_one_record(settings.template):
        the_one(rows)  # refuses more than one
    return json_request(endpoint, _filled(template, rows))


def _parsed(template: str | None) -> Any:
    try:
        parsed = json.loads(template or "")
    except ValueError as error:
        raise InputError(
            "a template that is no JSON" if template else "no template",
            expected='JSON with placeholders, such as {"instances": "$rows"}',
            fix="Write each placeholder as a JSON string of its own.",
        ) from error
    if not any(f'"{name}"' in json.dumps(parsed) for name in _HOLDS_RECORDS):
        raise InputError(
            "a template without a place for records",
            expected=f"one of {', '.join(_HOLDS_RECORDS)}",
            fix='Put one in, such as {"instances": "$rows"}.',
        )
    return parsed


def _filled(part: Any, rows: Rows) -> Any:
    """Return the template with the placeholders replaced."""
    if isinstance(part, Mapping):
        return {name: _filled(value, rows) for name, value in part.items()}
    if isinstance(part, list):
        if len(part) == 2 and part[0] == "$each":
            return [_filled(part[1], rows.part(slice(i, i + 1))) for i in range(len(rows))]
        return [_filled(value, rows) for value in part]
    if isinstance(part, str) and part in _PLACEHOLDERS:
        return _PLACEHOLDERS[part](rows)
    return part


_PLACEHOLDERS: dict[str, Callable[[Rows], Any]] = {
    "$rows": lambda rows: rows.values,
    "$records": lambda rows: rows.records(),
    "$row": lambda rows: rows.values[0],
    "$record": lambda rows: rows.records()[0],
    "$columns": lambda rows: list(rows.columns or range(rows.shape[0] if rows.shape else 1)),
    "$n": len,
}


def _read(answer: Any, n: int, info: ServiceInfo) -> list[Any]:
    if info.output is None:
        raise InputError(
            "no JSONPath to the scores", expected="one such as $.predictions[*]", fix="Name it as the output."
        )
    items = _matched(info.output, answer, n, info)
    if info.names is None:
        return [item_of(item, None) for item in items]
    names, one = matches(info.names, answer)
    if one and len(names) == 1 and isinstance(names[0], list):  # the same names for all records
        return [_named(names[0], item) for item in items]
    return [_named(own, item) for own, item in zip(listed(names, n), items, strict=True)]


def _matched(path: str, answer: Any, n: int, info: ServiceInfo) -> list[Any]:
    values, one = matches(path, answer)
    if not one:
        return values if info.one_record and n == 1 and len(values) == 1 else _scores(values, n, info)
    if not values:
        raise ModelError(
            "an answer in which the JSONPath to the scores matches nothing",
            expected="the scores of every record",
            fix="Check the path against an answer of the service.",
        )
    return values if info.one_record and n == 1 else listed(values[0], n)


def _scores(values: list[Any], n: int, info: ServiceInfo) -> list[Any]:
    """Return the matches of a path with a wildcard: one per record, or the one record's scores."""
    if info.one_record and n == 1 and values:
        return [values]
    if len(values) != n:
        raise wrong_count(len(values), n)
    return values


def _named(names: Any, item: Any) -> Any:
    """Return an item with its class names."""
    if isinstance(names, list) and isinstance(item, list) and len(names) == len(item):
        return [{"label": name, "score": score} for name, score in zip(names, item, strict=True)]
    if isinstance(names, str | int) and isinstance(item, int | float | str):
        return [{"label": names, "score": item}]
    raise ModelError(
        "class names that do not fit the scores",
        expected="as many names as scores",
        fix="Check the JSONPaths to the scores and to the names.",
    )


PROTOCOLS = (
    ProtocolSpec(
        name=NAME,
        title=TITLE,
        source="https://www.rfc-editor.org/rfc/rfc9535",
        recognise=_recognise,
        request=_request,
        read=_read,
        position=11,
    ),
)
