"""Requests to a service that may stumble: sent again where that can help, never without a bound."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mlleaks.errors import ModelError
from mlleaks.targets.http.pacing import Pace
from mlleaks.targets.http.responses import Truncated, parse_body, read_body
from mlleaks.targets.http.urls import shown
from mlleaks.targets.http.usage import Usage

if TYPE_CHECKING:
    import httpx

    from mlleaks.targets.http.protocol import Request

ATTEMPTS = 8
"""Tries of one request, the first one included."""
FIRST_DELAY, LONGEST_DELAY = 0.25, 30.0
"""Seconds before the second try; later ones wait twice as long each, up to the longest."""
LONGEST_REQUESTED = 300.0
"""Seconds that a service may ask to wait for."""
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Codes after which the same request may succeed."""
BUSY = frozenset({425, 429, 503})
"""Codes of a service that has not looked at the records."""
TOO_LARGE = 413
REACHING = 5
"""Tries to reach a service at all: it may be starting."""
MISSING = frozenset({400, 404, 405, 406, 410, 415, 422, 501})
"""Codes of an address that answers no question of this kind."""
NO_HOST = ("Name or service", "nodename nor servname", "No address associated", "Temporary failure in name")
"""What resolvers say on Linux and macOS."""


class Decisive(ModelError):
    """What no other request would change: credentials, a certificate, a redirect, a budget."""


class TooLarge(Exception):
    """The service wants smaller requests."""


