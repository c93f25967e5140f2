"""A real HTTP server on loopback that answers what a test tells it to, and remembers all requests."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """One answer: a status, a body, headers; or a connection that breaks."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    breaks: str = ""
    """``reset``: no answer; ``truncated``: half of the body; ``slow``: none in time."""

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Scripted:
    """What a server answers, and all requests."""

    answer: Callable[[str, Any], Answer]
    url: str = ""
    requests: list[tuple[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    raw: bytes = b""
    """The last request's body."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, path: str, raw: bytes, headers: dict[str, str]) -> Answer:
        with self.lock:
            body = json.loads(raw) if raw[:1] in (b"{", b"[", b"n") else raw
            self.raw = raw
            self.requests.append((path, body))
            self.headers.append(headers)
            return self.answer(path, body)


@contextmanager
def scripted(answer: Callable[[str, Any], Answer]) -> Iterator[Scripted]:
    """Start a server that calls ``answer(path, parsed body)`` for each request, one at a time."""
    script = Scripted(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _reply(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            raw = self.rfile.read(length)
            one = script.reply(self.path, raw, {k.lower(): v for k, v in self.headers.items()})
            if one.breaks == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                self.close_connection = True
                return
            if one.breaks == "slow":
                threading.Event().wait(1.5)
            content = one.content
            self.send_response(one.status)
            for name, value in ({"content-type": "application/json"} | one.headers).items():
                self.send_header(name, value)
            if one.breaks != "truncated":
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                return
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True

        do_GET = do_POST = _reply

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that goes away is part of the test."""

    server = Quiet(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()


def in_turn(*answers: Answer) -> Callable[[str, Any], Answer]:
    """Answer each in its turn, then the last one for ever."""
    rest = list(answers)
    return lambda path, body: rest.pop(0) if len(rest) > 1 else rest[0]
