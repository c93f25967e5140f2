"""How often a comparison of one training with itself warns of a defense or recommends one.

    python benchmarks/advice.py --comparisons 300

A "defense" here is the same training again: half of a record's score is the record's own, the same in all
trainings of a seed, half is that training's chance. Whatever the page says about it is false: that it is
better or worse than no defense, and each sentence. "By the mean alone" is an older criterion: no bound, and
every attacker counted. Each false statement should appear in at most 5 % of comparisons.
"""

from __future__ import annotations

import argparse
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
from machine import write

from mlleaks.report.comparison.report import ComparisonReport
from mlleaks.results import recommendation
from mlleaks.results.defense_effects import INCONCLUSIVE
from mlleaks.stats import intervals
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import roc

SEEDS, DEFENSES = 5, 5
SETTINGS = {
    "300 and 300 records, AUC 0.6": (300, 0.36),
    "1250 and 1250 records, AUC 0.9": (1250, 1.81),
}
ATTACKS = {"adversary-1": 0.5, "adversary-3-maximum": 0.3, "shokri": 0.7}
"""Attacks, and the deviation of what each adds to the signal by chance."""
RISE = 0.01
"""A TPR at 1 % FPR that was larger by more than this on average was once a reason against a defense."""
SENTENCES = {
    "more members": "More members are found",
    "larger AUC": "The largest AUC is higher",
    "flattered": "would look better than it is",
    "most taken": "lowers the AUC most",
    "recommended": "Use ",
}
CALLED = "called better or worse"
MEAN_ONLY = (*list(SENTENCES)[:-1], CALLED)


def main() -> None:
    """Simulate, count, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comparisons", type=int, default=300)
    n = parser.parse_args().comparisons
    rows = {name: shares(*setting, n) for name, setting in SETTINGS.items()}
    write("advice", {"comparisons": n, "seeds": SEEDS, "defenses": DEFENSES, "false statements": rows})


def shares(records: int, gap: float, comparisons: int) -> dict[str, Any]:
    """Return in what share of comparisons each false statement is made, and was by the mean alone."""
    rng = np.random.default_rng([records, round(100 * gap)])
    said, meant = Counter[str](), Counter[str]()
    for _ in range(comparisons):
        comparison = of_itself(rng, records, gap)
        text = " ".join(comparison.recommendation)
        said.update([CALLED] * bool((comparison.gains()["leak"] != INCONCLUSIVE).any()))
        said.update(name for name, sentence in SENTENCES.items() if sentence in text)
        meant.update(by_the_mean(comparison))
    return {
        name: {"said": _share(said[name], comparisons)}
        | ({"by the mean alone": _share(meant[name], comparisons)} if name in MEAN_ONLY else {})
        for name in (CALLED, *SENTENCES)
    }


def of_itself(rng: np.random.Generator, records: int, gap: float) -> ComparisonReport:
    """Return a comparison of a training without a defense with itself, several times over."""
    rows: list[dict[str, Any]] = []
    for seed in range(SEEDS):
        own = np.concatenate([rng.normal(gap, 1, records), rng.normal(0, 1, records)])
        for defense in ("none", *"abcde"[:DEFENSES]):
            signal = own * np.sqrt(0.5) + rng.normal(size=2 * records) * np.sqrt(0.5)
            signal += np.repeat([gap * (1 - np.sqrt(0.5)), 0], records)
            right = intervals.share(int(rng.binomial(records, 0.6)), records)
            place = {"seed": seed, "defense": defense}
            rows += [place | row for row in attacked(rng, signal, undefended=defense == "none")]
            rows.append(place | _row("adaptive", "target", "test_accuracy", right))
    return ComparisonReport("itself", pd.DataFrame(rows), {})


def attacked(rng: np.random.Generator, signal: np.ndarray, *, undefended: bool) -> list[dict[str, Any]]:
    """Return the figures of every attack on one training; of two that learn, an unaware version, too."""
    member = np.repeat([True, False], len(signal) // 2)
    rows = []
    for attack, deviation in ATTACKS.items():
        learns = not attack.startswith("adversary-3")
        for adversary in ("adaptive", "unaware")[: 2 if learns and not undefended else 1]:
            scores = signal + rng.normal(0, deviation, len(signal))
            curve = roc(member, scores)
            figures = {"auc": intervals.area(curve), "tpr@1%fpr": intervals.tpr_at_fpr(curve, 0.01)}
            who = adversary if learns else "either"
            rows += [_row(who, attack, metric, value) for metric, value in figures.items()]
    return rows


def by_the_mean(comparison: ComparisonReport) -> list[str]:
    """Return what the means alone would say, of the largest figure of any attacker."""
    tidy, paired = comparison.tidy, comparison.gains()
    rates = tidy[tidy["metric"] == "tpr@1%fpr"].groupby(["defense", "seed"])["value"].max()
    rates = rates.unstack("seed")
    rise = (rates.drop("none") - rates.loc["none"]).mean(axis=1)
    claims = {
        "more members": rise > RISE,
        "larger AUC": paired["gain"] < -recommendation.WORTH,
        "flattered": paired["lag"] >= recommendation.FOOLED,
        "most taken": paired["gain"] >= recommendation.WORTH,
        CALLED: (rise.abs() > RISE) | (paired["gain"].abs() > recommendation.WORTH),
    }
    return [name for name, which in claims.items() if which.any()]


def _row(who: str, attack: str, metric: str, e: Estimate) -> dict[str, Any]:
    """Return a measurement with its interval."""
    figures = {"metric": metric, "value": e.value, "low": e.low, "high": e.high}
    return {"adversary": who, "attack": attack, **figures}


def _share(count: int, trials: int) -> dict[str, Any]:
    e = intervals.share(count, trials)
    return {"share": round(e.value, 4), "interval": [round(e.low, 4), round(e.high, 4)]}


if __name__ == "__main__":
    main()
