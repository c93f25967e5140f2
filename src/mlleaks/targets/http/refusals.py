"""What it means if a service does not answer: try again, send less, or give up with the reason."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlleaks.errors import ModelError
from mlleaks.targets.http.urls import shown

if TYPE_CHECKING:
    import httpx

LONGEST_REQUESTED = 300.0
"""Seconds that a service may ask to wait for."""
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Codes after which the same request may succeed."""
BUSY = frozenset({425, 429, 503})
"""Codes of a service that has not looked at the records."""
TOO_LARGE = 413
MISSING = frozenset({400, 404, 405, 406, 410, 415, 422, 501})
"""Codes of an address that answers no question of this kind."""
NO_HOST = ("Name or service", "nodename nor servname", "No address associated", "Temporary failure in name")
"""What resolvers say on Linux and macOS."""


class Decisive(ModelError):
    """What no other request would change: credentials, a certificate, a redirect, a budget."""


class TooLarge(Exception):
    """The service wants smaller requests."""


class Again(Exception):
    """The request may be sent again, after ``wait`` seconds if the service asked for that.

    A service that is ``busy`` has not looked at the records; otherwise it may have answered, and charged.
    """

    def __init__(self, problem: str, wait: float = 0.0, *, busy: bool = False) -> None:
        super().__init__(problem)
        self.wait, self.busy = wait, busy


class NoConnection(Again):
    """Nobody listens at the address, or nobody yet."""


class Refused(Exception):
    """The service refused the request for good."""

    def __init__(self, code: int, error: ModelError) -> None:
        super().__init__(code)
        self.code, self.error = code, error


def status_error(response: httpx.Response) -> Exception:
    """Return what an answer means that is no success; its body is not read."""
    code, url = response.status_code, str(response.url)
    if code == TOO_LARGE:
        return TooLarge()
    if code in AGAIN:
        wait = _requested_wait(response.headers.get("retry-after"))
        return Again(f"the status {code}", wait=wait, busy=code in BUSY)
    return Refused(code, _refused(code, url, response.headers.get("location")))


def _requested_wait(text: str | None) -> float:
    """Return how long a service asks to wait, in seconds, within a bound.

    Examples
    --------
    >>> _requested_wait("2"), _requested_wait("86400"), _requested_wait("soon"), _requested_wait(None)
    (2.0, 300.0, 0.0, 0.0)
    """
    if text is None:
        return 0.0
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except ValueError:
            return 0.0
    return min(max(seconds, 0.0), LONGEST_REQUESTED)


MEANINGS = {
    401: ("no or wrong credentials", "Pass --auth with the names of environment variables."),
    403: ("no permission", "Ask the service's owner for access, or pass other credentials."),
    404: ("nothing at this address", "Check the address and the model's name, or pass --protocol."),
    405: ("no predictions at this address", "Check the address, or pass --protocol."),
    415: ("another content type", "Pass the --protocol that the service speaks."),
}


def _refused(code: int, url: str, location: str | None) -> ModelError:
    if 300 <= code < 400:
        other = urlsplit(location or "").hostname or "another path"
        return Decisive(
            f"a redirect to {other} from {shown(url)}",
            expected="an answer from the service itself",
            fix="Redirects are not followed: records would go elsewhere. Pass the final address.",
        )
    what, fix = MEANINGS.get(code, ("a refusal", "Check that it takes records like these, and --protocol."))
    kind = Decisive if code in (401, 403) else ModelError
    return kind(f"{what} (status {code}) from {shown(url)}", expected="an answer", fix=fix)


def connection_error(text: str, url: str) -> Exception:
    """Return a retry for a service that is starting, an error for an address or certificate that is wrong."""
    if "WRONG_VERSION_NUMBER" in text:
        return Decisive(
            f"an answer without encryption from {shown(url)}",
            expected="https",
            fix="Pass the address with http://, if that is what the service speaks.",
        )
    if "CERTIFICATE" in text.upper() or "SSL" in text.upper():
        return Decisive(
            f"no trusted connection to {shown(url)}: {_reason(text)}",
            expected="a certificate of an authority that is trusted here",
            fix="Pass --ca FILE with the authority's certificate.",
        )
    if any(phrase in text for phrase in NO_HOST):
        host = urlsplit(url).hostname
        return Decisive(f"no such host: {host}", expected="the name of a host", fix="Check the address.")
    return NoConnection("no connection", busy=True)


def _reason(text: str) -> str:
    """Return the reason in an error of TLS without file names and line numbers."""
    return text.partition("(_ssl")[0].partition("] ")[2].strip() or "the handshake failed"
