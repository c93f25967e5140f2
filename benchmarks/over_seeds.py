"""How often intervals over seeds cover the truth, when every seed cuts the same records anew.

    python benchmarks/over_seeds.py --trials 2000

Records are drawn from a known population, so the true figures are known. Every seed takes other quarters of
them as the target's members and non-members, and its training is a little better or worse than others by
chance. Each interval is counted beside Student's *t* over seeds alone, which was used before.

The differences are between two versions of a model on the same cuts: in "the same training", the truth is 0.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from machine import write
from scipy.stats import norm, t

from mlleaks.stats import intervals
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import roc
from mlleaks.stats.over_seeds import SeedMean, difference_over_seeds, mean_over_seeds

SEEDS = (3, 5, 10)
SIZES = (100, 1250)
"""Members, and as many non-members, of one cut; all records are four times as many."""


class Training(NamedTuple):
    """How much trainings differ: in units of the sampling error of one cut's figure."""

    name: str
    spread: float


TRAININGS = (Training("not at all", 0.0), Training("as records", 1.0), Training("three times", 3.0))


def main() -> None:
    """Simulate, count, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2000)
    trials = parser.parse_args().trials
    rows = [
        row(figure, n, seeds, training, trials=trials)
        for figure in FIGURES
        for n in SIZES
        for seeds in SEEDS
        for training in TRAININGS
    ]
    lowest = {name: of_lowest(rows, name, trials) for name in ("coverage", "coverage of t")}
    write("over_seeds", {"trials": trials, "settings": len(rows), "lowest": lowest, "coverage": rows})


def of_lowest(rows: list[dict[str, Any]], name: str, trials: int) -> dict[str, Any]:
    """Return the lowest coverage with its interval, which does not allow for the choice of the lowest."""
    least = min(rows, key=lambda r: r[name])
    e = intervals.share(round(least[name] * trials), trials)
    where = {key: least[key] for key in ("figure", "records of a cut", "seeds", "trainings differ")}
    return where | {"coverage": round(e.value, 4), "interval": [round(e.low, 4), round(e.high, 4)]}


def row(figure: str, n: int, seeds: int, training: Training, *, trials: int) -> dict[str, Any]:
    """Return the coverage and the mean width of the interval, and of Student's *t* alone."""
    rng = np.random.default_rng([len(figure), n, seeds, round(training.spread)])
    counts = np.zeros(4)
    for _ in range(trials):
        truth, mean = FIGURES[figure](rng, n, seeds, training.spread)
        for place, (low, high) in enumerate((mean.interval(), t_alone(mean))):
            counts[2 * place : 2 * place + 2] += low - 1e-9 <= truth <= high + 1e-9, high - low
    covered, width, covered_t, width_t = counts / trials
    return {
        "figure": figure,
        "records of a cut": n,
        "seeds": seeds,
        "trainings differ": training.name,
        "coverage": round(covered, 4),
        "width": round(width, 5),
        "coverage of t": round(covered_t, 4),
        "width of t": round(width_t, 5),
    }


def t_alone(mean: SeedMean) -> tuple[float, float]:
    """Return the earlier interval: Student's *t*, or the runs' own if all seeds agree."""
    if mean.spread < 1e-9:
        return mean.value - mean.below, mean.value + mean.above
    half = float(t.ppf(0.975, mean.seeds - 1)) * mean.spread / math.sqrt(mean.seeds)
    return mean.value - half, mean.value + half


def accuracy(rng: np.random.Generator, n: int, seeds: int, spread: float, *, level: float = 0.7) -> Any:
    """Return the true share of right answers, and its mean over seeds."""
    own = rng.random(4 * n)  # a record is right where its own number is below the training's accuracy
    runs = []
    for shift in training_errors(rng, seeds, spread * math.sqrt(level * (1 - level) / n)):
        cut = own[rng.permutation(4 * n)[:n]]
        runs.append(intervals.share(int((cut < level + shift).sum()), n))
    return capped_mean(level, spread * math.sqrt(level * (1 - level) / n)), figure_over_seeds(runs)


def capped_mean(level: float, deviation: float) -> float:
    """Return the mean of a normal share, where no share is above 1."""
    if not deviation:
        return level
    room = (1 - level) / deviation
    return level - deviation * float(norm.pdf(room) - room * norm.sf(room))


