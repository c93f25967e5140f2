"""Azure Machine Learning online endpoints: ``/score``.

A model in MLflow's format takes ``input_data``; a scoring script of its own takes what its author chose,
mostly ``data``. Scripts often answer JSON as text in JSON. The header ``azureml-model-deployment`` names
the deployment that answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlleaks.targets.http.bodies import json_request, split_table
from mlleaks.targets.http.free_answers import read_free
from mlleaks.targets.http.protocol import Metadata, ProtocolSpec, Request, ServiceInfo, Settings
from mlleaks.targets.http.records import Rows, refuse_missing
from mlleaks.targets.http.urls import host_of, path_of

NAME, TITLE = "azure-ml", "Azure Machine Learning"
_DEPLOYMENT = "azureml-model-deployment"


def _recognise(endpoint: str, metadata: Metadata) -> ServiceInfo | None:
    is_here = host_of(endpoint).endswith(".inference.ml.azure.com") or path_of(endpoint) == "/score"
    return ServiceInfo(NAME) if is_here else None


def _request(endpoint: str, rows: Rows, info: ServiceInfo, settings: Settings) -> Request:
    body = settings.body or ("input_data" if len(rows.shape) == 1 else "data")
    parameters = {"params": dict(settings.parameters)} if settings.parameters else {}
    if body == "input_data":
        table = {**split_table(rows), "index": list(range(len(rows)))}
        return json_request(endpoint, {"input_data": table, **parameters})
    refuse_missing(rows, f"{TITLE} with data")
    named = body == "records" and rows.columns is not None
    return json_request(
        endpoint, {settings.input or "data": rows.records() if named else rows.values, **parameters}
    )


def _version(answer: Any, headers: Mapping[str, str]) -> str | None:
    return headers.get(_DEPLOYMENT)


PROTOCOLS = (
    ProtocolSpec(
        name=NAME,
        title=TITLE,
        source="https://learn.microsoft.com/azure/machine-learning/how-to-deploy-mlflow-models-online-endpoints",
        recognise=_recognise,
        request=_request,
        read=read_free,
        version=_version,
        bodies=("input_data", "data", "records"),
        position=8,
    ),
)
