"""A placebo as JSON values, and back."""

from __future__ import annotations

import math
from typing import Any

from mlleaks.results.placebo import Placebo
from mlleaks.stats.contrasted import Contrasted
from mlleaks.stats.estimate import Estimate


def placebo_from_dict(document: dict[str, Any]) -> Placebo:
    """Return what `dataclasses.asdict` has made of a placebo, with null for nan.

    Examples
    --------
    >>> from dataclasses import asdict
    >>> placebo_from_dict(asdict(Placebo(p_value=0.5))).p_value
    0.5
    """
    both = {
        part: {name: _contrasted(c) for name, c in document[part].items()} for part in ("attacks", "weighted")
    }
    return Placebo(**document | both)


def _contrasted(stored: dict[str, Any]) -> Contrasted:
    numbers: dict[str, Any] = {name: math.nan if value is None else value for name, value in stored.items()}
    estimates: dict[str, Any] = {name: _estimate(stored[name]) for name in ("placebo", "difference")}
    return Contrasted(**{**numbers, **estimates})


def _estimate(stored: dict[str, Any]) -> Estimate:
    return Estimate(**stored)
