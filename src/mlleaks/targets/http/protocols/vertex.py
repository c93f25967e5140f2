"""Vertex AI: ``.../endpoints/ID:predict``, ``instances`` in, ``predictions`` out.

The answer names the deployed model and its version. An endpoint can split its traffic between models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlleaks.targets.http.answers import item_of, listed, member
from mlleaks.targets.http.bodies import json_request, rows_or_records
from mlleaks.targets.http.protocol import Metadata, ProtocolSpec, Request, ServiceInfo, Settings
from mlleaks.targets.http.records import Rows, refuse_missing
from mlleaks.targets.http.urls import host_of, path_of, with_path, without_verb

NAME, TITLE = "vertex", "Vertex AI"
_MARKER = "/endpoints/"
_HOSTS = ("aiplatform.googleapis.com", ".prediction.vertexai.goog")


def _metadata_urls(endpoint: str) -> Sequence[str]:
    if not _is_vertex(endpoint):
        return ()
    return (with_path(endpoint, without_verb(endpoint, ":predict", marker=_MARKER)),)


def _is_vertex(endpoint: str) -> bool:
    return _MARKER in path_of(endpoint) and host_of(endpoint).endswith(_HOSTS)


def _recognise(endpoint: str, metadata: Metadata) -> ServiceInfo | None:
    if not _is_vertex(endpoint):
        return None
    [described] = (metadata.get(url) for url in _metadata_urls(endpoint))
    models = described.get("deployedModels") if isinstance(described, Mapping) else None
    models = [model for model in models or [] if isinstance(model, Mapping)]
    notes = (f"the endpoint splits its traffic between {len(models)} models",) if len(models) > 1 else ()
    version = _named(models[0].get("id"), models[0].get("modelVersionId")) if len(models) == 1 else None
    return ServiceInfo(NAME, version=version, notes=notes)


def _request(endpoint: str, rows: Rows, info: ServiceInfo, settings: Settings) -> Request:
    refuse_missing(rows, TITLE)
    path = without_verb(endpoint, ":predict", marker=_MARKER)
    instances = rows.values if settings.body == "rows" else rows_or_records(rows)
    body: dict[str, Any] = {"instances": instances}
    if settings.parameters:
        body["parameters"] = dict(settings.parameters)
    return json_request(with_path(endpoint, path + ":predict"), body)


def _read(answer: Any, n: int, info: ServiceInfo) -> list[Any]:
    return [item_of(entry, info.output) for entry in listed(member(answer, "predictions", TITLE), n)]


def _version(answer: Any, headers: Mapping[str, str]) -> str | None:
    if not isinstance(answer, Mapping):
        return None
    return _named(answer.get("deployedModelId"), answer.get("modelVersionId"))


def _named(model: Any, version: Any) -> str | None:
    """Return the name of a deployed model and its version: another one of either is another model."""
    return "@".join(str(part) for part in (model, version) if part) or None


PROTOCOLS = (
    ProtocolSpec(
        name=NAME,
        title=TITLE,
        source="https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints/predict",
        metadata_urls=_metadata_urls,
        recognise=_recognise,
        request=_request,
        read=_read,
        version=_version,
        bodies=("records", "rows"),
        position=4,
    ),
)
