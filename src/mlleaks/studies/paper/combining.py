"""The combining attack: one shadow model per algorithm (Table 2)."""

from __future__ import annotations

import pandas as pd

from mlleaks.attacks.top_k import learn
from mlleaks.outputs.observations import concatenate
from mlleaks.results.reproduction import Finding, Picture
from mlleaks.studies.engine.algorithms import ALGORITHMS, algorithms, targets_and_shadows
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.rows import conclude, pick_columns
from mlleaks.studies.engine.study import WORDS, Row, Study, attack_rows


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


def check(table: pd.DataFrame) -> Finding:
    """Check that combining wins back at least half of what a mismatched algorithm costs."""
    figures, recovers = [], {}
    for metric in ("precision", "recall", "AUC"):
        mismatched = [f"{name} shadow" for name in ALGORITHMS]
        required = ("same algorithm", "combining", *mismatched)
        values = pick_columns(table, metric.lower(), ["dataset", "target", "attack"], required)
        other = values[mismatched].mean(axis=1)
        same, combined = values["same algorithm"].mean(), values["combining"].mean()
        figures.append(f"{metric} {same:.3f}, {other.mean():.3f}, {combined:.3f}")
        recovers[metric] = bool(combined - other.mean() >= 0.5 * (same - other.mean()))
    return conclude(
        recovers,
        "Means over data sets and targets, with a shadow of the same algorithm, of another one, and of all "
        f"combined: {'; '.join(figures)}.",
    )


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
        pictures=(
            Picture(
                "heat", "target", "attack", ("precision", "recall", "auc"), ("target's algorithm", "attack")
            ),
        ),
        index=("dataset", "target", "attack"),
        position=8,
    ),
)
