"""How often the 95 % intervals cover the truth, and how wide they are against earlier ones.

    python benchmarks/coverage.py --trials 2000             # all settings
    python benchmarks/coverage.py --trials 2000 --part 1 4  # the first quarter; the stored others stay

Scores have known distributions (`populations.py`), so the true AUC and TPR are known. The attack's own
threshold is the best one with a true false-positive rate of at most 10 %.
"""

from __future__ import annotations

import argparse
import json
import math
import zlib
from collections.abc import Iterator
from functools import cache

import earlier_intervals as earlier
import numpy as np
from machine import RESULTS, write
from populations import (
    Population,
    heavy_tail,
    jump,
    normal,
    one_value_at_the_bottom,
    one_value_at_the_top,
    values,
)

from mlleaks.stats import intervals
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import TPR_NAMES, roc

FPR = 0.1
Setting = tuple[int, int, Population]


def settings() -> list[Setting]:
    """Return all settings: members, non-members, and where their scores come from."""
    shifts = (0.0, 0.5, 1.0, 2.0, 3.0)
    sizes = [(n, n, shifts) for n in (50, 200, 1000)] + [(5000, 5000, (0.0, 1.0, 3.0))]
    uneven = [(30, 3000, (0.0, 1.0, 3.0)), (3000, 300, (0.0, 1.0, 3.0))]
    coarse = [values(5, 1.0), values(20, 1.0), values(100, 1.0)]
    coarse += [one_value_at_the_bottom(0.8), one_value_at_the_top(0.05), jump(0.1)]
    plain = [(n, m, normal(shift)) for n, m, some in sizes + uneven for shift in some]
    tails = [
        (n, m, heavy_tail(0.0)) for n, m in ((50, 50), (200, 200), (1000, 1000), (30, 3000), (3000, 300))
    ]
    return plain + tails + [(n, n, population) for n in (200, 1000) for population in coarse]


def main() -> None:
    """Simulate, count, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--part", type=int, nargs=2, default=(1, 1), metavar=("PART", "OF"))
    arguments = parser.parse_args()
    part, parts = arguments.part
    rows = [row(setting, trials=arguments.trials) for setting in settings()[part - 1 :: parts]]
    rows = _in_order(rows + (_stored() if parts > 1 else []))
    write("coverage", {"trials": arguments.trials, "settings": len(rows), "coverage": rows})


def _stored() -> list[dict]:
    path = RESULTS / "coverage.json"
    return json.loads(path.read_text())["figures"]["coverage"] if path.exists() else []


def _in_order(rows: list[dict]) -> list[dict]:
    """Return one row for each setting, the first of several."""
    by_setting = {(row["members"], row["nonmembers"], row["scores"]): row for row in reversed(rows)}
    keys = [(n, m, population.name) for n, m, population in settings()]
    return [by_setting[key] for key in keys if key in by_setting]


def row(setting: Setting, *, trials: int) -> dict[str, object]:
    """Return coverage and mean width of each figure's interval, and of the earlier one's."""
    n, m, population = setting
    rng = np.random.default_rng([n, m, zlib.crc32(population.name.encode())])
    truth, cut = truths(n, m, population), population.cut(FPR)
    counts = {name: np.zeros((2, 4)) for name in truth}  # now, earlier: below, above, width, defined
    for _ in range(trials):
        latent = population.sample(n, m, rng)
        for name, *ends in both(n, m, population.scores(latent), latent > cut):
            for version, (low, high) in enumerate(ends):
                if not math.isnan(low):
                    miss = low > truth[name] + 1e-9, high < truth[name] - 1e-9
                    counts[name][version] += (*miss, high - low, 1)
    figures = {name: _summary(count) for name, count in counts.items() if count[0, 3]}
    return {"members": n, "nonmembers": m, "scores": population.name, "figures": figures}


def truths(n: int, m: int, population: Population) -> dict[str, float]:
    """Return the true value of each figure."""
    tprs = {name: population.rates(population.cut(fpr))[0] for name, fpr in TPR_NAMES.items()}
    recall, fpr = population.rates(population.cut(FPR))
    decisions = {
        "recall": recall,
        "precision": n * recall / (n * recall + m * fpr),
        "accuracy": (n * recall + m * (1 - fpr)) / (n + m),
        "advantage": recall - fpr,
    }
    return {"auc": population.auc()} | tprs | decisions


def both(n: int, m: int, scores: np.ndarray, flagged: np.ndarray) -> Iterator[tuple]:
    """Yield each figure's name, interval and earlier interval."""
    curve = roc(np.repeat([True, False], [n, m]), scores)
    yield "auc", _ends(intervals.area(curve)), earlier.area(curve)
    for name, fpr in TPR_NAMES.items():
        yield name, _ends(intervals.tpr_at_fpr(curve, fpr)), earlier.tpr_at_fpr(curve, fpr)
    yield from decisions(int(flagged[:n].sum()), n, int(flagged[n:].sum()), m)


@cache
def decisions(hits: int, n: int, alarms: int, m: int) -> list[tuple]:
    """Return the same for the figures of a threshold."""
    recall, fpr = intervals.share(hits, n), intervals.share(alarms, m)
    precision, accuracy = (f(hits, n, alarms, m) for f in (intervals.precision, intervals.accuracy))
    advantage = intervals.difference(recall, fpr)
    return [
        ("recall", _ends(recall), earlier.share(hits, n)),
        ("precision", _ends(precision), earlier.share(hits, hits + alarms)),
        ("accuracy", _ends(accuracy), earlier.share(hits + m - alarms, n + m)),
        ("advantage", _ends(advantage), earlier.advantage(hits, n, alarms, m)),
    ]


def _ends(estimate: Estimate) -> tuple[float, float]:
    return estimate.low, estimate.high


def _summary(counts: np.ndarray) -> dict[str, float]:
    (below, above, width, defined), (below_then, above_then, width_then, _) = counts
    return {
        "coverage": round(1 - (below + above) / defined, 4),
        "too high": round(below / defined, 4),
        "too low": round(above / defined, 4),
        "width": round(width / defined, 5),
        "earlier coverage": round(1 - (below_then + above_then) / defined, 4),
        "earlier width": round(width_then / defined, 5),
        "defined": int(defined),
    }


if __name__ == "__main__":
    main()
