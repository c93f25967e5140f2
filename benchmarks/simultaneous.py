"""How often the intervals of several attacks' AUCs cover all at once, and how wide they are.

    python benchmarks/simultaneous.py --trials 600

The scores of each attack are what all have in common plus what is its own, both normal, and members' are
shifted. Compared with Bonferroni's intervals, which need no correlation, and with intervals of one attack.
"""

from __future__ import annotations

import argparse
import math

import numpy as np
from machine import write
from scipy.stats import norm

from mlleaks.stats import auc_interval, intervals
from mlleaks.stats.metrics import roc
from mlleaks.stats.simultaneous import critical_levels

SETTINGS = (
    *((5, 200, 0.0, 0.9), (5, 200, 1.0, 0.9), (10, 50, 1.0, 0.9), (10, 1000, 1.0, 0.9)),
    *((10, 200, 1.0, 0.5), (10, 200, 2.5, 0.9), (30, 200, 1.0, 0.95)),
)
"""Attacks, members (and as many non-members), shift, correlation of two attacks' scores."""


def main() -> None:
    """Simulate, count, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=600)
    trials = parser.parse_args().trials
    write("simultaneous", {"trials": trials, "rows": [row(*setting, trials=trials) for setting in SETTINGS]})


def row(attacks: int, n: int, shift: float, correlation: float, *, trials: int) -> dict[str, object]:
    """Return the joint coverage and the mean width of three kinds of intervals."""
    rng = np.random.default_rng([attacks, n, round(10 * shift), round(100 * correlation)])
    member, truth = np.repeat([True, False], n), norm.cdf(shift / math.sqrt(2))
    covered, widths = np.zeros(3), np.zeros(3)
    for _ in range(trials):
        own = rng.normal(size=(attacks, 2 * n))
        scores = math.sqrt(correlation) * rng.normal(size=2 * n) + math.sqrt(1 - correlation) * own
        curves = [roc(member, each + shift * member) for each in scores]
        levels = critical_levels(curves), [1 - 0.05 / attacks] * attacks, [0.95] * attacks
        for i, some in enumerate(levels):
            ends = [auc_interval.area(curve, level) for curve, level in zip(curves, some, strict=True)]
            covered[i] += all(e.low <= truth <= e.high for e in ends)
            widths[i] += np.mean([e.high - e.low for e in ends])
    joint = intervals.share(int(covered[0]), trials)
    return {
        "attacks": attacks,
        "members": n,
        "shift": shift,
        "correlation": correlation,
        "coverage": joint.value,
        "interval": [round(joint.low, 4), round(joint.high, 4)],
        "bonferroni": covered[1] / trials,
        "one by one": covered[2] / trials,
        "width against bonferroni": round(widths[0] / widths[1], 3),
        "width against one by one": round(widths[0] / widths[2], 3),
    }


if __name__ == "__main__":
    main()
