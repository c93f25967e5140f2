"""BentoML 1.x: ``/METHOD`` takes an object of the method's arguments and answers what it returns.

The service describes its methods in ``/docs.json`` (OpenAPI); the argument's name is read from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlleaks.targets.http.bodies import json_request, the_one
from mlleaks.targets.http.free_answers import read_free
from mlleaks.targets.http.protocol import InputTensor, Metadata, ProtocolSpec, Request, ServiceInfo, Settings
from mlleaks.targets.http.records import Rows, refuse_missing
from mlleaks.targets.http.urls import path_of, with_path

NAME, TITLE = "bentoml", "BentoML"
_DEFAULT_INPUT = "input_data"


def _metadata_urls(endpoint: str) -> Sequence[str]:
    folder = path_of(endpoint).rpartition("/")[0]
    return (with_path(endpoint, f"{folder}/docs.json"),)


def _recognise(endpoint: str, metadata: Metadata) -> ServiceInfo | None:
    [document] = (metadata.get(url) for url in _metadata_urls(endpoint))
    if _at(document, "info", "contact", "name") != "BentoML Team":
        return None
    method = "/" + path_of(endpoint).rpartition("/")[2]
    schema = _at(document, "paths", method, "post", "requestBody", "content", "application/json", "schema")
    schema = _resolved(document, schema)
    arguments = _at(schema, "properties")
    names = tuple(map(str, arguments)) if isinstance(arguments, Mapping) else ()
    version = _at(document, "info", "version")
    return ServiceInfo(
        NAME,
        version=None if version in (None, "None") else str(version),
        inputs=tuple(InputTensor(name, _at(arguments, name, "type")) for name in names),
    )


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _resolved(document: Any, schema: Any) -> Any:
    """Return a schema, or what its reference within the document points to."""
    reference = _at(schema, "$ref")
    return _at(document, *reference.removeprefix("#/").split("/")) if isinstance(reference, str) else schema


def _request(endpoint: str, rows: Rows, info: ServiceInfo, settings: Settings) -> Request:
    if rows.columns is None:
        refuse_missing(rows, TITLE)
    if settings.body == "record":
        data: Any = the_one(rows)
    else:
        data = rows.values if rows.columns is None or settings.body == "rows" else rows.records()
    if settings.body == "root":  # a single positional-only argument
        return json_request(endpoint, data)
    name = settings.input or (info.inputs[0].name if info.inputs else _DEFAULT_INPUT)
    return json_request(endpoint, {name: data, **settings.parameters})


PROTOCOLS = (
    ProtocolSpec(
        name=NAME,
        title=TITLE,
        source="https://docs.bentoml.com/en/latest/build-with-bentoml/iotypes.html",
        metadata_urls=_metadata_urls,
        recognise=_recognise,
        request=_request,
        read=read_free,
        bodies=("records", "rows", "root", "record"),
        single=frozenset({"record"}),
        position=9,
    ),
)
