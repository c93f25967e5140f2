"""The ASGI application: routes, limits and errors of the Open Inference Protocol around a model."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from mlleaks.defenses.masked_models import Mask
from mlleaks.errors import InputError, ModelError, missing_extra
from mlleaks.serving.inference import InferenceService
from mlleaks.serving.worker import Worker

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

MAX_BYTES = 64 << 20
"""The largest body of a request by default: 64 MiB."""
_DISCARDED = 10
"""How many times the limit is read and discarded: a client that still sends would not see the answer."""
_OPEN = ("/v2/health/live", "/v2/health/ready")
"""What may be read without a key."""

log = logging.getLogger(__name__)


def inference_app(
    model: Any,
    *,
    name: str = "model",
    version: str = "1",
    masks: Sequence[Mask] = (),
    api_key: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> Starlette:
    """Return an ASGI application that serves a model by the Open Inference Protocol, version 2.

    Inference runs in one thread of its own, one request at a time. No message and no log line holds a value
    of a record.

    Parameters
    ----------
    model : Model
        With ``predict_proba``, or with ``predict`` and ``classes_``.
    name, version : str
        Parts of the URLs: ``/v2/models/NAME/infer``, ``/v2/models/NAME/versions/VERSION/infer``.
    masks : sequence of Mask
        What the posteriors go through, in this order: `TopK`, `Rounded`, `LabelOnly`, `Temperature` of
        `mlleaks.defenses`, or any function from posteriors to posteriors.
    api_key : str, optional
        Requests must carry it as a bearer token; health may be read without.
    max_bytes : int
        The largest body of a request.

    Raises
    ------
    MissingExtra
        Starlette is not installed.
    InputError, ModelError
        See `InferenceService`.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> app = inference_app(DummyClassifier().fit([[0], [1]], [0, 1]), name="prior")
    >>> sorted({route.path for route in app.routes})[:2]
    ['/v2', '/v2/health/live']
    """
    try:
        from starlette.applications import Starlette
    except ModuleNotFoundError as error:
        raise missing_extra("starlette", "services") from error
    from starlette.exceptions import HTTPException

    if max_bytes < 1 or api_key == "":
        raise InputError(
            f"a limit of {max_bytes} bytes" if max_bytes < 1 else "an empty API key",
            expected="a limit of at least 1 byte, and a key of at least one letter or none",
            fix="Pass another one.",
        )
    endpoints = _Endpoints(InferenceService(model, name, version=version, masks=masks), api_key, max_bytes)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        endpoints.worker.close()

    handlers: Any = {HTTPException: _http_error, InputError: _bad_request, Exception: _fault}
    return Starlette(routes=endpoints.routes(), exception_handlers=handlers, lifespan=lifespan)


class _Endpoints:
    """What each URL answers."""

    def __init__(self, service: InferenceService, api_key: str | None, max_bytes: int) -> None:
        self.service, self.max_bytes, self.worker = service, max_bytes, Worker()
        self._authorization = None if api_key is None else f"Bearer {api_key}".encode()

    def routes(self) -> list[Any]:
        """Return the routes of the protocol, and the counts of `InferenceService.statistics`."""
        from starlette.routing import Route

        get = {
            "/v2": self.server,
            "/v2/health/live": self.live,
            "/v2/health/ready": self.ready,
        }
        of_model = {"": self.model, "/ready": self.model_ready, "/stats": self.statistics}
        models = ("/v2/models/{name}", "/v2/models/{name}/versions/{version}")
        get |= {model + path: endpoint for model in models for path, endpoint in of_model.items()}
        return [
            *(Route(path, self._checked(endpoint)) for path, endpoint in get.items()),
            *(Route(f"{model}/infer", self._checked(self.infer), methods=["POST"]) for model in models),
        ]

    def _checked(self, endpoint: Any) -> Any:
        """Return an endpoint that first looks at the key, the model's name and its version."""

        async def checked(request: Request) -> Response:
            if refusal := self._refusal(request):
                return refusal
            response: Response = await endpoint(request)
            return response

        return checked

    def _refusal(self, request: Request) -> Response | None:
        if self._authorization is not None and request.url.path not in _OPEN:
            sent = request.headers.get("authorization", "").encode("latin-1", "replace")
            if not hmac.compare_digest(sent, self._authorization):
                challenge = {"WWW-Authenticate": "Bearer"}
                return _error(401, "got no valid API key; expected Authorization: Bearer KEY", challenge)
        wanted = request.path_params
        if wanted.get("name", self.service.name) != self.service.name:
            return _error(404, f"got the name of another model; expected {self.service.name}")
        if wanted.get("version", self.service.version) != self.service.version:
            return _error(404, f"got another version of the model; expected {self.service.version}")
        return None

    async def server(self, _: Request) -> Response:
        from mlleaks import __version__

        return _json({"name": "mlleaks", "version": __version__, "extensions": []})

    async def live(self, _: Request) -> Response:
        return _json({"live": True})

    async def ready(self, _: Request) -> Response:
        return _json({"ready": True})

    async def model(self, _: Request) -> Response:
        return _json(self.service.metadata())

    async def model_ready(self, _: Request) -> Response:
        return _json({"name": self.service.name, "ready": True})

    async def statistics(self, _: Request) -> Response:
        return _json(self.service.statistics())

    async def infer(self, request: Request) -> Response:
        from starlette.responses import Response

        if request.headers.get("content-encoding", "identity") != "identity":
            return _error(415, "got a compressed body; expected plain JSON")
        body = await self._body(request)
        if body is None:
            message = f"got a larger body; expected at most {self.max_bytes} bytes: send fewer records"
            return _error(413, message, {"Connection": "close"})  # what is still sent is not read
        try:
            answer = await self.worker.call(self.service.infer, body)
        except ModelError as error:
            log.warning("%s", error.got)
            return _error(500, str(error))
        return Response(answer, media_type="application/json")

    async def _body(self, request: Request) -> bytes | None:
        """Return the body of a request; None if it is too large, once it is read or hopelessly long."""
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > _DISCARDED * self.max_bytes:
                return None
            if size <= self.max_bytes:
                parts.append(part)
            else:
                parts.clear()
        return b"".join(parts) if size <= self.max_bytes else None


async def _http_error(_: Request, error: Any) -> Response:
    """Return what the router refuses: an unknown URL, another method."""
    return _error(error.status_code, error.detail, error.headers)


async def _bad_request(_: Request, error: Any) -> Response:
    return _error(400, str(error))


async def _fault(_: Request, error: Exception) -> Response:
    log.error("%s while a request was answered", type(error).__name__)
    return _error(500, "got an error of the server itself")


def _error(status: int, message: str, headers: Any = None) -> Response:
    return _json({"error": message}, status, headers)


def _json(document: dict[str, Any], status: int = 200, headers: Any = None) -> Response:
    from starlette.responses import Response

    body = json.dumps(document, separators=(",", ":"))
    return Response(body, status, headers, media_type="application/json")
