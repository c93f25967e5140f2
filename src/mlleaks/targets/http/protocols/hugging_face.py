"""Hugging Face text classification: ``inputs`` in, lists of ``{"label": ..., "score": ...}`` out.

Servers cut the list to the ``top_k`` most likely classes; this module asks for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlleaks.errors import ModelError
from mlleaks.targets.http.answers import kind_of, listed
from mlleaks.targets.http.bodies import json_request, the_one
from mlleaks.targets.http.protocol import Metadata, ProtocolSpec, Request, ServiceInfo, Settings
from mlleaks.targets.http.records import Rows, refuse_missing
from mlleaks.targets.http.urls import host_of

NAME, TITLE = "hugging-face", "Hugging Face text classification"
_HOSTS = ("huggingface.co", ".huggingface.cloud")
_ALL = 10_000
"""More classes than any model has: servers that cut the answer cut nothing."""


def _recognise(endpoint: str, metadata: Metadata) -> ServiceInfo | None:
    return ServiceInfo(NAME) if host_of(endpoint).endswith(_HOSTS) else None


def _request(endpoint: str, rows: Rows, info: ServiceInfo, settings: Settings) -> Request:
    texts = rows.texts()
    refuse_missing(rows, TITLE)
    if settings.body == "one":
        the_one(rows)  # refuses more than one
    inputs = texts[0] if settings.body == "one" else texts
    parameters = {"top_k": len(info.classes) if info.classes else _ALL, **settings.parameters}
    return json_request(endpoint, {"inputs": inputs, "parameters": parameters})


def _read(answer: Any, n: int, info: ServiceInfo) -> list[Any]:
    """Return one list of labels and scores per record.

    One text is answered with a list, or with a list in a list. For many texts, servers that answer only
    the best class write one flat list.
    """
    if not isinstance(answer, list) or not answer:
        raise ModelError(kind_of(answer), expected=f"the answer of {TITLE}: a list", fix="Check the URL.")
    if n == 1 and all(_is_score(entry) for entry in answer):
        return [answer]
    if n > 1 and len(answer) == n and all(_is_score(entry) for entry in answer):
        _refuse_one_record(answer)
        return [[entry] for entry in answer]
    items = listed(answer, n)
    if not all(isinstance(item, list) and item and all(map(_is_score, item)) for item in items):
        raise ModelError(
            "entries that are no lists of labels and scores",
            expected='[{"label": ..., "score": ...}, ...] for each text',
            fix="Check that the endpoint classifies text.",
        )
    return items


def _is_score(entry: Any) -> bool:
    return isinstance(entry, Mapping) and "label" in entry and "score" in entry


def _refuse_one_record(answer: list[Any]) -> None:
    """Refuse a flat list that may as well be the full answer to the first text."""
    labels = {str(entry["label"]) for entry in answer}
    scores = [entry["score"] for entry in answer if isinstance(entry["score"], int | float)]
    if len(labels) == len(scores) == len(answer) and abs(sum(scores) - 1) <= 0.01:
        raise ModelError(
            f"one list of {len(answer)} different labels whose scores sum to 1, for {len(answer)} texts",
            expected="a list for each text",
            fix="The service may answer the first text only: send one record per request.",
        )


PROTOCOLS = (
    ProtocolSpec(
        name=NAME,
        title=TITLE,
        source="https://huggingface.co/docs/inference-providers/tasks/text-classification",
        recognise=_recognise,
        request=_request,
        read=_read,
        bodies=("many", "one"),
        single=frozenset({"one"}),
        position=7,
    ),
)
