"""All attacks on ten targets per data set, with 2 to 64 reference models: what each finds, and what it costs.

    python benchmarks/attacks.py                              # every case (hours)
    python benchmarks/attacks.py --cases location adult
    python benchmarks/attacks.py --targets 1 --models 2 4 8 --results /tmp/trial

Writes ``docs/results/attacks/CASE.json`` and ``CASE.png``. Trained models and finished rows are kept outside
of the repository, below ``--cache``: a killed run goes on, and a new attack computes only its own rows.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import vl_convert
from machine import RESULTS, facts
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

import mlleaks
from mlleaks.report.attacks.report import AttackComparisonReport
from mlleaks.shadows import Processes
from mlleaks.storage.atomic import cache_folder, write_bytes, write_text

MODELS = (2, 4, 8, 16, 32, 64)
MOST_BYTES = 300_000
"""Of a chart's file."""


@dataclass(frozen=True)
class Case:
    """A data set with a way of training."""

    data: str
    trainer: Callable[[], Any]
    largest_part: int
    models: tuple[int, ...] = MODELS


def boosting() -> Any:
    return HistGradientBoostingClassifier(max_iter=30, early_stopping=False)


CNN = partial(mlleaks.CNNTrainer, gain=1.0)
"""With plain Glorot weights, as the figures in the docs were measured."""

CASES = {
    "location": Case("location", mlleaks.MLPTrainer, 1500, (*MODELS, 128)),
    "location-forest": Case("location", RandomForestClassifier, 1500),
    "words-20": Case("words-20", mlleaks.MLPTrainer, 1500),
    "adult": Case("adult", mlleaks.MLPTrainer, 2500),
    "adult-forest": Case("adult", RandomForestClassifier, 2500),
    "adult-boosting": Case("adult", boosting, 2500),
    "news": Case("news", lambda: mlleaks.MLPTrainer(center=True), 2000),
    "location-boosting": Case("location", boosting, 1500),
    "face": Case("face", CNN, 1500),
    "cifar100": Case("cifar100", CNN, 2500),
    "cifar10": Case("cifar10", CNN, 2500),
}
"""The cheap and the important ones first."""


def main() -> None:
    """Run the cases in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--targets", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--models", type=int, nargs="+", help="instead of the case's own numbers")
    parser.add_argument("--attacks", nargs="+", help="default: all")
    parser.add_argument("--jobs", type=int, default=-1)
    parser.add_argument("--cache", type=Path, default=cache_folder() / "attack benchmark")
    parser.add_argument("--results", type=Path, default=RESULTS / "attacks")
    options = parser.parse_args()
    for name in options.cases:
        started = time.perf_counter()
        report = run(CASES[name], options, options.cache / name)
        store(report, options.results, name)
        print(
            f"{name}: {time.perf_counter() - started:.0f} s. {report.headline}", file=sys.stderr, flush=True
        )


def run(case: Case, options: argparse.Namespace, folder: Path) -> AttackComparisonReport:
    """Return the comparison of a case; what is in ``folder`` is not computed again."""
    return mlleaks.compare_attacks(
        mlleaks.load_dataset(case.data),
        case.trainer(),
        options.attacks,
        models=options.models or case.models,
        targets=options.targets,
        seeds=options.seeds,
        largest_part=case.largest_part,
        folder=folder,
        backend=Processes(options.jobs),
        name=case.data,
    )


def store(report: AttackComparisonReport, folder: Path, name: str) -> None:
    """Write the table, the paired differences and the chart."""
    figures = {
        "facts": dict(report.facts),
        "headline": report.headline,
        "sentences": report.sentences,
        "skipped": dict(report.skipped),
        "table": _records(report.to_frame()),
        f"differences in {report.metric}": _records(report.differences()),
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / f"{name}.json", json.dumps({"machine": facts(), "figures": figures}, indent=1) + "\n")
    write_bytes(folder / f"{name}.png", _picture(report))


def _records(table: Any) -> list[dict[str, Any]]:
    rows = table.round(4).to_dict("records")
    return [
        {key: None if isinstance(v, float) and math.isnan(v) else v for key, v in row.items()} for row in rows
    ]


def _picture(report: AttackComparisonReport) -> bytes:
    """Return the chart as PNG: the sharpest that is small enough."""
    sizes = (1.5, 1.2, 1.0)
    pictures = [vl_convert.vegalite_to_png(report.chart().to_json(), scale=scale) for scale in sizes]
    return next((picture for picture in pictures if len(picture) < MOST_BYTES), pictures[-1])


if __name__ == "__main__":
    main()
