"""Audit while training: what a loss trace costs, and how well it names what a strong attack finds.

    python benchmarks/loss_trace.py --cache FOLDER

Every case of `loss_trace_targets` is stored in FOLDER: a stopped run goes on.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from loss_trace_targets import cases, finite, measured, records, with_figures
from machine import write
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier

import mlleaks
from mlleaks import LossTrace, MLPTrainer
from mlleaks.stats.correlation import rank_correlation
from mlleaks.types import Dataset, Floats

BOOTSTRAPS = 2000
LEAKY = 0.05
"""Cases whose mean TPR at 1 % FPR is below this have no exposed records to name."""


def main() -> None:
    """Measure the cost, then every case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=9, help="of the cost; 0 to skip it and the results")
    parser.add_argument("--datasets", nargs="+", default=["digits", "location", "adult", "words-20"])
    parser.add_argument("--collect", action="store_true", help="only what is in the cache")
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    targets = []
    for case in cases(arguments.datasets):
        path = arguments.cache / f"{case.name}.json"
        if path.exists() or not arguments.collect:
            targets += map(with_figures, stored(path, partial(measured, case, arguments.cache)))
            print(case.name, file=sys.stderr, flush=True)
    if arguments.repeats:
        costs = stored(arguments.cache / "cost.json", partial(cost, arguments.repeats))
        write("loss_trace", {"cost": costs, **summary(targets)})


def stored(path: Path, work: Callable[[], Any]) -> Any:
    """Return what a file holds; it is written first if it is not there."""
    if not path.exists():
        content = json.dumps(work())
        path.with_suffix(".new").write_text(content)
        path.with_suffix(".new").replace(path)
    return json.loads(path.read_text())


def cost(repeats: int) -> dict[str, Any]:
    """Return the share of the processor time that a trace adds to training; both ways alternate."""
    figures: dict[str, Any] = {}
    for name in ("location", "news"):
        data, trainer = records(name), MLPTrainer()
        data = data.take(np.arange(len(data) // 2))
        figures[f"{name}, MLP"] = _added(
            partial(_plain, trainer, data), partial(_traced, trainer, data), repeats
        )
    adult = mlleaks.load_dataset("adult")
    for size in (3000, len(adult) // 2):
        X, y = adult.X[:size], adult.y[:size]
        model = HistGradientBoostingClassifier(random_state=0, early_stopping=False)
        for how, traced in (("while it is fitted", _boosted), ("all stages walked afterwards", _staged)):
            name = f"adult {size}, boosting, {how}"
            figures[name] = _added(partial(_fit, model, X, y), partial(traced, model, X, y), repeats)
    return figures


def _plain(trainer: Any, data: Dataset) -> None:
    trainer(data, np.random.default_rng(0))


def _traced(trainer: Any, data: Dataset) -> None:
    trainer.traced(data, np.random.default_rng(0), trace=LossTrace())


def _fit(model: Any, X: Floats, y: Any) -> None:
    clone(model).fit(X, y)


def _boosted(model: Any, X: Floats, y: Any) -> None:
    LossTrace.while_boosting(clone(model), X, y)


def _staged(model: Any, X: Floats, y: Any) -> None:
    LossTrace.from_staged(clone(model).fit(X, y), X, y)


def _added(plain: Callable[[], object], traced: Callable[[], object], repeats: int) -> dict[str, Any]:
    plain(), traced()  # the first calls import and allocate
    pairs = [(_processor_seconds(plain), _processor_seconds(traced)) for _ in range(repeats)]
    return {
        "processor seconds of training": round(statistics.median(a for a, _ in pairs), 4),
        "added share": _spread([b / a - 1 for a, b in pairs]),
    }


def _processor_seconds(work: Callable[[], object]) -> float:
    """Return what ``work`` takes of the processor: others may be busy on this machine."""
    start = time.process_time()
    work()
    return time.process_time() - start


def _spread(values: list[float]) -> dict[str, float]:
    """Return the median, and the quartiles."""
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75)).round(4).tolist()
    return {"median": middle, "lower quartile": low, "upper quartile": high, "repeats": len(values)}


def summary(targets: list[dict[str, Any]]) -> dict[str, Any]:
    """Return correlations over targets and precision over leaky cases; intervals draw cases again."""
    groups = list(dict.fromkeys(target["case"] for target in targets))
    by_case = {case: [t for t in targets if t["case"] == case] for case in groups}
    leaky = [case for case in groups if np.mean([t["tpr"] for t in by_case[case]]) >= LEAKY]
    return {
        "targets": len(targets),
        "cases": {case: _case(by_case[case]) for case in groups},
        "tail against tpr": {
            name: {
                "all": _interval(partial(_correlated, by_case, name), groups),
                **{
                    data: finite(
                        _correlated(by_case, name, [c for c in groups if by_case[c][0]["data"] == data])
                    )
                    for data in dict.fromkeys(t["data"] for t in targets)
                },
            }
            for name in targets[0]["statistics"]
        },
        "leaky cases": leaky,
        "records": {
            ranking: {
                **{
                    top: {
                        figure: _interval(partial(_mean, by_case, (ranking, top, figure)), leaky)
                        for figure in ("precision", "chance", "detected")
                    }
                    for top in ("top 1%", "top 5%")
                },
                "rank correlation": _interval(partial(_mean, by_case, (ranking, "rank correlation")), leaky),
            }
            for ranking in targets[0]["rankings"]
        },
        "mean detected": _interval(
            lambda some: float(np.mean([t["detected"] for c in some for t in by_case[c]])), leaky
        ),
    }


def _case(targets: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "tpr": [round(t["tpr"], 4) for t in targets],
        "tail": [round(t["statistics"]["tail"], 4) for t in targets],
        **{
            f"precision {top}": [round(t["rankings"]["iqr"][top]["precision"], 3) for t in targets]
            for top in ("top 1%", "top 5%")
        },
    }


def _correlated(by_case: dict[str, Any], name: str, some: list[str]) -> float:
    targets = [t for case in some for t in by_case[case]]
    return rank_correlation([t["statistics"][name] for t in targets], [t["tpr"] for t in targets]).value


def _mean(by_case: dict[str, Any], path: tuple[str, ...], some: list[str]) -> float:
    values = []
    for case in some:
        for target in by_case[case]:
            value: Any = target["rankings"]
            for key in path:
                value = value[key]
            values.append(np.nan if value is None else value)
    return float(np.nanmean(values))


def _interval(figure: Callable[[list[str]], float], groups: list[str]) -> dict[str, float | None]:
    """Return a figure over cases, and its 95 % bootstrap interval: cases are drawn with all their targets."""
    rng = np.random.default_rng(0)
    draws = [
        figure([groups[i] for i in rng.integers(len(groups), size=len(groups))]) for _ in range(BOOTSTRAPS)
    ]
    low, high = np.nanquantile(draws, (0.025, 0.975)).tolist()
    return {"value": finite(figure(groups)), "low": finite(low), "high": finite(high)}


if __name__ == "__main__":
    main()
