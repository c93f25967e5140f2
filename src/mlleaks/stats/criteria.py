"""Judging by intervals: yes, no, or not decided.

An answer is True where an interval lies on the good side of a limit, False where it lies on the bad side,
and None where it contains the limit: the data cannot decide. Answers are put together by three-valued logic.

Source: S. Kleene, Journal of Symbolic Logic 3 (1938).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Answer: TypeAlias = bool | None
"""Yes, no, or None: not decided."""


def is_above(interval: tuple[float, float], limit: float) -> Answer:
    """Return whether what the interval covers is above a limit.

    An interval with an end of nan decides nothing.

    Examples
    --------
    >>> is_above((0.1, 0.2), 0.0), is_above((-0.2, -0.1), 0.0), is_above((-0.1, 0.2), 0.0)
    (True, False, None)
    """
    low, high = interval
    if low > limit:
        return True
    return False if high <= limit else None


def is_below(interval: tuple[float, float], limit: float) -> Answer:
    """Return whether what the interval covers is below a limit; see `is_above`.

    Examples
    --------
    >>> is_below((0.1, 0.2), 0.3), is_below((0.1, 0.4), 0.3)
    (True, None)
    """
    low, high = interval
    return is_above((-high, -low), -limit)


def all_hold(answers: Iterable[Answer]) -> Answer:
    """Return True if all are True, False if one is False, else None.

    Examples
    --------
    >>> all_hold([True, True]), all_hold([True, None, False]), all_hold([True, None])
    (True, False, None)
    """
    some = list(answers)
    return at_least(some, len(some))


def any_holds(answers: Iterable[Answer]) -> Answer:
    """Return True if one is True, False if all are False, else None.

    Examples
    --------
    >>> any_holds([False, True, None]), any_holds([False, False]), any_holds([False, None])
    (True, False, None)
    """
    return at_least(answers, 1)


def at_least(answers: Iterable[Answer], number: float) -> Answer:
    """Return whether so many answers are True: True or False only if those not decided cannot change it.

    Examples
    --------
    >>> at_least([True, True, None], 2), at_least([True, False, None], 2), at_least([True, False, False], 2)
    (True, None, False)
    """
    some = list(answers)
    sure = sum(answer is True for answer in some)
    possible = sum(answer is not False for answer in some)
    if sure >= number:
        return True
    return False if possible < number else None
