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
        report = mlleaks.audit_trainer(data, mlleaks.MLPTrainer(), seed=seed)
        rows += [
            {"attack": v.attack} | {figure: v.estimates[figure].value for figure in FIGURES}
            for v in report.verdicts
        ]
        facts = {figure: estimate.value for figure, estimate in report.result.target.items()}
        rows.append({"attack": "target"} | facts)
        print(f"{name} seed {seed} done", file=sys.stderr)
    groups = pd.DataFrame(rows).groupby("attack", sort=False)
    attacks = {str(attack): _means(group.drop(columns="attack").dropna(axis=1)) for attack, group in groups}
    return {"part size": len(data) // 4, "seeds": list(range(seeds)), "attacks": attacks}


def _means(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    n = len(table)
    half = t.ppf(0.975, n - 1) * table.std(ddof=1) / np.sqrt(n) if n > 1 else table.mean() * np.nan
    return {
        column: {
            "mean": round(float(table[column].mean()), 4),
            "low": round(float(table[column].mean() - half[column]), 4),
            "high": round(float(table[column].mean() + half[column]), 4),
        }
        for column in map(str, table.columns)
    }


if __name__ == "__main__":
    main()
