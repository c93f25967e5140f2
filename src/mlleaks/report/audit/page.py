"""The self-contained page: verdict, attacks, curves, records, and what the numbers mean."""

from __future__ import annotations

import math

from mlleaks.report import html
from mlleaks.report.attack_groups import attack_groups, shown_first, skipped_in_words
from mlleaks.report.attack_names import named
from mlleaks.report.audit import charts, frames, text
from mlleaks.report.audit.by_class import leak_by_class
from mlleaks.report.audit.canaries import canary_sentences, shown
from mlleaks.report.audit.deleted import deleted_notes, deleted_sentences, erased_first
from mlleaks.report.audit.epsilon import epsilon_facts
from mlleaks.report.audit.exposed import exposed_records
from mlleaks.report.audit.fairness import fairness_sentences
from mlleaks.report.audit.figures import percent
from mlleaks.report.audit.naming import naming_facts, naming_verdict
from mlleaks.report.audit.people import people_section
from mlleaks.report.audit.placebo import placebo_rows, placebo_sentences
from mlleaks.report.audit.plan import plan_sentences
from mlleaks.report.audit.queries import query_rows, query_sentences
from mlleaks.report.audit.slices import slices_section
from mlleaks.results import decision
from mlleaks.results.audit import AuditResult
from mlleaks.results.exposure import DELTA
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import members_above_all, members_above_all_by_chance, tpr_by_chance

COLUMNS = {
    "auc": "AUC",
    "tpr@10%fpr": "TPR at 10\u00a0%\u00a0FPR",
    "tpr@1%fpr": "TPR at 1\u00a0%\u00a0FPR",
    "tpr@0.1%fpr": "TPR at 0.1\u00a0%\u00a0FPR",
    "precision": "precision",
    "recall": "recall",
    "fpr": "FPR",
    "advantage": "advantage",
    "accuracy": "accuracy",
}


def render(result: AuditResult, *, delta: float = DELTA) -> str:
    """Return the page of a result as HTML; it loads nothing from any network.

    Parameters
    ----------
    result : AuditResult
    delta : float
        Of the bound on epsilon.
    """
    best = decision.best(result)
    ranked = naming_verdict(result, frames.ranking_verdict(result, best))
    first, groups = shown_first(result), attack_groups(result)
    context = {
        "result": result,
        "best": best,
        "leading": text.leading(result),
        "beforehand": decision.chosen_beforehand(result),
        "leaks": decision.leaks(result),
        "headline": text.headline(result),
        "severity": decision.severity(result),
        "sentences": [_unbroken(sentence) for sentence in text.sentences(result)],
        "ranked": ranked,
        "groups": groups,
        "first": [v for group in groups for v in group.verdicts if any(v is one for one in first)],
        "others": [v for group in groups for v in group.verdicts if all(v is not one for one in first)],
        "skipped": skipped_in_words(result.skipped, most=len(result.skipped)),
        "fairness": [_unbroken(s) for s in (*fairness_sentences(result), *placebo_sentences(result))],
        "placebo": placebo_rows(result),
        "plan_sentences": plan_sentences(result),
        "people": people_section(result, first),
        "slices": slices_section(result),
        "queries": query_sentences(result),
        "query_rows": query_rows(result),
        "warnings": [_unbroken(warning) for warning in text.warnings(result)],
        "columns": COLUMNS,
        "methods": _methods(result),
        "naming": [_unbroken(fact) for fact in naming_facts(result)],
        "epsilon": [_unbroken(fact) for fact in epsilon_facts(result, delta)],
        "by_class": leak_by_class(result),
        "exposed": exposed_records(result, ranked),
        "above_all": members_above_all(result.curves[ranked.attack]),
        "above_all_by_chance": members_above_all_by_chance(result.n_members, result.n_nonmembers),
        "chance_at_1": tpr_by_chance(result.n_nonmembers, 0.01),
        "canaries": [_unbroken(sentence) for sentence in canary_sentences(result)],
        "canary_bound": shown,
        "deleted": [_unbroken(s) for s in (*deleted_sentences(result), *deleted_notes(result))],
        "erased_first": erased_first(result),
        "bounds": bounds,
        "named": named,
        "percent": percent,
    }
    specs = {f"chart-{name}": spec for name, spec in charts.specs(result).items()}
    return html.render("audit.html", context, specs)


def bounds(e: Estimate) -> str:
    """Return an interval for a table.

    Examples
    --------
    >>> bounds(Estimate(0.5, 0.4, 0.6, "exact"))
    '0.400 – 0.600'
    """
    return "" if math.isnan(e.low) else f"{e.low:.3f} – {e.high:.3f}"


def _unbroken(text: str) -> str:
    return text.replace(" %", "\u00a0%")


def _methods(result: AuditResult) -> dict[str, list[str]]:
    """Return which figures each interval method was used for."""
    used: dict[str, list[str]] = {}
    for v in result.verdicts:
        for name, e in v.estimates.items():
            figures = used.setdefault(e.method, [])
            if name in COLUMNS and COLUMNS[name] not in figures:
                figures.append(COLUMNS[name])
    used.pop("undefined", None)
    return used
