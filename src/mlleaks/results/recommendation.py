"""Which defense a comparison recommends, in sentences."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mlleaks.results.comparison import ENOUGH, ComparisonResult
from mlleaks.stats.rounding import rounded_down, rounded_up

CHEAP = 0.02
"""Test accuracy that a recommended defense may cost."""
WORTH = 0.02
"""By how much it has to lower the largest AUC of any attack."""
EXPOSES = 0.01
"""How much the TPR at 1 % FPR may rise with it on average: one more member in a hundred."""
WORTH_DEFENDING, GUESSING = 0.55, 0.02
"""The largest AUC below which there is little to defend against, and what guessing may find at 1 % FPR.

With ``m`` non-members, of which ``a`` at most may be flagged, guessing finds ``(a + 1) / (m + 1)`` of the
members: up to 2 % with 100 non-members, the fewest for which this rate is measured.
"""
FOOLED = 0.05
"""AUC by which unaware attackers have to be below adaptive ones on average to be worth a warning."""


def advise(comparison: ComparisonResult, name: Callable[[str], str] = str) -> list[str]:
    """Return what to do, in sentences; the first one says which defense to use, if any.

    Parameters
    ----------
    comparison : ComparisonResult
    name : callable
        What people read for the name of an attack.
    """
    table: Any = comparison.to_frame().set_index("defense")
    before, paired = table.loc["none"], comparison.gains()
    advice, best = _advice(before, paired, comparison.tidy["seed"].nunique())
    facts = [
        f"Without a defense, the largest AUC is {before['auc']:.3f}, of {name(before['auc of'])}. The test "
        f"accuracy is {before['test_accuracy']:.3f}."
    ]
    if best is not None:
        facts.append(f"With {best}, {_trade(before, table.loc[best], paired.loc[best])}.")
    if best in comparison.masks:
        facts.append(
            f"{best} protects by changing the answers. It was not tested against attackers who use only "
            "labels and query many variants of a record (Choquette-Choo et al., 2021)."
        )
    protect = paired[(paired["gain"] >= WORTH) & (paired["gain_low"] > 0)]
    most: Any = None if protect.empty else protect["gain"].idxmax()
    if most not in (best, None):
        facts.append(f"{most} lowers the AUC most: {_trade(before, table.loc[most], paired.loc[most])}.")
    return [advice, *facts, *_undecided(comparison, before, paired), *_warnings(comparison, paired)]


def seeds_needed(comparison: ComparisonResult) -> dict[str, int]:
    """Return for each defense how many seeds would decide about it; empty with a single seed.

    With as many, the intervals of the AUC's fall and of the cost reach less than `WORTH` and `CHEAP` to each
    side, if further seeds differ as much as these do.
    """
    return comparison.seeds_needed({"gain": WORTH, "cost": CHEAP})


def _advice(before: Any, paired: Any, seeds: int) -> tuple[str, Any]:
    """Return the advice, and the defense that it recommends, if any."""
    protects = (paired["gain"] >= WORTH) & (paired["gain_low"] > 0) & (paired["cost"] <= CHEAP)
    fit = paired[
        protects & ~(paired["tpr_rise"] > EXPOSES)
    ]  # a rise on average is enough not to recommend it
    some_exposed = before["tpr@1%fpr_low"] > GUESSING
    if before["auc_high"] < WORTH_DEFENDING and not some_exposed:
        return "No defense is needed: without one, no attack does much better than guessing.", None
    if before["auc"] < WORTH_DEFENDING and some_exposed:
        rate = f"{before['tpr@1%fpr']:.1%} of the members are found at 1 % FPR"
        return f"The largest AUC is small, but {rate}: compare the defenses by that column.", None
    if before["auc"] < WORTH_DEFENDING:
        return "Little leaks without a defense, but a larger leak is possible: see the intervals.", None
    if seeds < ENOUGH:
        return f"Too few seeds to recommend a defense: {seeds} instead of {ENOUGH} or more.", None
    if not fit.empty:
        best = fit["gain"].idxmax()
        return f"Use {best}.", best
    return _no_advice(paired, exposing=protects.any()), None


def _no_advice(paired: Any, *, exposing: bool) -> str:
    """Return why no defense is recommended; ``exposing``: some would be, but for the TPR at 1 % FPR."""
    agreed = paired[paired["gain_low"].isna() & (paired["gain"] >= WORTH) & (paired["cost"] <= CHEAP)]
    if not agreed.empty:
        return (
            f"No defense is recommended: with {_listed(agreed.index)} the AUC falls by the same amount for "
            "every seed, so no interval can be computed."
        )
    but = f", without raising the TPR at 1 % FPR by more than {EXPOSES:.2f} on average" if exposing else ""
    return (
        f"No defense is recommended: none lowers the largest AUC by {WORTH:.2f} or more (with an interval "
        f"above 0) for at most {CHEAP:.2f} of test accuracy{but}."
    )


def _undecided(comparison: ComparisonResult, before: Any, paired: Any) -> list[str]:
    """Return how many seeds it would take to decide about defenses whose intervals leave it open."""
    seeds, needed = comparison.tidy["seed"].nunique(), seeds_needed(comparison)
    if before["auc"] < WORTH_DEFENDING or not needed:
        return []
    unknown = paired["gain_low"].isna() & (seeds < ENOUGH)
    weak = (paired["gain_low"] <= 0) & (paired["gain_high"] >= WORTH)
    costly = (paired["gain"] >= WORTH) & (paired["cost_low"] <= CHEAP) & (paired["cost_high"] > CHEAP)
    names = [str(defense) for defense in paired.index[unknown | weak | costly]]
    more = [f"{defense} {needed[defense]:,}" for defense in names if needed.get(defense, 0) > seeds]
    if not more:
        return []
    return [
        f"With {seeds} seeds, some intervals are too wide to be sure. Seeds needed, if further ones differ "
        f"as much as these: {', '.join(more)}. With as many, the 95 % intervals of the AUC's fall and of the "
        f"cost reach less than {WORTH:.2f} to each side."
    ]


def _warnings(comparison: ComparisonResult, paired: Any) -> list[str]:
    """Return what speaks against defenses, or against figures of them.

    Each kind of warning is backed by bounds that hold for all defenses together: if no defense makes
    anything worse, it appears in at most 5 % of comparisons.
    """
    if comparison.tidy["seed"].nunique() < ENOUGH:
        return [f"Fewer than {ENOUGH} seeds cannot show whether a defense makes a leak worse."]

    def named(which: Any) -> str:
        return _listed(paired.index[which])

    warnings = []
    if flattered := named((paired["lag"] >= FOOLED) & (paired["lag_low"] > 0)):
        warnings.append(
            f"Attackers who do not know the defense do worse against {flattered}, by {FOOLED:.2f} of AUC or "
            "more on average. Tested only against them, a defense would look better than it is."
        )
    if worse := named((paired["auc_rise"] >= WORTH) & (paired["auc_rise_low"] > 0)):
        warnings.append(f"The largest AUC is higher with {worse} than without a defense.")
    if exposed := named((paired["tpr_rise"] > EXPOSES) & (paired["tpr_rise_low"] > 0)):
        warnings.append(f"More members are found at 1 % FPR with {exposed} than without a defense.")
    return warnings


def _listed(names: Any) -> str:
    return ", ".join(map(str, names))


def _trade(before: Any, after: Any, paired: Any) -> str:
    """Return by how much a defense lowers the leak, and what it costs."""
    low, high = 100 * paired["cost_low"], 100 * paired["cost_high"]
    ends = f"{rounded_down(low, 1)} to {rounded_up(high, 1)}" if not math.isnan(low) else ""
    over = ends and f"; 95 % interval of the cost {ends} points"
    points = f"{100 * paired['cost']:.1f} points of test accuracy"
    price = f"costs {points}" if paired["cost"] > 0 else "costs no test accuracy on average"
    rates = [row["tpr@1%fpr"] for row in (before, after)]
    also = f" (the largest TPR at 1 % FPR from {rates[0]:.3f} to {rates[1]:.3f})"
    return (
        f"the largest AUC goes from {before['auc']:.3f} to {after['auc']:.3f}"
        f"{'' if any(map(math.isnan, rates)) else also}, and it {price} "
        f"({before['test_accuracy']:.3f} to {after['test_accuracy']:.3f}{over})"
    )
