"""Ray Serve: any JSON in, any JSON out, as the application's author chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlleaks.targets.http.bodies import json_request, rows_or_records, the_one
from mlleaks.targets.http.free_answers import read_free
from mlleaks.targets.http.protocol import Metadata, ProtocolSpec, Request, ServiceInfo, Settings
from mlleaks.targets.http.records import Rows
from mlleaks.targets.http.urls import with_path

NAME, TITLE = "ray-serve", "Ray Serve"
_BODIES = ("rows", "instances", "inputs", "data", "record")


def _metadata_urls(endpoint: str) -> Sequence[str]:
    return (with_path(endpoint, "/-/routes"),)


def _recognise(endpoint: str, metadata: Metadata) -> ServiceInfo | None:
    [routes] = (metadata.get(url) for url in _metadata_urls(endpoint))
    if not isinstance(routes, Mapping) or not routes or not all(str(r).startswith("/") for r in routes):
        return None
    return ServiceInfo(NAME)


def _request(endpoint: str, rows: Rows, info: ServiceInfo, settings: Settings) -> Request:
    body = settings.body or _BODIES[0]
    data = the_one(rows) if body == "record" else rows_or_records(rows)
    if settings.input:
        body, data = settings.input, {settings.input: data, **settings.parameters}
    elif body not in ("rows", "record"):
        data = {body: data, **settings.parameters}
    return json_request(endpoint, data)


PROTOCOLS = (
    ProtocolSpec(
        name=NAME,
        title=TITLE,
        source="https://docs.ray.io/en/latest/serve/http-guide.html",
        metadata_urls=_metadata_urls,
        recognise=_recognise,
        request=_request,
        read=read_free,
        bodies=_BODIES,
        single=frozenset({"record"}),
        position=10,
    ),
)
