"""The real server, uvicorn, in a thread of this process."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any

from mlleaks.defenses.masked_models import Mask
from mlleaks.errors import InputError, missing_extra
from mlleaks.serving.app import MAX_BYTES, inference_app

GRACE = 3
"""Seconds that requests have to end when the server stops."""
KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than clients keep theirs, so that no request breaks."""
_BACKLOG = 2048
"""Connections that may wait to be accepted."""
LOOPBACK = "127.0.0.1"


@contextmanager
def running(
    model: Any,
    *,
    name: str = "model",
    version: str = "1",
    masks: Sequence[Mask] = (),
    api_key: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> Iterator[str]:
    """Serve a model on a free port of this machine while the block runs; yield the server's URL.

    The model is at ``URL/v2/models/NAME``. It is queried in a thread of this process. See `inference_app`
    for the parameters.

    Examples
    --------
    >>> from urllib.request import urlopen
    >>> from sklearn.dummy import DummyClassifier
    >>> with running(DummyClassifier().fit([[0], [1]], [0, 1]), name="prior") as url:
    ...     urlopen(f"{url}/v2/models/prior/ready").read()
    b'{"name":"prior","ready":true}'
    """
    app = inference_app(model, name=name, version=version, masks=masks, api_key=api_key, max_bytes=max_bytes)
    with listening(app) as server:
        yield server.url


class Listening:
    """A server that runs.

    Parameters
    ----------
    url : str
        Without a path: ``http://127.0.0.1:8080``.
    ended : threading.Event
        Set when the server has ended, whatever the reason.
    """

    def __init__(self, url: str, ended: Event) -> None:
        self.url, self._ended = url, ended

    def wait(self) -> None:
        """Return when the server has ended; a signal may raise before."""
        while not self._ended.wait(1.0):  # without a limit, Windows would hear no Ctrl-C
            pass


@contextmanager
def listening(app: Any, *, host: str = LOOPBACK, port: int = 0) -> Iterator[Listening]:
    """Run an ASGI application in a thread while the block runs.

    When the block ends, requests that are being answered have `GRACE` seconds to finish.

    Parameters
    ----------
    app : ASGI application
    host : str
        An address of this machine.
    port : int
        0 for a free one.

    Raises
    ------
    InputError
        An address or a port that cannot be used.
    MissingExtra
        Uvicorn is not installed.
    """
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        raise missing_extra("uvicorn", "services") from error

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            begun.set()

    begun, ended = Event(), Event()
    server = Server(
        uvicorn.Config(
            app,
            lifespan="on",
            ws="none",
            log_config=None,
            log_level="critical",  # a traceback may hold values of a record
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE,
        )
    )

    def serve(bound: socket.socket) -> None:
        try:
            with suppress(SystemExit):  # what uvicorn raises where it cannot start
                server.run([bound])
        finally:
            ended.set()
            begun.set()

    with _bound(host, port) as bound:
        thread = Thread(target=serve, args=(bound,), daemon=True, name="mlleaks server")
        thread.start()
        try:
            begun.wait()
            if ended.is_set():
                raise RuntimeError("the server ended while it started")
            yield Listening(_url(host, bound.getsockname()[1]), ended)
        finally:
            server.should_exit = True
            thread.join()


def _bound(host: str, port: int) -> socket.socket:
    # asyncio sends small packets at once (TCP_NODELAY) only where a socket names its protocol
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, proto=socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        bound.close()
        raise InputError(
            f"the address {host}, port {port}, which cannot be used ({error})",
            expected="an address of this machine and a free port",
            fix="Pass another port, or 0 for any that is free.",
        ) from error
    return bound


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
