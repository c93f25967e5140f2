"""Which model stands behind a service: the version that it tells, else what it answers to two records."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from mlleaks.targets.http.model import Service
from mlleaks.targets.http.probes import Probe

NOISY = "answers that vary"
DIGITS = 6
"""Of numbers in answers that count: replicas on other machines may round otherwise."""


def send_probe(service: Service, probe: Probe) -> tuple[list[Any], str | None]:
    """Return what a service says about the records of a probe now, and the version that it tells with it.

    Nothing comes from the store, and nothing is stored.

    Raises
    ------
    ModelError
        The service does not answer, or not in its protocol.
    """
    service.budget.take(probe.n)
    body, headers = service.sender.send(probe.request, probe.n)
    items = service.protocol.items(body, probe.n, request=probe.request, info=probe.info)
    service.sender.usage.add("sent", probe.n)
    lower = {name.lower(): value for name, value in headers.items()}
    return items, service.protocol.version(body, lower)


def identify(service: Service, probe: Probe, items: list[Any], stated: str | None) -> str:
    """Return what distinguishes the model from others at the same address; it is part of the store's keys.

    A service that tells no version is asked about the records of the probe a second time. If it answers
    alike, these answers identify its model: after another one has taken its place, stored answers do not
    count. If not, the store cannot tell models apart, and the audit's own repetitions will show the noise.

    Parameters
    ----------
    service : Service
    probe : Probe
    items : list
        What the service has said about its records.
    stated : str or None
        The version in that answer.
    """
    version = probe.info.version or stated
    if version is not None:
        return version
    again, _ = send_probe(service, probe)
    first, second = fingerprint(items), fingerprint(again)
    return f"answers {first}" if first == second else NOISY


def fingerprint(items: list[Any]) -> str:
    """Return a short hash of answers, whose numbers count to six digits.

    Examples
    --------
    >>> fingerprint([[0.1, 0.9]]) == fingerprint([[0.1 + 1e-12, 0.9]]), len(fingerprint(["cat"]))
    (True, 12)
    """
    text = json.dumps(_rounded(items), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, Mapping):
        return {key: _rounded(part) for key, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list) else value
