"""What an attack finds by person, in sentences."""

from __future__ import annotations

import numpy as np

from mlleaks.report.audit.figures import interval, percent
from mlleaks.report.audit.people_frame import people_of
from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.results.decision import joint_level
from mlleaks.stats import intervals
from mlleaks.stats.clustered import clustered_area
from mlleaks.stats.metrics import roc
from mlleaks.stats.rounding import rounded_up


def people_sentences(result: AuditResult, verdict: Verdict) -> list[str]:
    """Return what an attack finds by person, for the facts behind the headline."""
    people = people_of(result, verdict)
    figures, outside = people.estimates(), int((~people.member).sum())
    text = (
        "Counting people, each with the mean score of their records: given a person among the members and "
        f"one who is not, it picks the member in {interval(figures['auc'])} of cases."
    )
    for name, fpr in (("tpr@1%fpr", "1 %"), ("tpr@10%fpr", "10 %")):
        if not np.isnan(figures[name].value):
            text += (
                f" If it may flag {fpr} of the {outside:,} people who are not members by mistake, it finds "
                f"{interval(figures[name])} of those who are."
            )
            break
    return [text]


def people_not_excluded(result: AuditResult) -> str:
    """Return how large a leak can still be if none was found, for other people.

    Each attack's two upper limits fail with a probability of ``ALPHA / (2 * attacks)``.
    """
    level, code = joint_level(result), result.person_codes
    assert code is not None
    auc = max(clustered_area(curve, code, level).high for curve in result.curves.values())
    people = [people_of(result, verdict) for verdict in result.verdicts]
    fpr = max(0.01, 1 / int((~people[0].member).sum()))
    curves = [roc(each.member, each.scores) for each in people]
    rate = max(intervals.tpr_at_fpr(curve, fpr, level).high for curve in curves)
    return (
        f"None of the {len(result.verdicts)} attacks does better than chance (5 % level for all of them "
        "together; all records of a person count together). A leak cannot be excluded: these attacks may "
        f"have an AUC of up to {rounded_up(auc, 2)}, and may find up to {rounded_up(100 * rate, 1)} % of the "
        f"people among the members, by their mean scores, if {percent(fpr)} of those who are not are "
        "flagged. Larger values can be excluded, with 95 % confidence for all of these attacks together. "
        "That says nothing about a leak of fewer people, or one that only other attacks find."
    )
