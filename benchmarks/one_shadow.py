"""What a target, one shadow model and the target's population answer, for benchmarks of attacks.

The answers are kept in a folder: a second benchmark, or a killed one, trains no model again.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.ensemble import RandomForestClassifier

import mlleaks
from mlleaks.data.guards import without_repeats
from mlleaks.data.splits import four_way_member_split
from mlleaks.models import as_trainer, train_model
from mlleaks.outputs.query import observe
from mlleaks.seeds import Seeds
from mlleaks.stats import intervals
from mlleaks.stats.metrics import roc
from mlleaks.types import Dataset, Floats, MemberSplit, Observations, Outputs

CASES: dict[str, tuple[str, Callable[[], Any], int]] = {
    "location, MLP": ("location", mlleaks.MLPTrainer, 5),
    "location, forest": ("location", RandomForestClassifier, 2),
    "adult, forest": ("adult", RandomForestClassifier, 3),
    "news, MLP": ("news", mlleaks.MLPTrainer, 2),
    "words-20, MLP": ("words-20", mlleaks.MLPTrainer, 2),
    "digits, MLP": ("digits", mlleaks.MLPTrainer, 3),
    "digits, forest": ("digits", RandomForestClassifier, 3),
}
"""Data set, how its models are trained, and the number of seeds."""
RECORDS = 10_000
"""Of a larger data set so many are used, the same ones for every seed."""


class Case(NamedTuple):
    """One target by the protocol of `mlleaks.audit_trainer`, split and trained as with this seed."""

    target: Observations
    shadow: Observations
    population: Outputs
    """The target's answers about the shadow's records."""
    records: Dataset


def arguments(description: str | None) -> argparse.Namespace:
    """Return the cases and the folder of the answers."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--cache", type=Path, default=Path("~/.cache/mlleaks/one-shadow").expanduser())
    return parser.parse_args()


def cases(name: str, cache: Path) -> Iterator[Case]:
    """Yield the case of each seed."""
    data, make, seeds = CASES[name]
    records = mlleaks.load_dataset(data)
    if len(records) > RECORDS:
        records = records.take(np.random.default_rng(0).permutation(len(records))[:RECORDS])
    records, _ = without_repeats(records, "records")
    for seed in range(seeds):
        splits = four_way_member_split(records, Seeds(seed).stream("split"))
        path = cache / f"{name.replace(', ', '-')}-{seed}.npz"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, *_answers(make(), splits, Seeds(seed)))
        with np.load(path) as arrays:
            target, shadow, population = (arrays[key] for key in sorted(arrays))
        yield Case(
            _observations(target, splits[0]),
            _observations(shadow, splits[1]),
            _observations(population, splits[1]).outputs,
            records,
        )


def _answers(trainer: Any, splits: tuple[MemberSplit, MemberSplit], streams: Seeds) -> list[Floats]:
    models = [
        train_model(as_trainer(trainer), deepcopy(split.members), streams.stream(role))
        for split, role in zip(splits, ("target", "shadow"), strict=True)
    ]
    pairs = [(models[0], splits[0]), (models[1], splits[1]), (models[0], splits[1])]
    return [observe(model, split).outputs.posteriors for model, split in pairs]


def _observations(posteriors: Floats, split: MemberSplit) -> Observations:
    sides = (split.members, split.nonmembers)
    labels, ids = (np.concatenate([getattr(side, name) for side in sides]) for name in ("y", "ids"))
    member = np.repeat([True, False], [len(side) for side in sides])
    return Observations(Outputs(posteriors, labels, ids), member)


def ranking(target: Observations, scores: Floats) -> dict[str, float]:
    """Return AUC and TPR at 1 % FPR of one seed."""
    tpr = intervals.tpr_at_fpr(roc(target.member, scores), 0.01)
    return {"auc": intervals.auc(target.member, scores).value, "tpr@1%fpr": tpr.value}


def mean(figures: list[dict[str, float]]) -> dict[str, Any]:
    """Return the mean of each figure over seeds, each seed's, and from three seeds on its 95 % t interval."""
    summary: dict[str, Any] = {}
    for name in figures[0]:
        values = np.array([row[name] for row in figures])
        summary[name] = {"mean": round(float(values.mean()), 4), "by seed": values.round(4).tolist()}
        if len(values) > 2:
            half = float(intervals.t_half_width(values.std(ddof=1), len(values)))
            low, high = (round(float(values.mean()) + side * half, 4) for side in (-1, 1))
            summary[name] |= {"low": low, "high": high}
    return summary
