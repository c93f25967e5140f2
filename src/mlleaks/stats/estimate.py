"""A number with its interval."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval and the interval's method; nan where undefined."""

    value: float
    low: float
    high: float
    method: str
