"""Times for people."""

from __future__ import annotations

import math


def duration(seconds: float) -> str:
    """Return a rough time for people; nan is unknown.

    Examples
    --------
    >>> duration(0.4), duration(44), duration(60 * 44), duration(3600 * 4.4)
    ('a few seconds', 'about 40 seconds', 'about 40 minutes', 'about 4 hours')
    """
    if math.isnan(seconds):
        return "unknown: no model could be trained on a tenth of the records"
    if seconds < 10:
        return "a few seconds"
    for size, unit in ((3600, "hours"), (60, "minutes"), (1, "seconds")):
        if seconds >= 2 * size or unit == "seconds":
            amount = seconds / size
            return f"about {round(amount, -1) if amount >= 20 else round(amount):.0f} {unit}"
    raise AssertionError
