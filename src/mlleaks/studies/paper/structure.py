"""A shadow of another algorithm than the target's."""

from __future__ import annotations

import pandas as pd

from mlleaks.results.reproduction import Finding, Picture
from mlleaks.studies.engine.algorithms import ALGORITHMS, algorithms, targets_and_shadows
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.rows import conclude, defined, pick
from mlleaks.studies.engine.study import WORDS, Row, Study, attack_rows


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what adversary 1 achieves for every pair of a target's and a shadow's algorithm."""
    targets, _ = targets_and_shadows(context, dataset, seed)
    result: list[Row] = []
    for shadow in ALGORITHMS:
        attack = context.attack("adversary-1", dataset, seed, algorithms(context, dataset)[shadow])
        for target in ALGORITHMS:
            result += attack_rows("adversary-1", attack, targets[target], target=target, shadow=shadow)
    return result


def check(table: pd.DataFrame) -> Finding:
    """Check that another algorithm costs more than a hyperparameter does."""
    figures: list[str] = []
    large: dict[str, bool] = {}
    for metric in ("precision", "recall", "AUC"):
        values = pick(table, metric.lower(), ["dataset", "target", "shadow"], attack="adversary-1")
        same = values[[t == s for _, t, s in values.index]].droplevel("shadow")
        other = values[[t != s for _, t, s in values.index]]
        change = other - same.reindex(other.droplevel("shadow").index).to_numpy()
        cost = defined(change, f"the {metric} with shadows of two algorithms")
        figures.append(f"{metric} {cost.mean():+.3f} on average, {cost.min():+.3f} at worst")
        if metric != "AUC":  # the claim speaks of precision and recall
            large[metric] = bool(cost.mean() < -0.05)
    return conclude(
        large,
        "A shadow of another algorithm compared with one of the target's algorithm, over "
        f"{len(ALGORITHMS)} algorithms: {'; '.join(figures)}.",
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
                "heat",
                "shadow",
                "target",
                ("precision", "recall", "auc"),
                ("shadow's algorithm", "target's algorithm"),
            ),
        ),
        index=("dataset", "target", "shadow"),
        position=7,
    ),
)
