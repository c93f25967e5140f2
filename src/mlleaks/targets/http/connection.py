"""How a service is reached: credentials, certificates, proxy, time limits."""

from __future__ import annotations

import logging
import math
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlleaks.errors import DataUnavailable, InputError, missing_extra

if TYPE_CHECKING:
    import httpx

TIMEOUT = 30.0
"""Seconds until a service must have answered."""
CONCURRENCY = 4
"""Requests at once."""


@dataclass(frozen=True)
class Connection:
    """How a service is reached. Secrets are in environment variables: here are only their names.

    Parameters
    ----------
    auth : str, optional
        ``"bearer:TOKEN_VARIABLE"`` or ``"basic:USER_VARIABLE:PASSWORD_VARIABLE"``.
    headers : mapping of str to str
        Further headers; a value ``"env:NAME"`` is that of the environment variable.
    ca : path, optional
        The certificates of the authorities to trust (PEM), instead of the system's.
    certificate : path, optional
        The client's certificate with its key (PEM).
    proxy : str, optional
        Its address; by default what ``HTTPS_PROXY`` and its relatives say.
    timeout : float
        Seconds until an answer must have come.
    concurrency : int
        Requests at once.
    """

    auth: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    ca: Path | None = None
    certificate: Path | None = None
    proxy: str | None = None
    timeout: float = TIMEOUT
    concurrency: int = CONCURRENCY

    def open(self) -> httpx.Client:
        """Return a client that keeps its connections open; close it after use.

        Raises
        ------
        MissingExtra
            httpx is not installed.
        InputError, DataUnavailable
            An environment variable is not set, a file is missing or holds no certificate.
        """
        try:
            import httpx
        except ModuleNotFoundError as error:
            raise missing_extra("httpx", "services") from error
        if not 0 < self.timeout < math.inf or self.concurrency < 1:
            raise InputError(
                f"a timeout of {self.timeout} s and {self.concurrency} requests at once",
                expected="a timeout above 0 and at least one request",
                fix="Pass other numbers.",
            )
        limits = httpx.Limits(max_connections=self.concurrency, max_keepalive_connections=self.concurrency)
        kind, secrets = self._secrets()
        headers = {name: _from_environment(value) for name, value in self.headers.items()}
        if kind == "bearer":
            headers["Authorization"] = f"Bearer {secrets[0]}"
        logger = logging.getLogger("httpx")
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.WARNING)  # it would log whole addresses, which may hold keys
        try:
            return httpx.Client(
                http2=_has_http2(),
                verify=self._trusted(),
                proxy=self.proxy,
                timeout=httpx.Timeout(self.timeout),
                limits=limits,
                headers={"Accept-Encoding": "identity"} | headers,
                auth=httpx.BasicAuth(secrets[0], secrets[1]) if kind == "basic" else None,
                follow_redirects=False,
            )
        except UnicodeError:
            got = "a secret or a header with characters that HTTP does not allow"
        except (ValueError, ImportError):  # of a proxy, here or in the environment
            got = "a proxy that cannot be used"
        raise InputError(
            got,
            expected="plain characters, and proxies with http:// or https://",
            fix="Check --auth, --header and --proxy, and HTTP_PROXY, HTTPS_PROXY and ALL_PROXY.",
        )

    def _secrets(self) -> tuple[str, list[str]]:
        """Return the kind of authentication and the values of its variables."""
        if self.auth is None:
            return "", []
        kind, *names = self.auth.split(":")
        if len(names) != {"bearer": 1, "basic": 2}.get(kind):
            raise InputError(
                "an authentication of another form",  # it may be a secret: it is not repeated
                expected="bearer:TOKEN_VARIABLE or basic:USER_VARIABLE:PASSWORD_VARIABLE",
                fix="Put secrets into environment variables and pass their names.",
            )
        return kind, [_variable(name) for name in names]

    def _trusted(self) -> ssl.SSLContext:
        """Return which certificates are trusted, and the own one."""
        for path in (self.ca, self.certificate):
            if path is not None and not path.is_file():
                raise DataUnavailable(f"no file {path}", expected="certificates (PEM)", fix="Check the path.")
        try:
            context = ssl.create_default_context(cafile=None if self.ca is None else str(self.ca))
            if self.certificate is not None:
                context.load_cert_chain(self.certificate)
        except (ssl.SSLError, OSError) as error:
            raise InputError(
                f"certificates that cannot be read ({type(error).__name__})",
                expected="PEM files: authorities, or a certificate with its key",
                fix="Check them with `openssl x509 -in FILE -text`.",
            ) from error
        return context


def _from_environment(value: str) -> str:
    return _variable(value.removeprefix("env:")) if value.startswith("env:") else value


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise InputError(
            f"no environment variable {name}", expected="a secret in it", fix=f"Set it: export {name}=..."
        )
    return value


def _has_http2() -> bool:
    """Return whether HTTP/2 can be offered to the service."""
    try:
        import h2  # noqa: F401
    except ModuleNotFoundError:
        return False
    return True
