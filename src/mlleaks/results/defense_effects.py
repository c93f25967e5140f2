"""What each defense changes against no defense: paired differences over seeds, and whether they are decided.

Every seed has the same split for all defenses, so differences are taken within seeds. Two trainings that
differ by chance alone are called better or worse in at most 5 % of comparisons: the intervals of AUC and TPR
hold for all defenses and both figures together (Bonferroni).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mlleaks.stats.criteria import is_above
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.intervals import LEVEL, difference
from mlleaks.stats.over_seeds import SeedDifference, difference_over_seeds

NONE, ADAPTIVE, UNAWARE = "none", "adaptive", "unaware"
EITHER = "either"
"""An attack that learns nothing is the same whether its adversary knows the defense or not."""
AUC, TPR = "auc", "tpr@1%fpr"
ACCURACY = "test_accuracy"
BETTER, WORSE, INCONCLUSIVE = "better", "worse", "inconclusive"

_Runs = Mapping[tuple[str, int], Estimate]
"""One figure by defense and seed."""

EFFECTS = ("gain", "tpr_gain", "auc_rise", "tpr_rise", "lag", "cost")
"""What is measured of each defense; see `mlleaks.results.comparison.ComparisonResult.gains`."""


@dataclass(frozen=True)
class Effect:
    """One paired difference of one defense: its mean over seeds, and the level of its interval."""

    mean: SeedDifference
    level: float

    @property
    def interval(self) -> tuple[float, float]:
        """The ends, which hold for all defenses together; nan with too few seeds."""
        return self.mean.interval(self.level) if self.mean.has_spread else (math.nan, math.nan)


def effects_of(tidy: pd.DataFrame) -> dict[str, dict[str, Effect]]:
    """Return the differences of each defense, by their names (see `ComparisonResult.gains`).

    Parameters
    ----------
    tidy : DataFrame
        See `ComparisonResult`.
    """
    once = _one_version(tidy)
    auc, tpr, accuracy = (_largest(tidy, metric) for metric in (AUC, TPR, ACCURACY))
    auc_once, tpr_once = (_largest(once, metric) for metric in (AUC, TPR))
    knowing, unaware = (
        _largest(tidy[tidy["adversary"].isin((kind, EITHER))], AUC) for kind in (ADAPTIVE, UNAWARE)
    )
    defenses = [str(name) for name in dict.fromkeys(tidy["defense"]) if name != NONE]
    error = (1 - LEVEL) / max(1, len(defenses))
    leak, alone = 1 - error / 2, 1 - error  # AUC and TPR share their error
    made: dict[str, dict[str, Effect]] = {}
    for defense in defenses:
        made[defense] = {
            "gain": Effect(_paired(auc, NONE, auc, defense), leak),
            "tpr_gain": Effect(_paired(tpr, NONE, tpr, defense), leak),
            "auc_rise": Effect(_paired(auc_once, defense, auc_once, NONE), leak),
            "tpr_rise": Effect(_paired(tpr_once, defense, tpr_once, NONE), leak),
            "lag": Effect(_paired(knowing, defense, unaware, defense), alone),
            "cost": Effect(_paired(accuracy, NONE, accuracy, defense), alone),
        }
    return made


def change_of_leak(fall: Effect, rise: Effect) -> str:
    """Return "better", "worse" or "inconclusive" for a leak that falls or rises.

    Parameters
    ----------
    fall : Effect
        By how much the leak falls, every attacker counted: above 0 for "better".
    rise : Effect
        By how much it rises, each attack counted once: above 0 for "worse".

    Examples
    --------
    >>> fall = Effect(SeedDifference(0.1, 0.01, 5, 0.0, 0.0), 0.95)
    >>> rise = Effect(SeedDifference(-0.1, 0.01, 5, 0.0, 0.0), 0.95)
    >>> change_of_leak(fall, rise), change_of_leak(rise, fall), change_of_leak(rise, rise)
    ('better', 'worse', 'inconclusive')
    """
    if is_above(rise.interval, 0.0):
        return WORSE
    return BETTER if is_above(fall.interval, 0.0) else INCONCLUSIVE


def overall(auc: str, tpr: str) -> str:
    """Return the word for a defense: worse if one figure is, better if one is and the other is not worse.

    Examples
    --------
    >>> overall("better", "inconclusive"), overall("better", "worse")
    ('better', 'worse')
    """
    both = {auc, tpr}
    return next((word for word in (WORSE, BETTER) if word in both), INCONCLUSIVE)


def as_table(effects: Mapping[str, Mapping[str, Effect]]) -> pd.DataFrame:
    """Return one row per defense: each mean difference, its interval's ends, and how its leak changes."""
    if not effects:
        ends = [f"{name}{end}" for name in EFFECTS for end in ("", "_low", "_high")]
        return pd.DataFrame(columns=[*ends, AUC, TPR, "leak"])
    rows = {}
    for defense, own in effects.items():
        row: dict[str, Any] = {}
        for name, effect in own.items():
            low, high = effect.interval
            row |= {name: effect.mean.value, f"{name}_low": low, f"{name}_high": high}
        changes = {
            AUC: change_of_leak(own["gain"], own["auc_rise"]),
            TPR: change_of_leak(own["tpr_gain"], own["tpr_rise"]),
        }
        rows[defense] = row | changes | {"leak": overall(*changes.values())}
    return pd.DataFrame.from_dict(rows, orient="index")


def _one_version(tidy: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without those of unaware attacks that have an adaptive version, too."""
    last = tidy.sort_values("adversary", key=lambda names: names == UNAWARE, kind="stable")
    return last.drop_duplicates(["seed", "defense", "attack", "metric"])


def _largest(rows: pd.DataFrame, metric: str) -> _Runs:
    """Return the largest figure that any row has, of each defense and seed."""
    some = rows[(rows["metric"] == metric) & rows["value"].notna()]
    places = some.groupby(["defense", "seed"], sort=False)["value"].idxmax()
    return {
        (str(row["defense"]), int(row["seed"])): Estimate(row["value"], row["low"], row["high"], "")
        for row in some.loc[places].to_dict("records")
    }


def _paired(a: _Runs, first: str, b: _Runs, second: str) -> SeedDifference:
    """Return the mean over seeds of a figure of one defense minus that of another."""
    seeds = [seed for name, seed in a if name == first and (second, seed) in b]
    runs = [difference(_known(a[first, seed]), _known(b[second, seed])) for seed in seeds]
    return difference_over_seeds(runs)


def _known(e: Estimate) -> Estimate:
    """Return an estimate whose unknown ends are its value."""
    low, high = (e.value if math.isnan(end) else end for end in (e.low, e.high))
    return Estimate(e.value, low, high, e.method)
