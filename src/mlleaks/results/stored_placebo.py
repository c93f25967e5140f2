"""A placebo as JSON values, and back."""

from __future__ import annotations

import math
from typing import Any

from mlleaks.results.placebo import Placebo
from mlleaks.stats.contrasts import Contrasted
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
    return Contrasted(
        placebo=_estimate(stored["placebo"]),
        tpr=math.nan if stored["tpr"] is None else stored["tpr"],
        difference=_estimate(stored["difference"]),
        p_value=stored["p_value"],
    )


def _estimate(stored: dict[str, Any]) -> Estimate:
    return Estimate(**stored)
