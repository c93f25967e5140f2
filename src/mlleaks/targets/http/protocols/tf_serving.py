"""TensorFlow Serving: ``/v1/models/NAME:predict`` with ``instances`` or ``inputs``.

A signature with one output answers it bare, one with several answers objects of named outputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlleaks.errors import ModelError
from mlleaks.targets.http.answers import item_of, kind_of, listed, pick, transposed
from mlleaks.targets.http.bodies import json_request
from mlleaks.targets.http.protocol import InputTensor, Metadata, ProtocolSpec, Request, ServiceInfo, Settings
from mlleaks.targets.http.records import Rows, refuse_missing
from mlleaks.targets.http.urls import path_of, with_path, without_verb

NAME, TITLE = "tf-serving", "TensorFlow Serving"
_MARKER = "/v1/models/"
_SIGNATURE = "serving_default"


def _metadata_urls(endpoint: str) -> Sequence[str]:
    if _MARKER not in path_of(endpoint):
        return ()
    model = without_verb(endpoint, ":predict", marker=_MARKER)
    return (with_path(endpoint, model), with_path(endpoint, f"{model}/metadata"))


def _recognise(endpoint: str, metadata: Metadata) -> ServiceInfo | None:
    status, described = (metadata.get(url) for url in _metadata_urls(endpoint) or ("", ""))
    if not (isinstance(status, Mapping) and "model_version_status" in status) and not isinstance(
        _member(described, "model_spec"), Mapping
    ):
        return None
    signatures = _member(described, "metadata", "signature_def", "signature_def") or {}
    signature = _member(signatures, _SIGNATURE) or {}
    outputs = _member(signature, "outputs") or {}
    return ServiceInfo(
        NAME,
        version=_version_of(status, described),
        inputs=tuple(_tensor(name, t) for name, t in (_member(signature, "inputs") or {}).items()),
        output=pick(outputs, None) if outputs else None,
    )


def _member(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _version_of(status: Any, described: Any) -> str | None:
    version = _member(described, "model_spec", "version")
    if version:
        return str(version)
    listed_versions = _member(status, "model_version_status") or []
    ready = [v["version"] for v in listed_versions if _member(v, "state") == "AVAILABLE"]
    return str(max(ready, key=int)) if ready else None


def _tensor(name: str, described: Any) -> InputTensor:
    axes = _member(described, "tensor_shape", "dim") or []
    shape = tuple(int(axis.get("size", -1)) for axis in axes) or None
    return InputTensor(name, _member(described, "dtype"), shape)


def _request(endpoint: str, rows: Rows, info: ServiceInfo, settings: Settings) -> Request:
    refuse_missing(rows, TITLE)
    path = without_verb(endpoint, ":predict", marker=_MARKER)
    data = _inputs(rows, info, settings) if settings.body == "inputs" else _instances(rows, info, settings)
    body = {**settings.parameters, settings.body or "instances": data}
    return json_request(with_path(endpoint, path + ":predict"), body)


def _instances(rows: Rows, info: ServiceInfo, settings: Settings) -> list[Any]:
    """Return the records row by row, with names where each column is an input of its own."""
    if rows.columns is None:
        return [{settings.input: row} for row in rows.values] if settings.input else rows.values
    if _sole_input(rows, info, settings):
        return rows.values
    deep = {tensor.name for tensor in info.inputs if len(tensor.shape or ()) == 2}  # shape (-1, 1)
    return [
        {name: [cell] if name in deep else cell for name, cell in record.items()} for record in rows.records()
    ]


def _inputs(rows: Rows, info: ServiceInfo, settings: Settings) -> Any:
    """Return the records column by column."""
    name = _sole_input(rows, info, settings)
    if name or rows.columns is None:
        return {name: rows.values} if name else rows.values
    columns = zip(*rows.values, strict=True)
    flat = {tensor.name for tensor in info.inputs if len(tensor.shape or ()) == 1}  # shape (-1,)
    return {
        name: list(cells) if name in flat else [[cell] for cell in cells]
        for name, cells in zip(rows.columns, columns, strict=True)
    }


def _sole_input(rows: Rows, info: ServiceInfo, settings: Settings) -> str | None:
    """Return the input that takes all columns, if one does."""
    names = [tensor.name for tensor in info.inputs]
    return settings.input or (names[0] if len(names) == 1 and names[0] not in (rows.columns or ()) else None)


def _read(answer: Any, n: int, info: ServiceInfo) -> list[Any]:
    if isinstance(answer, Mapping) and "predictions" in answer:
        return [item_of(entry, info.output) for entry in listed(answer["predictions"], n)]
    outputs = _member(answer, "outputs")
    if isinstance(outputs, list):
        return [item_of(entry, info.output) for entry in listed(outputs, n)]
    if isinstance(outputs, Mapping) and outputs:
        name = pick(outputs, info.output)
        if name is not None:
            return listed(outputs[name], n)
        return [item_of(entry, None) for entry in transposed(outputs, n)]
    raise ModelError(
        kind_of(answer),
        expected=f"the answer of {TITLE}: an object with 'predictions' or 'outputs'",
        fix="Check the URL and the protocol; an answer of this kind may be an error of the service.",
    )


PROTOCOLS = (
    ProtocolSpec(
        name=NAME,
        title=TITLE,
        source="https://www.tensorflow.org/tfx/serving/api_rest",
        metadata_urls=_metadata_urls,
        recognise=_recognise,
        request=_request,
        read=_read,
        bodies=("instances", "inputs"),
        position=3,
    ),
)
