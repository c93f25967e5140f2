"""What all lower bounds on epsilon share: their result, and the search for what the data refute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

STEP = 1e-5
"""The search ends when it knows the strongest refuted guarantee this closely."""

STRONGEST = 500.0
"""The search looks no further: e to this power is still a float."""


@dataclass(frozen=True)
class EpsilonBound:
    """A lower bound on epsilon, and what it rests on.

    Parameters
    ----------
    epsilon : float
        With the probability ``level`` or more, the true epsilon at ``delta`` is at least this. 0 means that
        nothing is refuted.
    delta, level : float
        What the bound holds for.
    attack : str
        The attack whose scores it comes from; empty if there was only one.
    decision : str
        Which records were flagged as members or as non-members; empty if nothing is refuted.
    method : str
        How it was computed.
    assumption : str
        What has to be true for the bound to hold.
    """

    epsilon: float
    delta: float
    level: float
    attack: str
    decision: str
    method: str
    assumption: str


def largest_refuted(refutes: Callable[[float], bool], start: float = 0.0) -> float:
    """Return the largest strength from ``start`` on that the data refute, or ``start`` if they refute none.

    The result is refuted itself: the search errs by at most `STEP`, and downward.

    Parameters
    ----------
    refutes : callable (strength) -> bool
        True below some strength, and False above it.
    start : float
        What another test has refuted already, 0 or more.

    Examples
    --------
    >>> bound = largest_refuted(lambda strength: strength <= 2)
    >>> 2 - STEP < bound <= 2, largest_refuted(lambda strength: strength <= 2, 3.0)
    (True, 3.0)
    """
    if not refutes(start + STEP):
        return start
    low, step = start + STEP, 1.0
    while low + step < STRONGEST and refutes(low + step):
        low, step = low + step, 2 * step
    high = min(low + step, STRONGEST)
    while high - low > STEP:
        middle = (low + high) / 2
        low, high = (middle, high) if refutes(middle) else (low, middle)
    return low
