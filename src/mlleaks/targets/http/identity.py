"""Whether the model behind a service is the one whose answers are stored.

A version that a service states may stay the same when the model changes, and many state none. So each audit
asks about some records anew and compares the answers with the stored ones. If they differ, another model has
taken the place, and a new generation of answers begins; stored answers of the old one do not count.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mlleaks.targets.http.answer_form import AnswerForm, to_posteriors
from mlleaks.targets.http.model import Service, too_large
from mlleaks.targets.http.probes import Probe
from mlleaks.targets.http.records import encode_rows
from mlleaks.targets.http.refusals import TooLarge
from mlleaks.types import Records

SAME = 1e-5
"""Posteriors that differ by less are the same: rounding depends on the batch and the replica."""


def send_probe(service: Service, probe: Probe) -> tuple[list[Any], str | None]:
    """Return what a service says about the records of a probe now, and the version that it states with it.

    Nothing comes from the store, and nothing is stored.

    Raises
    ------
    ModelError
        The service does not answer, or not in its protocol.
    TooLarge
        The request is too large.
    """
    service.budget.take(probe.n)
    body, headers = service.sender.send(probe.request, probe.n)
    items = service.protocol.items(body, probe.n, request=probe.request, info=probe.info)
    service.sender.usage.add("sent", probe.n)
    lower = {name.lower(): value for name, value in headers.items()}
    return items, service.protocol.version(body, lower)


def ask_anew(service: Service, X: Records) -> list[Any]:
    """Return what a service says about records now; nothing comes from the store, nothing is stored."""
    rows, items = encode_rows(X), list[Any]()
    while len(items) < len(rows):
        size = 1 if service.info.one_record else service.batch
        part = rows.part(slice(len(items), len(items) + size))
        request = service.protocol.request(service.url, part, service.info, service.settings)
        try:
            items += send_probe(service, Probe(service.settings, service.info, request, len(part)))[0]
        except TooLarge:
            if len(part) == 1:
                raise too_large() from None
            service.batch = len(part) // 2
    return items


def find_generation(service: Service, X: Records, items: list[Any], form: AnswerForm) -> int:
    """Return the generation of the model that answers now, and remember it.

    Parameters
    ----------
    service : Service
    X : records
    items : list
        What the service has said about them now.
    form : AnswerForm
    """
    generation = service.store.generation(service.scope)
    keys = replace(service, generation=generation).keys(X, encode_rows(X))
    stored = service.store.get(keys)
    both = [(stored[key], item) for key, item in zip(keys, items, strict=True) if key in stored]
    if not both or _alike([old for old, _ in both], [new for _, new in both], form):
        return generation
    if not _alike(ask_anew(service, X), items, form):
        return (
            generation  # answers that vary say nothing of the model; the audit's repetitions show the noise
        )
    service.store.begin_generation(service.scope, generation + 1)
    return generation + 1


def _alike(first: list[Any], second: list[Any], form: AnswerForm) -> bool:
    a, b = to_posteriors(first, form), to_posteriors(second, form)
    return bool(np.abs(a - b).max() <= SAME)
