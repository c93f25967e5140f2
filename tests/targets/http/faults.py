"""A real proxy in front of a service that makes some of its answers fail, as services do."""

from __future__ import annotations

import random
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.targets.http.scripted import Answer, Scripted, scripted

FAULTS = (
    Answer(status=429, headers={"retry-after": "0"}),
    Answer(status=503),
    Answer(breaks="reset"),
    Answer({"outputs": [{"name": "predict_proba", "data": [0.5] * 50}]}, breaks="truncated"),
)


@contextmanager
def faulty(url: str, share: float, seed: int = 0) -> Iterator[Scripted]:
    """Start a proxy before ``url`` that lets a share of all requests fail."""
    rng, lock = random.Random(seed), threading.Lock()

    def answer(path: str, body: object) -> Answer:
        with lock:
            fails, fault = rng.random() < share, rng.choice(FAULTS)
        if fails and path.endswith("/infer"):
            return fault
        return forward(url + path, proxy.raw)

    with scripted(answer) as proxy:
        yield proxy


def forward(url: str, raw: bytes) -> Answer:
    """Return what a service answers to a request."""
    request = urllib.request.Request(url, data=raw or None, headers={"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answered:
            return Answer(answered.read(), answered.status)
    except urllib.error.HTTPError as error:
        return Answer(error.read(), error.code)
