"""An audit's result as JSON values and arrays, and back."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from mlleaks.results.audit import AuditResult, ClassCounts, Verdict
from mlleaks.results.audit_plan import PlanCheck
from mlleaks.results.decision import verdict
from mlleaks.results.margin import Margin
from mlleaks.results.stored_blind_check import blind_check_from_dict, blind_check_to_dict
from mlleaks.results.stored_canaries import canaries_from_parts, canaries_to_dict, canary_arrays
from mlleaks.results.stored_deleted import deleted_arrays, deleted_from_parts, deleted_to_dict
from mlleaks.results.stored_placebo import placebo_from_dict
from mlleaks.stats.estimate import Estimate
from mlleaks.storage.names import require_unicode


def to_dict(result: AuditResult) -> dict[str, Any]:
    """Return a result without its per-record arrays, as JSON values; nan becomes null."""
    verdicts = [
        {
            "attack": v.attack,
            "title": v.title,
            "threshold": v.threshold,
            "p_value": v.p_value,
            "p_values": dict(v.p_values),
            "estimates": {name: asdict(estimate) for name, estimate in v.estimates.items()},
            "per_class": [asdict(share) for share in v.per_class],
            "uses_labels": v.uses_labels,
            "threshold_from": v.threshold_from,
            "reads": v.reads,
            "needs": None if v.needs is None else list(v.needs),
        }
        for v in result.verdicts
    ]
    document = {
        "name": result.name,
        "records": {
            "members": result.n_members,
            "nonmembers": result.n_nonmembers,
            "smallest_fpr": result.smallest_fpr,
        },
        "outcome": verdict(result),
        "target": {name: asdict(estimate) for name, estimate in result.target.items()},
        "verdicts": verdicts,
        "skipped": dict(result.skipped),
        "notes": list(result.notes),
        "leading_attack": result.headline,
        "blind_check": None if result.blind is None else blind_check_to_dict(result.blind),
        "placebo": None if result.placebo is None else asdict(result.placebo),
        "margin": asdict(result.margin),
        "plan": None if result.plan is None else result.plan.to_dict(),
        "canaries": None if result.canaries is None else canaries_to_dict(result.canaries),
        "deleted": None if result.deleted is None else deleted_to_dict(result.deleted),
        "class_names": list(result.class_names),
        "provenance": dict(result.provenance),
    }
    return _finite(document)  # type: ignore[no-any-return]


def arrays_of(result: AuditResult) -> dict[str, Any]:
    """Return the per-record arrays of a result by name."""
    ids = result.ids.astype(str) if result.ids.dtype.hasobject else result.ids
    arrays = {"member": result.member, "predicted": result.predicted, "ids": ids}
    if result.labels is not None:
        arrays["labels"] = result.labels
    arrays |= canary_arrays(result.canaries) | deleted_arrays(result.deleted)
    groups = {"persons": result.persons, "slices": result.slices}
    arrays |= {name: values.astype(str) for name, values in groups.items() if values is not None}
    more = {"outlier_rank": result.outlier_rank, "over_models": result.over_models}
    arrays |= {name: values for name, values in more.items() if values is not None}
    return arrays | {f"scores {v.attack}": v.scores for v in result.verdicts}


def from_parts(document: dict[str, Any], arrays: dict[str, Any]) -> AuditResult:
    """Return the result of what `to_dict` and `arrays_of` returned."""
    require_unicode(arrays["ids"], "ids")
    require_unicode(document["class_names"], "class names")
    verdicts = tuple(
        Verdict(
            attack=v["attack"],
            title=v["title"],
            threshold=_number(v["threshold"]),
            estimates={name: _estimate(e) for name, e in v["estimates"].items()},
            p_value=_number(v["p_value"]),
            p_values=v["p_values"],
            scores=arrays[f"scores {v['attack']}"],
            per_class=tuple(ClassCounts(**share) for share in v["per_class"]),
            uses_labels=v["uses_labels"],
            threshold_from=v["threshold_from"],
            reads=v["reads"],
            needs=None if v.get("needs") is None else tuple(v["needs"]),  # earlier versions did not say
        )
        for v in document["verdicts"]
    )
    return AuditResult(
        name=document["name"],
        verdicts=verdicts,
        skipped=document["skipped"],
        target={name: _estimate(e) for name, e in document["target"].items()},
        member=arrays["member"],
        predicted=arrays["predicted"],
        labels=arrays.get("labels"),
        ids=arrays["ids"],
        class_names=tuple(document["class_names"]),
        notes=tuple(document["notes"]),
        headline=document.get("leading_attack"),
        placebo=None if (placebo := document.get("placebo")) is None else placebo_from_dict(placebo),
        margin=Margin(**document.get("margin", {})),
        blind=None if (blind := document.get("blind_check")) is None else blind_check_from_dict(blind),
        plan=PlanCheck.from_dict(document.get("plan")),
        canaries=canaries_from_parts(document.get("canaries"), arrays),
        deleted=deleted_from_parts(document.get("deleted"), arrays),
        provenance=document["provenance"],
        persons=arrays.get("persons"),
        slices=arrays.get("slices"),
        outlier_rank=arrays.get("outlier_rank"),
        over_models=arrays.get("over_models"),
    )


def _estimate(e: dict[str, Any]) -> Estimate:
    return Estimate(_number(e["value"]), _number(e["low"]), _number(e["high"]), e["method"])


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
