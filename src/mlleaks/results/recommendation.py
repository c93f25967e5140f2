"""What a comparison of defenses comes to, in sentences."""

from __future__ import annotations

import math
from typing import Any

from mlleaks.results.comparison import ENOUGH, ComparisonResult
from mlleaks.stats.rounding import rounded_down, rounded_up

CHEAP = 0.02
"""Test accuracy that a recommended defense may cost."""
WORTH = 0.02
"""What it has to take from the largest AUC of any attack."""
EXPOSES = 0.01
"""How much the TPR at 1 % FPR may rise with it on average: one more member in a hundred."""
LEAKS, GUESSING = 0.55, 0.02
"""The largest AUC below which there is little to defend, and what guessing may find at 1 % FPR.

With ``m`` non-members, of which ``a`` at most may be flagged, guessing finds ``(a + 1) / (m + 1)`` of the
members: up to 2 % with the 100 that the rate takes at least.
"""
FOOLED = 0.05
"""AUC by which unaware attackers have to lag behind others on average to be worth a warning."""


def advise(found: ComparisonResult) -> list[str]:
    """Return what to do, in sentences; the first is the advice."""
    table: Any = found.to_frame().set_index("defense")
    before, paired = table.loc["none"], found.gains()
    advice, best = _advice(before, paired, found.tidy["seed"].nunique())
    told = [
        f"Without a defense the largest AUC of any attack is {before['auc']:.3f} ({before['auc of']}), at "
        f"a test accuracy of {before['test_accuracy']:.3f}."
    ]
    if best is not None:
        told.append(f"With {best} {_trade(before, table.loc[best], paired.loc[best])}.")
    if best in found.masks:
        told.append(
            f"{best} protects by changing answers: attackers who need only labels, and ask many times "
            "around a record (Choquette-Choo et al., 2021), are not among those tried."
        )
    protect = paired[(paired["gain"] >= WORTH) & (paired["gain_low"] > 0)]
    most: Any = None if protect.empty else protect["gain"].idxmax()
    if most not in (best, None):
        told.append(f"Most is taken by {most}: {_trade(before, table.loc[most], paired.loc[most])}.")
    return [advice, *told, *_warnings(found, paired)]


def _advice(before: Any, paired: Any, seeds: int) -> tuple[str, Any]:
    """Return the advice, and the defense that it recommends, if any."""
    protects = (paired["gain"] >= WORTH) & (paired["gain_low"] > 0) & (paired["cost"] <= CHEAP)
    fit = paired[protects & ~(paired["tpr_rise"] > EXPOSES)]  # on average: enough not to recommend it
    some_found = before["tpr@1%fpr_low"] > GUESSING
    if before["auc_high"] < LEAKS and not some_found:
        return "Nothing to defend against was found.", None
    if before["auc"] < LEAKS and some_found:
        rate = f"{before['tpr@1%fpr']:.1%} of the members are found at 1 % FPR"
        return f"Few records are ranked right, yet {rate}: compare the defenses by that column.", None
    if before["auc"] < LEAKS:
        return "Little leaks without a defense, but more is not excluded: see the intervals.", None
    if seeds < ENOUGH:
        return f"{seeds} of {ENOUGH} seeds or more: too few to recommend a defense.", None
    if not fit.empty:
        best = fit["gain"].idxmax()
        return f"Use {best}.", best
    return _nothing_advised(paired, exposing=protects.any()), None


def _nothing_advised(paired: Any, *, exposing: bool) -> str:
    """Return why no defense is recommended; ``exposing``: some would be, but for the TPR at 1 % FPR."""
    agreed = paired[paired["gain_low"].isna() & (paired["gain"] >= WORTH) & (paired["cost"] <= CHEAP)]
    if not agreed.empty:
        names = ", ".join(map(str, agreed.index))
        return f"All seeds agree on what {names} takes, so no interval can be given and nothing is advised."
    but = f" without raising the TPR at 1 % FPR by more than {EXPOSES:.2f} on average" if exposing else ""
    return (
        f"No defense tried here takes {WORTH:.2f} or more from the largest AUC, and surely something, "
        f"for {CHEAP:.2f} or less of test accuracy{but}."
    )


def _warnings(found: ComparisonResult, paired: Any) -> list[str]:
    """Return what speaks against defenses, or against figures of them.

    Each kind of warning is backed by bounds that hold for all defenses together: if none makes anything
    worse, it is given in at most 5 % of comparisons.
    """
    if found.tidy["seed"].nunique() < ENOUGH:
        return [f"With fewer than {ENOUGH} seeds it cannot be told whether a defense makes a leak worse."]

    def named(which: Any) -> str:
        return ", ".join(map(str, paired.index[which]))

    warnings = []
    if flattered := named((paired["lag"] >= FOOLED) & (paired["lag_low"] > 0)):
        warnings.append(
            f"Judged only by attackers who do not know of it, {flattered} would look better than it is: by "
            f"{FOOLED:.2f} of AUC or more on average."
        )
    if worse := named((paired["auc_rise"] >= WORTH) & (paired["auc_rise_low"] > 0)):
        warnings.append(f"The largest AUC is higher with {worse} than without a defense.")
    if exposed := named((paired["tpr_rise"] > EXPOSES) & (paired["tpr_rise_low"] > 0)):
        warnings.append(f"More members are found at 1 % FPR with {exposed} than without a defense.")
    return warnings


def _trade(before: Any, after: Any, paired: Any) -> str:
    """Return what a defense takes, and what it costs."""
    low, high = 100 * paired["cost_low"], 100 * paired["cost_high"]
    over = "" if math.isnan(low) else f", 95 % interval {rounded_down(low, 1)} to {rounded_up(high, 1)}"
    points = f"{100 * paired['cost']:.1f} points of test accuracy"
    price = f"costs {points}" if paired["cost"] > 0 else "costs no test accuracy on average"
    rates = [row["tpr@1%fpr"] for row in (before, after)]
    also = f" (the largest TPR at 1 % FPR from {rates[0]:.3f} to {rates[1]:.3f})"
    return (
        f"the largest AUC goes from {before['auc']:.3f} to {after['auc']:.3f}"
        f"{'' if any(map(math.isnan, rates)) else also}, and it {price} "
        f"({before['test_accuracy']:.3f} to {after['test_accuracy']:.3f}{over})"
    )
