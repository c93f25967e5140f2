"""What an audit finds about canaries as JSON values and arrays, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mlleaks.results.canaries import CanaryAudit
from mlleaks.stats.refuting import EpsilonBound


def canaries_to_dict(audit: CanaryAudit) -> dict[str, Any]:
    """Return the bounds as JSON values; see `canary_arrays` for the rest."""
    return {
        "canaries": len(audit),
        "included": int(audit.included.sum()),
        "bounds": [asdict(bound) for bound in audit.bounds],
        "highest": list(audit.highest),
        "attacks": list(audit.scores),
        "alone": audit.alone,
    }


def canary_arrays(audit: CanaryAudit | None) -> dict[str, Any]:
    """Return the arrays of the canaries by name; none without canaries."""
    if audit is None:
        return {}
    arrays = {"canary ids": audit.ids.astype(str), "canary included": audit.included}
    return arrays | {f"canary scores {name}": scores for name, scores in audit.scores.items()}


def canaries_from_parts(document: dict[str, Any] | None, arrays: Mapping[str, Any]) -> CanaryAudit | None:
    """Return what `canaries_to_dict` and `canary_arrays` took apart; None if a run had no canaries."""
    if document is None:
        return None
    return CanaryAudit(
        arrays["canary ids"],
        arrays["canary included"],
        {name: arrays[f"canary scores {name}"] for name in document["attacks"]},
        tuple(EpsilonBound(**bound) for bound in document["bounds"]),
        tuple(document["highest"]),
        document["alone"],
    )
