"""A figure as people see it."""

from __future__ import annotations

import math


def number(value: float) -> str:
    """Return a figure for a table or a sentence; a dash where it is undefined.

    Examples
    --------
    >>> number(0.12345), number(float("nan"))
    ('0.123', '–')
    """
    return "–" if math.isnan(value) else f"{value:.3f}"
