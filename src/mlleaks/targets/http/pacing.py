"""No more records per second than a service allows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mlleaks.errors import InputError


@dataclass
class Pace:
    """Spaces records evenly in time: each waits until those before it have had their share.

    Parameters
    ----------
    per_second : float, optional
        Records per second; None for no limit.
    now, sleep : callable
        The clock, in seconds.

    Examples
    --------
    >>> slept = []
    >>> pace = Pace(10.0, now=lambda: 0.0, sleep=slept.append)
    >>> pace.wait(5), pace.wait(5), slept
    (None, None, [0.5])
    """

    per_second: float | None = None
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0

    def __post_init__(self) -> None:
        if self.per_second is not None and not self.per_second > 0:
            raise InputError(
                f"a rate of {self.per_second} records per second", expected="more than 0", fix="Pass another."
            )

    def wait(self, records: int, sleep: Callable[[float], object] | None = None) -> None:
        """Wait until so many records may be sent, with another way to wait if one is passed."""
        with self.lock:
            start = max(self.now(), self.free_at)
            self.free_at = start + (0.0 if self.per_second is None else records / self.per_second)
        delay = start - self.now()
        if delay > 0:
            (sleep or self.sleep)(delay)

    def pause(self, seconds: float) -> None:
        """Hold all records back for so long: the service has asked for it."""
        with self.lock:
            self.free_at = max(self.free_at, self.now() + seconds)
