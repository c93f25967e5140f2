"""Records that stand for all where a choice does not need every one."""

from __future__ import annotations

import numpy as np

from mlleaks.types import Ints

SAMPLE = 10_000
"""About so many records at most, but for twice as many, are enough to choose by."""


def evenly(n: int, most: int = SAMPLE) -> Ints:
    """Return positions of about ``most`` of ``n`` records (fewer than twice as many), evenly spaced.

    Examples
    --------
    >>> evenly(10, 3)
    array([0, 3, 6, 9])
    """
    return np.arange(0, n, max(1, n // most))
