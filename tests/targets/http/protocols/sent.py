"""What a protocol sends."""

from __future__ import annotations

import json

from mlleaks.targets.http.protocol import Settings
from mlleaks.targets.http.protocols import REGISTRY
from mlleaks.targets.http.records import encode_rows


def send(name, endpoint, X, info=None, **settings):
    """Return the request for records, and its body as JSON (or text)."""
    spec, settings = REGISTRY[name], Settings(**settings)
    request = spec.request(endpoint, encode_rows(X), spec.settle(info, settings), settings)
    text = request.body.decode()
    return request, json.loads(text) if request.headers["content-type"] == "application/json" else text
