"""Requests to a service that may stumble: sent again where that can help, never without a bound."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlleaks.errors import ModelError
from mlleaks.targets.http.pacing import Pace
from mlleaks.targets.http.refusals import (
    MISSING,
    Again,
    Decisive,
    NoConnection,
    Refused,
    TooLarge,
    connection_error,
    status_error,
)
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
REACHING = 5
"""Tries to reach a service at all: it may be starting."""


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
            except (Truncated, Again) as again:
                problem = str(again)
                self.pace.pause(getattr(again, "wait", 0.0))
                busy = getattr(again, "busy", False)
            except Refused as refused:
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
            except NoConnection as again:
                problem = str(again)
            except (Again, Refused, TooLarge):
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
            except Again as again:
                self.pace.pause(again.wait)
                self.pace.wait(0, self._wait)
                continue
            except TooLarge:
                return None
            except Refused as refused:
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
                raise status_error(response)
        except httpx.TimeoutException:
            raise Again("no answer in time") from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL):
            raise Decisive(
                f"the address {shown(url)}",
                expected="http:// or https://, a host and a path",
                fix="Check the address.",
            ) from None
        except httpx.ConnectError as error:
            raise connection_error(str(error), url) from None
        except httpx.LocalProtocolError:
            raise Decisive(
                "a request that HTTP does not allow",
                expected="credentials and headers of one line of plain characters",
                fix="Check the environment variables of --auth and --header.",
            ) from None
        except httpx.RequestError as error:
            raise Again(f"a broken connection ({type(error).__name__})") from None
