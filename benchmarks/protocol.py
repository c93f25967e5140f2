"""The paper's protocol on Location and Adult: four equal parts, MLP 128 tanh, 50 epochs.

    python benchmarks/protocol.py --seeds 5

Prints and stores the mean of every attack's figures over seeds, with a 95 % t interval.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import pandas as pd
from machine import write
from scipy.stats import t

import mlleaks

FIGURES = ("precision", "recall", "auc", "tpr@1%fpr")


def main() -> None:
    """Run every seed on every data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--datasets", nargs="+", default=["location", "adult"])
    arguments = parser.parse_args()
    figures = {name: study(name, arguments.seeds) for name in arguments.datasets}
    write("protocol", figures)


def study(name: str, seeds: int) -> dict[str, object]:
    """Return the mean figures of one data set over seeds 0, 1, ..."""
    data = mlleaks.load(name)
    rows = []
    for seed in range(seeds):
        report = mlleaks.audit_trainer(data, mlleaks.MLPTrainer(schedule=mlleaks.Constant()), seed=seed)
        rows += [
            {"attack": v.attack, "threshold": v.threshold}
            | {figure: v.estimates[figure].value for figure in FIGURES}
            for v in report.verdicts
        ]
        facts = {figure: estimate.value for figure, estimate in report.result.target.items()}
        rows.append({"attack": "target"} | facts)
        print(f"{name} seed {seed} done", file=sys.stderr)
    groups = pd.DataFrame(rows).groupby("attack", sort=False)
    attacks = {str(attack): _means(group.dropna(axis=1, how="all")) for attack, group in groups}
    return {"part size": report.result.n_members, "seeds": list(range(seeds)), "attacks": attacks}


def _means(table: pd.DataFrame) -> dict[str, dict[str, object]]:
    """Return every figure's values by seed, their mean, and its t interval cut to 0..1."""
    return {str(column): _mean(table[column].to_numpy(float)) for column in table if column != "attack"}


def _mean(by_seed: np.ndarray) -> dict[str, object]:
    values = by_seed[~np.isnan(by_seed)]
    n, mean = len(values), float(values.mean())
    told: dict[str, object] = {
        "by seed": [None if np.isnan(v) else round(float(v), 4) for v in by_seed],
        "defined in": n,
        "mean": round(mean, 4),
    }
    if n < 3:
        return told
    half = float(t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return told | {"low": round(max(0.0, mean - half), 4), "high": round(min(1.0, mean + half), 4)}


if __name__ == "__main__":
    main()
