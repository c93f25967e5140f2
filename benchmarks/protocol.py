"""The paper's protocol on Location and Adult: four equal parts, MLP 128 tanh, 50 epochs.

    python benchmarks/protocol.py --seeds 5

Prints and stores the mean of every attack's figures over seeds, with a 95 % t interval; where all seeds
agree, with the hull of the runs' own.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator

import pandas as pd
from machine import write

import mlleaks
from mlleaks.stats.aggregation import summarize
from mlleaks.stats.estimate import Estimate

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
    data = mlleaks.load_dataset(name)
    rows: list[dict[str, object]] = []
    for seed in range(seeds):
        report = mlleaks.audit_trainer(
            data, mlleaks.MLPTrainer(schedule=mlleaks.ConstantSchedule()), seed=seed
        )
        for verdict in report.verdicts:
            estimates = {figure: verdict.estimates[figure] for figure in FIGURES}
            rows += _rows(verdict.attack, seed, estimates)
            if not math.isnan(verdict.threshold):
                rows += _rows(verdict.attack, seed, {"threshold": _plain(verdict.threshold)})
        rows += _rows("target", seed, report.result.target)
        print(f"{name} seed {seed} done", file=sys.stderr)
    runs = pd.DataFrame(rows)
    means = summarize(runs)
    by_seed = runs.groupby(["attack", "metric"], sort=False)["value"].apply(list)
    attacks: dict[str, dict[str, object]] = {}
    for attack, metric, value, low, high, defined, _ in means.itertuples(index=False):
        figures = {"mean": value, "low": low, "high": high}
        attacks.setdefault(attack, {})[metric] = {
            "by seed": [_rounded(v) for v in by_seed[attack, metric]],
            "defined in": defined,
            **{key: _rounded(figure) for key, figure in figures.items()},
        }
    return {"part size": report.result.n_members, "seeds": list(range(seeds)), "attacks": attacks}


def _rows(attack: str, seed: int, estimates: dict[str, Estimate]) -> Iterator[dict[str, object]]:
    for metric, e in estimates.items():
        yield {
            "attack": attack,
            "metric": metric,
            "seed": seed,
            "value": e.value,
            "low": e.low,
            "high": e.high,
        }


def _plain(value: float) -> Estimate:
    return Estimate(value, math.nan, math.nan, "none")


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


if __name__ == "__main__":
    main()
