"""A shadow of another algorithm than the target's."""

from __future__ import annotations

import pandas as pd

from mlleaks.results.study import Finding, Picture
from mlleaks.studies.engine.algorithms import ALGORITHMS, algorithms, observed
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import WORDS, Row, Study, TooFew, pick, rows, verdict


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return what adversary 1 achieves for every pair of target's and shadow's algorithm."""
    targets, _ = observed(lab, dataset, seed)
    told: list[Row] = []
    for shadow in ALGORITHMS:
        attack = lab.adversary_1(dataset, seed, algorithms(lab, dataset)[shadow])
        for target in ALGORITHMS:
            told += rows("adversary-1", attack, targets[target], target=target, shadow=shadow)
    return told


def check(table: pd.DataFrame) -> Finding:
    """Check that another algorithm costs more than a hyperparameter does."""
    told = []
    for metric in ("precision", "recall", "AUC"):
        values = pick(table, metric.lower(), ["dataset", "target", "shadow"], attack="adversary-1")
        same = values[[t == s for _, t, s in values.index]].droplevel("shadow")
        other = values[[t != s for _, t, s in values.index]]
        cost = (other - same.reindex(other.droplevel("shadow").index).to_numpy()).dropna()
        if cost.empty:
            raise TooFew("no target has shadows of two algorithms")
        told.append((metric, float(cost.mean()), float(cost.min())))
    evidence = "; ".join(
        f"{metric} {mean:+.3f} on average, {worst:+.3f} at worst" for metric, mean, worst in told
    )
    large = {metric: mean < -0.05 for metric, mean, _ in told[:2]}
    return verdict(
        large,
        f"shadow of another algorithm against one of the target's, over {len(ALGORITHMS)} algorithms: "
        f"{evidence}.",
    )


STUDIES = (
    Study(
        name="structure",
        title="A shadow of another algorithm costs much",
        figure="Table 2",
        claim="If the shadow's algorithm is not the target's, the attack loses much of its "
        "precision and recall.",
        datasets=("adult", "location", "news", *WORDS),
        run=run,
        check=check,
        pictures=(
            Picture(
                "heat", "shadow", "target", ("precision", "recall", "auc"), ("shadow's algorithm", "target's")
            ),
        ),
        index=("dataset", "target", "shadow"),
        position=7,
    ),
)
