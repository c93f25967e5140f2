"""KServe's first protocol: ``/v1/models/NAME:predict``, ``instances`` in, ``predictions`` out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlleaks.targets.http.answers import item_of, listed, member
from mlleaks.targets.http.bodies import json_request, rows_or_records
from mlleaks.targets.http.protocol import Metadata, ProtocolSpec, Request, ServiceInfo, Settings
from mlleaks.targets.http.records import Rows, refuse_missing
from mlleaks.targets.http.urls import path_of, with_path, without_verb

NAME, TITLE = "kserve-v1", "KServe v1"
_MARKER = "/v1/models/"


def _metadata_urls(endpoint: str) -> Sequence[str]:
    if _MARKER not in path_of(endpoint):
        return ()
    return (with_path(endpoint, without_verb(endpoint, ":predict", marker=_MARKER)),)


def _recognise(endpoint: str, metadata: Metadata) -> ServiceInfo | None:
    answers = [metadata.get(url) for url in _metadata_urls(endpoint)]
    return ServiceInfo(NAME) if any(isinstance(a, Mapping) and "ready" in a for a in answers) else None


def _request(endpoint: str, rows: Rows, info: ServiceInfo, settings: Settings) -> Request:
    refuse_missing(rows, TITLE)
    path = without_verb(endpoint, ":predict", marker=_MARKER)
    body = {"instances": _instances(rows, settings.body), **settings.parameters}
    return json_request(with_path(endpoint, path + ":predict"), body)


def _instances(rows: Rows, body: str | None) -> list[Any]:
    """Return the records; KServe's own servers make a DataFrame of each object of lists."""
    if rows.columns is None or body == "rows":
        return rows.values
    records = rows_or_records(rows)
    if body == "records":
        return records
    return [{name: [cell] for name, cell in record.items()} for record in records]


def _read(answer: Any, n: int, info: ServiceInfo) -> list[Any]:
    return [item_of(entry, info.output) for entry in listed(member(answer, "predictions", TITLE), n)]


PROTOCOLS = (
    ProtocolSpec(
        name=NAME,
        title=TITLE,
        source="https://kserve.github.io/website/docs/concepts/architecture/data-plane/v1-protocol",
        metadata_urls=_metadata_urls,
        recognise=_recognise,
        request=_request,
        read=_read,
        bodies=("frames", "records", "rows"),
        position=2,
    ),
)
