"""A blind check as JSON values, and back."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from mlleaks.results.blind_check import BlindCheck, FeatureShift
from mlleaks.results.duplicates import Duplicates
from mlleaks.stats.estimate import Estimate

PAIRS = ("examples", "near_examples")


def blind_check_to_dict(check: BlindCheck) -> dict[str, Any]:
    """Return all fields; undefined figures become null.

    Examples
    --------
    >>> blind_check_to_dict(BlindCheck(why_not="3 members"))["p_value"] is None
    True
    """
    document = asdict(check)
    document["p_value"] = _or_null(check.p_value)
    document["auc"] = {name: _or_null(value) for name, value in document["auc"].items()}
    return document


def blind_check_from_dict(document: dict[str, Any]) -> BlindCheck:
    """Return what `blind_check_to_dict` has made JSON of.

    Examples
    --------
    >>> check = BlindCheck(why_not="3 members")
    >>> blind_check_from_dict(blind_check_to_dict(check)).why_not
    '3 members'
    """
    auc, duplicates = document["auc"], document["duplicates"]
    return BlindCheck(
        **document
        | {
            "auc": Estimate(_or_nan(auc["value"]), _or_nan(auc["low"]), _or_nan(auc["high"]), auc["method"]),
            "p_value": _or_nan(document["p_value"]),
            "classifiers": tuple(document["classifiers"]),
            "features": tuple(FeatureShift(**feature) for feature in document["features"]),
            "duplicates": Duplicates(**duplicates | {name: _pairs(duplicates[name]) for name in PAIRS}),
            "notes": tuple(document["notes"]),
        }
    )


def _pairs(stored: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(a), str(b)) for a, b in stored)


def _or_null(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else float(value)
