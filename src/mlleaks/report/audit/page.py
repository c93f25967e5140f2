"""The self-contained page: verdict, attacks, curves, records, and what the numbers mean."""

from __future__ import annotations

import math

from mlleaks.report import html
from mlleaks.report.attack_groups import attack_groups, shown_first, skipped_in_words
from mlleaks.report.attack_names import named
from mlleaks.report.audit import charts, frames, text
from mlleaks.report.audit.fairness import fairness_sentences
from mlleaks.report.audit.figures import percent
from mlleaks.report.audit.people import people_section
from mlleaks.report.audit.slices import slices_section
from mlleaks.results import decision
from mlleaks.results.audit import AuditResult
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


def render(result: AuditResult) -> str:
    """Return the page of a result as HTML; it loads nothing from any network."""
    best = decision.best(result)
    ranked, sharpest = frames.ranking_verdict(result, best), decision.sharpest(result)
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
        "people": people_section(result, first),
        "slices": slices_section(result),
        "fairness": [_unbroken(sentence) for sentence in fairness_sentences(result)],
        "warnings": [_unbroken(warning) for warning in text.warnings(result)],
        "columns": COLUMNS,
        "methods": _methods(result),
        "exposed": frames.most_exposed(result, ranked),
        "above_all": members_above_all(result.curves[ranked.attack]),
        "above_all_by_chance": members_above_all_by_chance(result.n_members, result.n_nonmembers),
        "chance_at_1": tpr_by_chance(result.n_nonmembers, 0.01),
        "sharpest": sharpest,
        "classes": frames.class_rows(result, sharpest),
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
