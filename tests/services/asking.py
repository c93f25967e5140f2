"""A client of the standard library: what a service says, without the package's own client."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import Any


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of an answer."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        """Return the parsed body."""
        return json.loads(self.body)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Answers with the redirect itself."""

    def redirect_request(self, *_) -> None:
        """Follow none."""


def ask(
    url: str, body: Any = None, *, headers: dict[str, str] | None = None, tls: ssl.SSLContext | None = None
) -> Answer:
    """GET a URL, or POST a body as JSON to it (bytes as they are); any status is an answer."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})})
    handlers = NoRedirect, urllib.request.HTTPSHandler(context=tls), urllib.request.ProxyHandler({})
    opener = urllib.request.build_opener(*handlers)  # loopback goes through no proxy
    try:
        with opener.open(request, timeout=60) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


def tensor(records, *, output: str | None = None, request_id: str = "r1") -> dict[str, Any]:
    """Return records in the form of the Open Inference Protocol."""
    entry = {"name": "records", "shape": list(records.shape), "datatype": "FP64"}
    body: dict[str, Any] = {"id": request_id, "inputs": [{**entry, "data": records.ravel().tolist()}]}
    return body if output is None else {**body, "outputs": [{"name": output}]}
