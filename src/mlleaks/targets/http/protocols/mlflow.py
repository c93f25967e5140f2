"""MLflow's scoring server: ``/invocations`` with ``dataframe_split``, ``inputs`` or ``instances``.

A scikit-learn model answers classes: MLflow calls ``predict`` unless the model was logged with
``pyfunc_predict_fn="predict_proba"``. A DataFrame that a model returns becomes a list of objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlleaks.targets.http.answers import item_of, listed, member, pick, transposed
from mlleaks.targets.http.bodies import json_request, split_table
from mlleaks.targets.http.protocol import Metadata, ProtocolSpec, Request, ServiceInfo, Settings
from mlleaks.targets.http.records import Rows, refuse_missing
from mlleaks.targets.http.urls import host_of, path_of

NAME, TITLE = "mlflow", "MLflow"


def _recognise(endpoint: str, metadata: Metadata) -> ServiceInfo | None:
    is_here = path_of(endpoint).endswith("/invocations") and not host_of(endpoint).endswith(".amazonaws.com")
    return ServiceInfo(NAME) if is_here else None


def _request(endpoint: str, rows: Rows, info: ServiceInfo, settings: Settings) -> Request:
    body = settings.body or ("dataframe_split" if len(rows.shape) <= 1 else "inputs")
    parameters = {"params": dict(settings.parameters)} if settings.parameters else {}
    return json_request(endpoint, {body: _data(rows, body, settings.input), **parameters})


def _data(rows: Rows, body: str, name: str | None) -> Any:
    if body == "dataframe_split":
        return split_table(rows)
    refuse_missing(rows, f"{TITLE} with {body}")
    if rows.columns is None:
        values = {name: rows.values} if name else rows.values
        return values if body == "inputs" or not name else [{name: value} for value in rows.values]
    if body == "instances":
        return rows.records()
    return {
        column: list(cells)
        for column, cells in zip(rows.columns, zip(*rows.values, strict=True), strict=True)
    }


def _read(answer: Any, n: int, info: ServiceInfo) -> list[Any]:
    predictions = member(answer, "predictions", TITLE)
    if isinstance(predictions, Mapping) and predictions:
        name = pick(predictions, info.output)
        predictions = predictions[name] if name is not None else transposed(predictions, n)
    return [item_of(entry, info.output) for entry in listed(predictions, n)]


PROTOCOLS = (
    ProtocolSpec(
        name=NAME,
        title=TITLE,
        source="https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/",
        recognise=_recognise,
        request=_request,
        read=_read,
        bodies=("dataframe_split", "inputs", "instances"),
        position=5,
    ),
)
