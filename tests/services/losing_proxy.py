"""A proxy whose upstream works but whose answers get lost on the way: truncated, reset, or too late."""

from __future__ import annotations

import socket
import struct
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

STALL_SECONDS = 3
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class LosingHandler(BaseHTTPRequestHandler):
    """Forward a request, then lose the answer."""

    upstream: ClassVar[str]
    way: ClassVar[str]

    def do_GET(self) -> None:
        self.forward(None)

    def do_POST(self) -> None:
        self.forward(self.rfile.read(int(self.headers["Content-Length"])))

    def forward(self, body: bytes | None) -> None:
        """Have the request answered, and send half of it, nothing, or all of it later."""
        headers = {"Content-Type": self.headers.get("Content-Type", "application/json")}
        request = urllib.request.Request(self.upstream + self.path, body, headers)
        try:
            with DIRECT.open(request) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        if self.way == "reset":
            self.reset()
            return
        if self.way == "stall":
            self.server.stopping.wait(STALL_SECONDS)
        with suppress(OSError):  # the client may have gone
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text[: len(text) // 2] if self.way == "truncate" else text)

    def reset(self) -> None:
        """Close the connection with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_) -> None:
        """Say nothing."""


class LosingServer(ThreadingHTTPServer):
    """Serves until `stopping` is set."""

    def __init__(self, handler: type[LosingHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.stopping = threading.Event()


@contextmanager
def losing(upstream: str, way: str) -> Iterator[str]:
    """Run a proxy that loses all answers in one way (truncate, reset, stall), and yield its root."""
    handler = type("Handler", (LosingHandler,), {"upstream": upstream, "way": way})
    server = LosingServer(handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
