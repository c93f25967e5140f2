"""How often the 95 % intervals cover the truth, and how often clean models are called leaking.

    python benchmarks/coverage.py --trials 2000

Scores are normal, members shifted by ``d`` standard deviations, so that the true AUC and TPR are
known in closed form. The false-alarm rate is that of the whole audit
over all attacks that saved posteriors allow, on records whose membership is random.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

import numpy as np
from machine import write
from scipy.stats import norm

import mlleaks
from mlleaks.stats import intervals, metrics

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.synthetic import planted

SIZES, GAPS, FPR = (50, 200, 1000), (0.0, 1.0, 2.5), 0.1


def main() -> None:
    """Simulate, count, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2000)
    trials = parser.parse_args().trials
    rows = [row(n, d, trials) for n in SIZES for d in GAPS]
    alarms = sum(audit_of_nothing(seed).leaks for seed in range(trials))
    figures = {
        "trials": trials,
        "coverage": rows,
        "clean models called leaking": {
            "of": trials,
            "called": alarms,
            "rate": alarms / trials,
            "interval": _bounds(alarms, trials),
        },
    }
    write("coverage", figures)


def row(n: int, d: float, trials: int) -> dict[str, float]:
    """Return the coverage of each interval for ``n`` members and ``n`` non-members, shifted by ``d``."""
    rng = np.random.default_rng([n, round(10 * d)])
    member = np.repeat([True, False], n)
    cut = norm.ppf(1 - FPR)
    recall, fpr = norm.sf(cut - d), FPR
    truth = {
        "auc": norm.cdf(d / math.sqrt(2)),
        "tpr@10%fpr": recall,
        "recall": recall,
        "precision": recall / (recall + fpr),
        "accuracy": (recall + 1 - fpr) / 2,
        "advantage": recall - fpr,
    }
    covered = dict.fromkeys(truth, 0)
    for _ in range(trials):
        scores = rng.normal(size=2 * n) + d * member
        for name, estimate in estimates(member, scores, cut).items():
            covered[name] += math.isnan(estimate.value) or estimate.low <= truth[name] <= estimate.high
    return {"members": n, "shift": d} | {name: round(count / trials, 4) for name, count in covered.items()}


def estimates(member: np.ndarray, scores: np.ndarray, cut: float) -> dict[str, mlleaks.Estimate]:
    """Return all intervals of one simulated audit."""
    flagged = scores > cut
    n = int(member.sum())
    hits, alarms = int(flagged[member].sum()), int(flagged[~member].sum())
    recall, fpr = intervals.share(hits, n), intervals.share(alarms, n)
    return {
        "auc": intervals.auc(member, scores),
        "tpr@10%fpr": intervals.tpr_at_fpr(metrics.roc(member, scores), FPR),
        "recall": recall,
        "precision": intervals.share(hits, hits + alarms),
        "accuracy": intervals.share(hits + n - alarms, 2 * n),
        "advantage": intervals.difference(recall, fpr),
    }


def audit_of_nothing(seed: int) -> mlleaks.AuditReport:
    """Return the audit of answers that do not depend on membership."""
    observations = planted(0, n=400, seed=seed)
    table = {
        "record_id": observations.ids,
        "member": observations.member,
        "label": observations.outputs.labels,
    }
    return mlleaks.audit_posteriors(table | {"posteriors": observations.outputs.posteriors})


def _bounds(count: int, trials: int) -> list[float]:
    estimate = intervals.share(count, trials)
    return [round(estimate.low, 4), round(estimate.high, 4)]


if __name__ == "__main__":
    main()
