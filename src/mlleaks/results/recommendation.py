"""Which defense a comparison recommends, in sentences: by intervals, so "inconclusive" is an answer, too."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd

from mlleaks.results.comparison import ENOUGH, TPR, ComparisonResult
from mlleaks.results.defense_effects import BETTER, INCONCLUSIVE, WORSE
from mlleaks.stats.criteria import Answer, all_hold, is_below
from mlleaks.stats.rounding import rounded_down, rounded_up

CHEAP = 0.02
"""Test accuracy that a recommended defense may cost."""
WORTH = 0.02
"""By how much it has to lower the largest AUC of any attack."""
WORTH_DEFENDING, GUESSING = 0.55, 0.02
"""The largest AUC below which there is little to defend against, and what guessing may find at 1 % FPR.

With ``m`` non-members, of which ``a`` at most may be flagged, guessing finds ``(a + 1) / (m + 1)`` of the
members: up to 2 % with 100 non-members, the fewest for which this rate is measured.
"""
CLOSE = 0.005
"""A mean that is closer to its limit counts as that far away: nobody needs to know on which side it lies."""
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
        facts += _chosen(best, paired) + _rate(best, paired.loc[best])
    if best in comparison.masks:
        facts.append(
            f"{best} protects by changing the answers. It was not tested against attackers who use only "
            "labels and query many variants of a record (Choquette-Choo et al., 2021)."
        )
    protect = paired[(paired["gain"] >= WORTH) & (paired["auc"] == BETTER)]
    most: Any = None if protect.empty else protect["gain"].idxmax()
    if most not in (best, None):
        facts.append(f"{most} lowers the AUC most: {_trade(before, table.loc[most], paired.loc[most])}.")
    return [advice, *facts, *_undecided(comparison, before), *_warnings(comparison, paired)]


def qualifies(paired: pd.DataFrame) -> pd.Series[Any]:
    """Return for each defense whether it may be recommended: True, False, or None where it is not decided.

    It may if it lowers the largest AUC, by `WORTH` or more on average; if it costs at most `CHEAP` of test
    accuracy; and if it does not raise the TPR at 1 % FPR. An interval that contains the limit leaves the
    question open; a TPR that may have risen is no reason against a defense, one that has risen is.

    Parameters
    ----------
    paired : DataFrame
        See `ComparisonResult.gains`.
    """
    answers = {defense: _answer(row) for defense, row in paired.iterrows()}
    return pd.Series(answers, index=paired.index, dtype=object)


def _answer(row: Any) -> Answer:
    return all_hold((_lowers(row), _is_cheap(row), row[TPR] != WORSE))


def _lowers(row: Any) -> Answer:
    """Return whether a defense lowers the largest AUC enough."""
    if row["auc"] == WORSE or is_below((row["gain_low"], row["gain_high"]), WORTH):
        return False
    return True if row["auc"] == BETTER and row["gain"] >= WORTH else None


def _is_cheap(row: Any) -> Answer:
    return is_below((row["cost_low"], row["cost_high"]), CHEAP)


def seeds_needed(comparison: ComparisonResult) -> dict[str, int | None]:
    """Return for each defense that is not decided about how many seeds would decide.

    So many seeds keep the intervals of the AUC's fall and of the cost away from their limits, if the means
    stay as they are and further seeds differ as much as these; at least `CLOSE` away.

    Returns
    -------
    dict of str to int or None
        None: no number of seeds is enough, because all of them cut the same records. Without defenses that
        are decided, and empty with fewer than three seeds.
    """
    needed: dict[str, int | None] = {}
    paired = comparison.gains()
    for defense, answer in qualifies(paired).items():
        own = comparison.effects[str(defense)]
        row: Any = paired.loc[str(defense)]
        distances = {
            "gain": row["gain"] - (0.0 if row["gain"] >= WORTH else WORTH) if _lowers(row) is None else None,
            "cost": row["cost"] - CHEAP if _is_cheap(row) is None else None,
        }
        counts = [
            own[name].mean.seeds_for(max(abs(distance), CLOSE), own[name].level)
            for name, distance in distances.items()
            if distance is not None and own[name].mean.has_spread
        ]
        if answer is None and counts:
            needed[str(defense)] = None if None in counts else max(n for n in counts if n is not None)
    return needed


def _advice(before: Any, paired: Any, seeds: int) -> tuple[str, Any]:
    """Return the advice, and the defense that it recommends, if any."""
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
    return _choice(paired, seeds)


def _choice(paired: Any, seeds: int) -> tuple[str, Any]:
    """Return the defense that qualifies and lowers the AUC most, or why there is none."""
    answers = qualifies(paired)
    fit = paired[[answer is True for answer in answers]]
    if not fit.empty:
        best = fit["gain"].idxmax()
        return f"Use {best}.", best
    maybe = paired.index[[answer is None for answer in answers]]
    if len(maybe):
        return (
            f"Inconclusive: no defense can be recommended yet. With {seeds} seeds, the intervals of "
            f"{_listed(maybe)} are too wide to decide.",
            None,
        )
    return _no_advice(paired), None


def _no_advice(paired: Any) -> str:
    """Return why no defense is recommended, though all intervals are narrow enough."""
    exposing = paired.index[paired[TPR] == WORSE]
    but = f", or raises the TPR at 1 % FPR ({_listed(exposing)})" if len(exposing) else ""
    return (
        f"No defense is recommended: by its interval, each lowers the largest AUC by less than {WORTH:.2f} "
        f"or costs more than {CHEAP:.2f} of test accuracy{but}."
    )


def _chosen(best: str, paired: Any) -> list[str]:
    """Return what a figure is worth that is shown because it was the largest."""
    if len(paired) < 2:
        return []
    low = rounded_down(paired.loc[best, "gain_low"], 3)
    return [
        f"{best} was chosen because its AUC falls most among the defenses that qualify, and a figure that is "
        f"chosen for its size is too large on average. The AUC falls by at least {low}: this 95 % bound "
        "holds for all defenses together, so it allows for the choice."
    ]


def _rate(best: str, row: Any) -> list[str]:
    """Return whether the TPR at 1 % FPR changes, where that is not decided."""
    if row[TPR] != INCONCLUSIVE or math.isnan(row["tpr_rise"]):
        return []
    low, high = rounded_down(row["tpr_rise_low"], 3), rounded_up(row["tpr_rise_high"], 3)
    return [
        f"Whether {best} raises or lowers the TPR at 1 % FPR is not decided: the 95 % interval of its change "
        f"reaches from {low} to {high}."
    ]


def _undecided(comparison: ComparisonResult, before: Any) -> list[str]:
    """Return how many seeds it would take to decide about defenses whose intervals leave it open."""
    if before["auc"] < WORTH_DEFENDING:
        return []
    needed = seeds_needed(comparison)
    more = [f"{name} {n:,}" for name, n in needed.items() if n is not None]
    never = [name for name, n in needed.items() if n is None]
    sentences = []
    if more:
        sentences.append(
            f"Seeds needed to decide, if the means stay and further seeds differ as much as these: about "
            f"{', '.join(more)}."
        )
    if never:
        sentences.append(
            f"For {_listed(never)}, no number of seeds makes the intervals narrow enough: all seeds cut the "
            "same records. It takes more records."
        )
    return sentences


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
    if worse := named(paired["auc"] == WORSE):
        warnings.append(f"The largest AUC is higher with {worse} than without a defense.")
    if exposed := named(paired[TPR] == WORSE):
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
