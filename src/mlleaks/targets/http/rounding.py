"""To how many decimals a service rounds, and how far from one rounded scores may sum."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from mlleaks.outputs.posteriors import TOLERANCE

MOST = 6
"""Scores with more decimals count as full: these are the digits of a 32-bit float."""

FEWEST_VALUES = 10
"""Fewer scores than this say nothing about rounding."""

_WIDEST = 0.25
"""No rounding explains a sum that is further from one."""


def decimals_of(written: Sequence[Any], *, scale: float = 1) -> int | None:
    """Return to how many decimals scores are rounded, or None where they are full or too few.

    Scores that are 0 or the whole (1, or 100 %) are rounded to anything and do not count. A number that is
    a 32-bit float exactly is read as the short number it was.

    Parameters
    ----------
    written : sequence of number or text
        As the service wrote them.
    scale : float
        What a whole is: 100 for percentages. The decimals are those of the score divided by it.

    Examples
    --------
    >>> decimals_of([0.12, 0.88, 0.5, 0.5, 0.31, 0.69, 0.07, 0.93, 0.4, 0.6])
    2
    >>> decimals_of([1 / 3] * 10) is None
    True
    """
    counts = [_decimals(value) for value in written if _value(value) not in (0.0, scale)]
    if len(counts) < FEWEST_VALUES or max(counts) > MOST:
        return None
    return max(1, max(counts) + (2 if scale == 100 else 0))


def _value(value: Any) -> float:
    return float(value.strip().removesuffix("%")) if isinstance(value, str) else float(value)


def _decimals(value: Any) -> int:
    text = value.strip().removesuffix("%") if isinstance(value, str) else str(value)
    number = _value(value)
    if not isinstance(value, str) and float(np.float32(number)) == number:
        text = str(np.float32(number))
    exponent = Decimal(text).normalize().as_tuple().exponent
    return max(0, -int(exponent))


def sum_tolerance(k: int, decimals: int | None) -> float:
    """Return how far from one ``k`` scores, each rounded to ``decimals``, may sum.

    Each is off by at most half a step, so the sum by ``k / 2`` steps; never less than what saved
    posteriors are allowed (`mlleaks.outputs.posteriors.TOLERANCE`).

    Examples
    --------
    >>> sum_tolerance(20, 2), sum_tolerance(3, None) == TOLERANCE
    (0.1, True)
    """
    if decimals is None:
        return TOLERANCE
    return max(TOLERANCE, min(_WIDEST, k * 0.5 * 10.0**-decimals))