def high_recall(rng: np.random.Generator, n: int, seeds: int, spread: float) -> Any:
    """Return the same of a share near 1, on which seeds often agree."""
    return accuracy(rng, n, seeds, spread * 0.3, level=0.98)


def auc(rng: np.random.Generator, n: int, seeds: int, spread: float, *, gap: float = 1.0) -> Any:
    """Return the true AUC, and its mean over seeds: half of a signal is the record's, half the training's."""
    own = rng.normal(size=4 * n)
    errors = training_errors(rng, seeds, spread * math.sqrt(2 / n))
    runs = [attacked(rng, own, cut_of(rng, n), gap + error) for error in errors]
    return true_auc(gap, spread * math.sqrt(2 / n)), figure_over_seeds(runs)


def accuracy_cost(rng: np.random.Generator, n: int, seeds: int, spread: float) -> Any:
    """Return the true loss of accuracy by a defense, and its mean: records are hard for both versions."""
    own, deviation = rng.random(4 * n), spread * math.sqrt(0.05 * 0.95 / n) / math.sqrt(2)
    pairs = []
    for _ in range(seeds):
        cut = own[rng.permutation(4 * n)[:n]]
        levels = (level + rng.normal() * deviation for level in (0.7, 0.65))
        a, b = (intervals.share(int((cut < level).sum()), n) for level in levels)
        pairs.append(intervals.difference(a, b))
    return 0.05, difference_over_seeds(pairs)


def same_training(rng: np.random.Generator, n: int, seeds: int, spread: float) -> Any:
    """Return 0, and the mean difference of the AUC of two models that are trained alike."""
    return difference(rng, n, seeds, spread, gaps=(1.0, 1.0))


def other_training(rng: np.random.Generator, n: int, seeds: int, spread: float) -> Any:
    """Return the true difference of the AUC of two models of which one leaks less, and its mean."""
    return difference(rng, n, seeds, spread, gaps=(1.5, 0.5))


def difference(
    rng: np.random.Generator, n: int, seeds: int, spread: float, *, gaps: tuple[float, float]
) -> Any:
    """Return the true difference of two AUCs, and its mean over seeds with the same cut for both."""
    own, deviation = rng.normal(size=4 * n), spread * math.sqrt(2 / n)
    pairs = []
    for _ in range(seeds):
        cut = cut_of(rng, n)
        a, b = (attacked(rng, own, cut, gap + rng.normal() * deviation) for gap in gaps)
        pairs.append(intervals.difference(a, b))
    return true_auc(gaps[0], deviation) - true_auc(gaps[1], deviation), difference_over_seeds(pairs)


def training_errors(rng: np.random.Generator, seeds: int, deviation: float) -> np.ndarray:
    """Return by how much each training is better or worse by chance."""
    return rng.normal(size=seeds) * deviation


def cut_of(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return the positions of one cut's members and non-members."""
    return rng.permutation(4 * n)[: 2 * n]


def attacked(rng: np.random.Generator, own: np.ndarray, cut: np.ndarray, gap: float) -> Estimate:
    """Return the AUC of an attack whose signal is larger on members by ``gap``."""
    member = np.repeat([True, False], len(cut) // 2)
    signal = math.sqrt(0.5) * (own[cut] + rng.normal(size=len(cut))) + gap * member
    return intervals.area(roc(member, signal))


def true_auc(gap: float, deviation: float) -> float:
    """Return the mean AUC over records and trainings whose gap varies."""
    return float(norm.cdf(gap / math.sqrt(2 + deviation**2)))


def figure_over_seeds(runs: list[Estimate]) -> SeedMean:
    """Return the mean over seeds of the runs' figures."""
    return mean_over_seeds([r.value for r in runs], [r.low for r in runs], [r.high for r in runs])


FIGURES: dict[str, Callable[..., Any]] = {
    "test accuracy": accuracy,
    "high recall": high_recall,
    "AUC": auc,
    "accuracy, 5 points less": accuracy_cost,
    "AUC, the same training": same_training,
    "AUC, one leaks less": other_training,
}


if __name__ == "__main__":
    main()
