"""The combining attack: one sub-shadow an algorithm (Table 2)."""

from __future__ import annotations

import pandas as pd

from mlleaks.attacks.top_k import learn
from mlleaks.outputs.observations import concatenate
from mlleaks.results.study import Finding, Picture
from mlleaks.studies.engine.algorithms import ALGORITHMS, algorithms, observed
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import WORDS, Row, Study, pick, rows, verdict


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return what the combining attack, the matched shadow and the mismatched ones achieve."""
    targets, shadows = observed(lab, dataset, seed)
    seeds = lab.seeds(seed)
    single = {name: lab.adversary_1(dataset, seed, t) for name, t in algorithms(lab, dataset).items()}
    combined = learn(concatenate(list(shadows.values())), seeds.stream("attack combining"))
    told: list[Row] = []
    for name, target in targets.items():
        told += rows("combining", combined, target, target=name)
        for shadow, attack in single.items():
            label = "same algorithm" if shadow == name else f"{shadow} shadow"
            told += rows(label, attack, target, target=name)
    return told


def check(table: pd.DataFrame) -> Finding:
    """Check that combining wins back most of what a mismatched algorithm costs."""
    told, back = [], {}
    for metric in ("precision", "recall", "AUC"):
        values = pick(table, metric.lower(), ["dataset", "target", "attack"]).unstack()
        other = values[[f"{name} shadow" for name in ALGORITHMS]].mean(axis=1)
        same, combined = values["same algorithm"].mean(), values["combining"].mean()
        told.append(f"{metric} {same:.3f}, {other.mean():.3f}, {combined:.3f}")
        back[metric] = bool(combined - other.mean() >= 0.5 * (same - other.mean()))
    return verdict(
        back,
        f"means over data sets and targets with the same algorithm, another one, and all combined: "
        f"{'; '.join(told)}.",
    )


STUDIES = (
    Study(
        name="combining",
        title="Combining algorithms, the structure need not be known",
        figure="Table 2",
        claim="One attack model learned from a sub-shadow of each algorithm does about as well as knowing "
        "the algorithm.",
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
