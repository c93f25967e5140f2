"""Open Inference Protocol v2: KServe, MLServer, Triton, Seldon.

The names of tensors and their data types come from the model's metadata. MLServer's metadata is often
empty; its scikit-learn runtime answers ``predict`` unless an output is requested by name, so this module
asks for ``predict_proba`` where nothing else is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlleaks.targets.http.answers import pick
from mlleaks.targets.http.bodies import JSON
from mlleaks.targets.http.open_inference_tensors import input_tensors, read_outputs, with_id
from mlleaks.targets.http.protocol import InputTensor, Metadata, ProtocolSpec, Request, ServiceInfo, Settings
from mlleaks.targets.http.records import Rows
from mlleaks.targets.http.urls import path_of, with_path, without_verb

NAME = "open-inference"
_MARKER = "/v2/models/"
_DEFAULT_OUTPUT = "predict_proba"


def _metadata_urls(endpoint: str) -> Sequence[str]:
    if _MARKER not in path_of(endpoint) + "/":
        return ()
    return (with_path(endpoint, without_verb(endpoint, "/infer", marker=_MARKER)),)


def _recognise(endpoint: str, metadata: Metadata) -> ServiceInfo | None:
    urls = _metadata_urls(endpoint)
    if not urls:
        return None
    described = metadata.get(urls[0])
    if not isinstance(described, Mapping) or not {"name", "platform"} & set(described):
        return None
    outputs = _tensors(described.get("outputs"))
    names = {tensor.name: tensor for tensor in outputs}
    notes = () if outputs else ("the service does not describe its outputs",)
    return ServiceInfo(
        NAME,
        version=_version_of(endpoint, described),
        inputs=_tensors(described.get("inputs")),
        output=pick(names, None) if outputs else _DEFAULT_OUTPUT,
        notes=notes,
    )


def _version_of(endpoint: str, described: Mapping[str, Any]) -> str | None:
    """Return the version in the URL, or the only one that the metadata lists."""
    in_url = path_of(endpoint).partition("/versions/")[2].removesuffix("/infer")
    versions = described.get("versions")
    if in_url:
        return in_url
    return str(versions[0]) if isinstance(versions, list) and len(versions) == 1 else None


def _tensors(described: Any) -> tuple[InputTensor, ...]:
    tensors = described if isinstance(described, list) else []
    return tuple(
        InputTensor(
            str(tensor["name"]),
            tensor.get("datatype"),
            tuple(map(int, tensor["shape"])) if isinstance(tensor.get("shape"), list) else None,
        )
        for tensor in tensors
        if isinstance(tensor, Mapping) and "name" in tensor
    )


def _request(endpoint: str, rows: Rows, info: ServiceInfo, settings: Settings) -> Request:
    path = without_verb(endpoint, "/infer", marker=_MARKER)
    inputs, content_type = input_tensors(rows, info, settings)
    parameters = dict(settings.parameters)
    if content_type is not None:
        parameters.setdefault("content_type", content_type)
    body: dict[str, Any] = {"inputs": inputs}
    if parameters:
        body["parameters"] = parameters
    nothing_known = info.output is None and settings.output is None and not info.inputs
    output = _DEFAULT_OUTPUT if nothing_known else info.output
    if output:
        body["outputs"] = [{"name": output}]
    name, text = with_id(body)
    return Request(with_path(endpoint, path + "/infer"), text, JSON, name)


def _version(answer: Any, headers: Mapping[str, str]) -> str | None:
    version = answer.get("model_version") if isinstance(answer, Mapping) else None
    return str(version) if version else None


PROTOCOLS = (
    ProtocolSpec(
        name=NAME,
        title="Open Inference Protocol v2 (KServe, MLServer, Triton, Seldon)",
        source="https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol",
        metadata_urls=_metadata_urls,
        recognise=_recognise,
        request=_request,
        read=read_outputs,
        version=_version,
        bodies=("tensor", "columns"),
        outputs=(None, ""),
        position=1,
    ),
)
