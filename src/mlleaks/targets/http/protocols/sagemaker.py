"""Amazon SageMaker: ``/invocations`` with JSON ``instances``, or CSV as XGBoost wants it.

Requests to ``runtime.sagemaker.REGION.amazonaws.com`` must be signed (AWS Signature Version 4). This
package does not sign: put a proxy that signs in front of the endpoint, or call the container itself.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from mlleaks.errors import InputError
from mlleaks.targets.http.answers import item_of, listed, member, wrong_count
from mlleaks.targets.http.bodies import json_request
from mlleaks.targets.http.protocol import Metadata, ProtocolSpec, Request, ServiceInfo, Settings
from mlleaks.targets.http.records import Rows, refuse_missing
from mlleaks.targets.http.urls import host_of, path_of

NAME, TITLE = "sagemaker", "Amazon SageMaker"
_CSV = {"content-type": "text/csv", "accept": "text/csv"}
_VARIANT = "x-amzn-invoked-production-variant"


def _recognise(endpoint: str, metadata: Metadata) -> ServiceInfo | None:
    host = host_of(endpoint)
    is_here = host.startswith("runtime.sagemaker.") and path_of(endpoint).endswith("/invocations")
    return ServiceInfo(NAME) if is_here else None


def _request(endpoint: str, rows: Rows, info: ServiceInfo, settings: Settings) -> Request:
    if settings.body == "csv":
        return Request(endpoint, _csv(rows), _CSV)
    refuse_missing(rows, f"{TITLE} with JSON")
    instances = [{"features": row} for row in rows.values] if settings.body == "features" else rows.values
    return json_request(endpoint, {"instances": instances, **settings.parameters})


def _csv(rows: Rows) -> bytes:
    """Return the records as CSV without a header, as the algorithms expect it; a gap is an empty cell."""
    if len(rows.shape) > 1:
        raise InputError(
            f"records of shape {rows.shape}", expected="rows of a table", fix="Choose the body instances."
        )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(rows.values if rows.shape else [[value] for value in rows.values])
    return text.getvalue().encode()


def _read(answer: Any, n: int, info: ServiceInfo) -> list[Any]:
    if isinstance(answer, str):
        return _lines(answer, n)
    predictions = answer if isinstance(answer, list) else member(answer, "predictions", TITLE)
    return [_item(entry, info.output) for entry in listed(predictions, n)]


def _item(entry: Any, output: str | None) -> Any:
    """Return one record's item; the linear learner's one score is about class 1, whatever it predicts."""
    linear = isinstance(entry, Mapping) and set(entry) == {"predicted_label", "score"}
    return entry["score"] if linear else item_of(entry, output)


def _lines(text: str, n: int) -> list[Any]:
    """Return the items of a CSV answer: a line per record, or one line of one number per record."""
    lines = [line.strip() for line in text.strip().splitlines()]
    cells = [[cell.strip() for cell in row] for row in csv.reader(line.strip("[]") for line in lines)]
    if len(cells) == 1 and len(cells[0]) == n > 1 and not lines[0].startswith("["):
        return list(cells[0])
    if len(cells) != n:
        raise wrong_count(len(cells), n)
    return [row[0] if len(row) == 1 else row for row in cells]


def _version(answer: Any, headers: Mapping[str, str]) -> str | None:
    return headers.get(_VARIANT)


PROTOCOLS = (
    ProtocolSpec(
        name=NAME,
        title=TITLE,
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html",
        recognise=_recognise,
        request=_request,
        read=_read,
        version=_version,
        bodies=("instances", "features", "csv"),
        position=6,
    ),
)
