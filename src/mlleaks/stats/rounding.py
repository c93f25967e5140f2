"""Figures as text."""

from __future__ import annotations

import math

_OWN_ERROR = 1e-9
"""An error of floating-point products such as 0.57 * 100: no reason to round up to 0.58."""


def number(value: float) -> str:
    """Return a figure for a table or a sentence; a dash where it is undefined.

    Examples
    --------
    >>> number(0.12345), number(float("nan"))
    ('0.123', '–')
    """
    return "–" if math.isnan(value) else f"{value:.3f}"


def rounded_down(value: float, digits: int) -> str:
    """Return a lower bound for a sentence: never above ``value``, but for rounding errors of its own.

    Examples
    --------
    >>> rounded_down(0.5587, 2), rounded_down(0.29, 2), rounded_down(-2.31, 1)
    ('0.55', '0.29', '-2.4')
    """
    return f"{math.floor(value * 10**digits + _OWN_ERROR) / 10**digits:.{digits}f}"


def rounded_up(value: float, digits: int) -> str:
    """Return an upper bound for a sentence: never below ``value``, but for rounding errors of its own.

    Examples
    --------
    >>> rounded_up(0.5511, 2), rounded_up(0.57, 2), rounded_up(-2.39, 1)
    ('0.56', '0.57', '-2.3')
    """
    return f"{math.ceil(value * 10**digits - _OWN_ERROR) / 10**digits:.{digits}f}"
