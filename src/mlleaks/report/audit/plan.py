"""Whether an audit followed the plan that was registered before it, in words."""

from __future__ import annotations

from mlleaks.results.audit import AuditResult

NAMED = 3
"""So many deviations are named in a warning; the page lists all."""


def plan_sentences(result: AuditResult) -> list[str]:
    """Return what a reader should know of the plan, one fact per sentence; none if there was no plan."""
    if result.plan is None:
        return []
    plan, count = result.plan.plan, len(result.plan.deviations)
    facts = [
        "The audit followed its plan in every point: data, attacks, settings, seed, conditions and versions."
        if result.plan.followed
        else f"The audit deviates from its plan in {_points(count)}.",
        f"The plan {plan.name!r} was made at {plan.created}. Its SHA-256 is {plan.sha256}.",
        "The plan proves nothing by itself: that it was made before the audit is known to those who were "
        "given this checksum before.",
    ]
    if plan.contents.get("answers") == "saved before the plan was made":
        facts.append("The audited answers were there already when the plan was made.")
    return facts


def plan_warnings(result: AuditResult) -> list[str]:
    """Return a warning if the audit did not follow its plan."""
    if result.plan is None or result.plan.followed:
        return []
    deviations = result.plan.deviations
    named = "; ".join(str(deviation) for deviation in deviations[:NAMED])
    more = len(deviations) - NAMED
    rest = f"; and {more} more, see the report" if more > 0 else ""
    return [f"The audit deviates from its plan in {_points(len(deviations))} ({named}{rest})."]


def _points(count: int) -> str:
    return "1 point" if count == 1 else f"{count} points"
