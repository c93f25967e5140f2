"""What an audit asked of a service: requests, records, retries, money."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

COUNTERS = ("sent", "sent again", "cached", "requests", "retried", "failed")
"""Records that were answered; records sent again that may have been answered, and charged, before; answers
from the store; requests; those sent again; those given up."""


@dataclass
class Usage:
    """Counters of one run; several threads may add to them at once.

    Parameters
    ----------
    price : float
        Of one record, in any currency.
    """

    price: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, amount: int = 1) -> None:
        """Add to one of `COUNTERS`."""
        with self.lock:
            self.counts[name] += amount

    def facts(self) -> dict[str, Any]:
        """Return all counters by name, and what the service may have charged if there is a price.

        Examples
        --------
        >>> usage = Usage(price=0.5)
        >>> usage.add("sent", 3)
        >>> usage.facts()["cost"], usage.facts()["cached"]
        (1.5, 0)
        """
        with self.lock:
            counts = {name: self.counts[name] for name in COUNTERS}
        charged = counts["sent"] + counts["sent again"]
        return counts | ({"cost": round(charged * self.price, 6)} if self.price else {})
