"""Audits of people: figures that do not take several records of one person to be independent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mlleaks.data.record_groups import RecordGroups
from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.stats import intervals
from mlleaks.stats.clustered import clustered_area
from mlleaks.stats.clustered_shares import clustered_decisions, clustered_share
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.labellings_by_person import LabellingsByPerson
from mlleaks.stats.metrics import TPR_NAMES, Roc
from mlleaks.stats.person_tests import person_tests
from mlleaks.types import Ints

NO_INTERVAL = "no interval: they count rows of people; see the figures by person"


def with_groups(result: AuditResult, groups: RecordGroups) -> AuditResult:
    """Return the result with persons and slices; with persons, p-values and intervals are for other people.

    Values stay what they are. Each TPR at an FPR loses its interval, which would take rows to be independent:
    `mlleaks.stats.groups` has those by person.
    """
    notes = (*result.notes, *groups.notes)
    result = replace(
        result,
        persons=groups.persons_of(result.ids),
        slices=groups.slices_of(result.ids),
        notes=notes,
        provenance=_recorded(result, groups),
    )
    code = result.person_codes
    if code is None:
        return result
    labellings = LabellingsByPerson.draw(result.member, code)
    verdicts = [_by_person(v, result.curves[v.attack], labellings) for v in result.verdicts]
    return replace(result, verdicts=tuple(verdicts), target=_target_by_person(result, code))


def _by_person(verdict: Verdict, curve: Roc, labellings: LabellingsByPerson) -> Verdict:
    code, flagged = labellings.code, verdict.scores > verdict.threshold
    estimates: dict[str, Estimate] = dict(verdict.estimates)
    if not np.isnan(verdict.threshold):
        estimates |= clustered_decisions(curve.member, flagged, code)
    estimates["auc"] = clustered_area(curve, code)
    for name in TPR_NAMES:
        value = estimates[name].value
        if not np.isnan(value):
            estimates[name] = Estimate(value, np.nan, np.nan, NO_INTERVAL)
    p_value, p_values = person_tests(curve, labellings)
    return replace(verdict, estimates=estimates, p_value=p_value, p_values=p_values)


def _target_by_person(result: AuditResult, code: Ints) -> Mapping[str, Estimate]:
    """Return the target's accuracies with intervals for other people; empty without labels."""
    if result.labels is None or not result.target:
        return result.target
    right = result.predicted == result.labels
    train, test = (clustered_share(right[side], code[side]) for side in (result.member, ~result.member))
    gap = intervals.difference(train, test)
    return {"train_accuracy": train, "test_accuracy": test, "overfitting": gap}


def _recorded(result: AuditResult, groups: RecordGroups) -> Mapping[str, Any]:
    """Return the provenance with how many persons and slices there are."""
    settings = {**result.provenance.get("settings", {}), **groups.facts}
    return {**result.provenance, "settings": settings} if groups.facts else result.provenance
