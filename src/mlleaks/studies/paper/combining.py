"""The combining attack: one shadow model per algorithm (Table 2)."""

from __future__ import annotations

import pandas as pd

from mlleaks.attacks.top_k import learn
from mlleaks.outputs.observations import concatenate
from mlleaks.results.reproduction import Column, Finding, Picture, ShortTable, readings
from mlleaks.stats.criteria import is_above
from mlleaks.studies.engine.algorithms import ALGORITHMS, algorithms, targets_and_shadows
from mlleaks.studies.engine.conclusions import conclude, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import pick_columns
from mlleaks.studies.engine.study import READINGS, WORDS, Row, Study, attack_rows


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what the combining attack, the matched shadow and the mismatched ones achieve."""
    targets, shadows = targets_and_shadows(context, dataset, seed)
    seeds = context.seeds(seed)
    trainers = algorithms(context, dataset)
    single = {
        name: context.attack("adversary-1", dataset, seed, trainer) for name, trainer in trainers.items()
    }
    combined = learn(concatenate(list(shadows.values())), seeds.stream("attack combining"))
    result: list[Row] = []
    for name, target in targets.items():
        result += attack_rows("combining", combined, target, target=name)
        for shadow, attack in single.items():
            label = "same algorithm" if shadow == name else f"{shadow} shadow"
            result += attack_rows(label, attack, target, target=name)
    return result


def check(measured: Measurements) -> Finding:
    """Check that combining wins back at least half of what a mismatched algorithm costs."""
    figures, details, recovers = {}, [], {}
    for metric in ("precision", "recall", "AUC"):
        rows = measured.only(metric=metric.lower())
        same, other, combined = _means(rows.table, metric.lower())
        beyond = rows.estimate(_beyond_half, metric.lower())
        recovers[metric] = is_above(beyond.interval(), 0.0)
        figures[metric] = spoken(beyond)
        details.append(f"{metric} {same:.3f}, {other:.3f}, {combined:.3f}")
    what = "All algorithms combined minus the middle between the same algorithm and another one, on average"
    means = f"Means with the same algorithm, another one, and all combined: {'; '.join(details)}."
    return conclude(recovers, figures, what=what, details=means)


def _means(table: pd.DataFrame, metric: str) -> tuple[float, float, float]:
    """Return a metric's means with a shadow of the same algorithm, of another one, and of all combined."""
    mismatched = [f"{name} shadow" for name in ALGORITHMS]
    required = ("same algorithm", "combining", *mismatched)
    values = pick_columns(table, metric, ["dataset", "target", "attack"], required)
    other = values[mismatched].mean(axis=1).mean()
    return float(values["same algorithm"].mean()), float(other), float(values["combining"].mean())


def _beyond_half(table: pd.DataFrame, metric: str) -> float:
    same, other, combined = _means(table, metric)
    return combined - (same + other) / 2


STUDIES = (
    Study(
        name="combining",
        title="By combining algorithms, the attacker need not know the target's",
        figure="Table 2",
        claim="An attack model learned from one shadow model per algorithm does about as well as one that "
        "knows the target's algorithm.",
        datasets=("adult", "location", "news", *WORDS),
        run=run,
        check=check,
        targets=("dataset", "target"),
        pictures=(Picture("heat", "target", "attack", READINGS, ("target's algorithm", "attack")),),
        index=("dataset", "target", "attack"),
        short=ShortTable(("target", "attack"), (*readings("mean of the data sets"), Column("AUC", ("auc",)))),
        position=8,
    ),
)