@dataclass
class Sender:
    """Sends requests over one client; several threads may use it at once.

    Parameters
    ----------
    client : httpx.Client
    usage : Usage
        Counts requests, retries and failures.
    pace : Pace
    attempts : int
        Tries of one request.
    sleep : callable, optional
        Waits for seconds; by default until `stopping` is set.
    rng : random.Random
        Draws how much of a delay is waited, so that several clients do not come back together.
    timeout : float
        Seconds until an answer must be complete.
    billed : callable
        ``billed(records)`` is called before records are sent again that the service may have answered, and
        charged, before. It may raise.
    stopping : threading.Event
        Ends all waiting once it is set.
    """

    client: httpx.Client
    usage: Usage
    pace: Pace = field(default_factory=Pace)
    attempts: int = ATTEMPTS
    sleep: Callable[[float], object] | None = None
    rng: random.Random = field(default_factory=random.Random)
    timeout: float = math.inf
    billed: Callable[[int], None] = lambda records: None
    stopping: threading.Event = field(default_factory=threading.Event)

    def _wait(self, seconds: float) -> None:
        """Wait; a stop ends it at once."""
        (self.sleep or self.stopping.wait)(seconds)
        if self.stopping.is_set():
            raise ModelError("a stop", expected="an answer", fix="Run the same command again.")

    def send(self, request: Request, records: int) -> tuple[Any, Mapping[str, str]]:
        """Return the JSON of the answer, and its headers.

        Parameters
        ----------
        request : Request
        records : int
            How many records it holds.

        Raises
        ------
        TooLarge
            The service answers 413: send fewer records at once.
        ModelError
            The service refuses the request, or does not answer it after all tries. No error repeats what
            the service said beyond its status: that may repeat records.
        """
        problem, tries = "", 0
        for attempt in range(ATTEMPTS):
            if attempt:
                self.usage.add("retried")
                self._wait(self._delay(attempt))
            self.pace.wait(records, self._wait)
            self.usage.add("requests")
            tries += 1
            try:
                body, headers = self._once("POST", request.url, request)
                return parse_body(body, headers.get("content-type", "")), headers
            except (Truncated, _Again) as again:
                problem = str(again)
                self.pace.pause(getattr(again, "wait", 0.0))
                busy = getattr(again, "busy", False)
            except _Refused as refused:
                raise refused.error from None
            if not busy:
                if tries >= self.attempts:
                    break
                self.billed(records)
                self.usage.add("sent again", records)
        self.usage.add("failed")
        raise ModelError(
            f"{problem}, {tries} times in a row, from {shown(request.url)}",
            expected="an answer",
            fix="Check the service, then run the same command again: answers that came are kept.",
        )

    def reach(self, url: str) -> None:
        """Raise `ModelError` if nothing answers at an address; whatever is answered is no matter."""
        for attempt in range(REACHING):
            if attempt:
                self._wait(self._delay(attempt))
            try:
                self._once("GET", url, None)
            except _NoConnection as again:
                problem = str(again)
            except (_Again, _Refused, TooLarge):
                return
            else:
                return
        raise ModelError(
            f"{problem}, {REACHING} times in a row, from {shown(url)}",
            expected="a service that answers",
            fix="Check the address, and that the service runs.",
        )

    def get(self, url: str, *, attempts: int = 3) -> Any | None:
        """Return the JSON at an address; None if there is none, or no JSON.

        Raises
        ------
        ModelError
            The service wants credentials, redirects, or has no certificate that is trusted.
        """
        for attempt in range(attempts):
            if attempt:
                self._wait(self._delay(attempt))
            try:
                body, headers = self._once("GET", url, None)
            except _Again as again:
                self.pace.pause(again.wait)
                self.pace.wait(0, self._wait)
                continue
            except TooLarge:
                return None
            except _Refused as refused:
                if refused.code in MISSING:
                    return None
                raise refused.error from None
            try:
                return parse_body(body, headers.get("content-type", ""))
            except (ModelError, Truncated):
                return None
        return None

    def _delay(self, attempt: int) -> float:
        longest: float = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (attempt - 1))
        return longest * (0.5 + self.rng.random() / 2)

    def _once(self, method: str, url: str, request: Request | None) -> tuple[bytes, Mapping[str, str]]:
        """Send one request and return the body and the headers of its answer."""
        import httpx

        body = None if request is None else request.body
        headers = {} if request is None else dict(request.headers)
        try:
            with self.client.stream(method, url, content=body, headers=headers) as response:
                if response.is_success:
                    return read_body(response, seconds=self.timeout), response.headers
                raise _status_error(response)
        except httpx.TimeoutException:
            raise _Again("no answer in time") from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL):
            raise Decisive(
                f"the address {shown(url)}",
                expected="http:// or https://, a host and a path",
                fix="Check the address.",
            ) from None
        except httpx.ConnectError as error:
            raise _connection_error(str(error), url) from None
        except httpx.LocalProtocolError:
            raise Decisive(
                "a request that HTTP does not allow",
                expected="credentials and headers of one line of plain characters",
                fix="Check the environment variables of --auth and --header.",
            ) from None
        except httpx.RequestError as error:
            raise _Again(f"a broken connection ({type(error).__name__})") from None


class _Again(Exception):
    """The request may be sent again, after ``wait`` seconds if the service asked for that.

    A service that is ``busy`` has not looked at the records; otherwise it may have answered, and charged.
    """

    def __init__(self, problem: str, wait: float = 0.0, *, busy: bool = False) -> None:
        super().__init__(problem)
        self.wait, self.busy = wait, busy


class _NoConnection(_Again):
    """Nobody listens at the address, or nobody yet."""


class _Refused(Exception):
    """The service refused the request for good."""

    def __init__(self, code: int, error: ModelError) -> None:
        super().__init__(code)
        self.code, self.error = code, error


def _status_error(response: httpx.Response) -> Exception:
    """Return what an answer means that is no success; its body is not read."""
    code, url = response.status_code, str(response.url)
    if code == TOO_LARGE:
        return TooLarge()
    if code in AGAIN:
        wait = _requested_wait(response.headers.get("retry-after"))
        return _Again(f"the status {code}", wait=wait, busy=code in BUSY)
    return _Refused(code, _refused(code, url, response.headers.get("location")))


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


def _connection_error(text: str, url: str) -> Exception:
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
    return _NoConnection("no connection", busy=True)


def _reason(text: str) -> str:
    """Return the reason in an error of TLS without file names and line numbers."""
    return text.partition("(_ssl")[0].partition("] ")[2].strip() or "the handshake failed"
