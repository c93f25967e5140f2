"""A shadow of another algorithm than the target's."""

from __future__ import annotations

import pandas as pd

from mlleaks.results.reproduction import Finding, Picture
from mlleaks.stats.criteria import Answer, is_below
from mlleaks.studies.engine.algorithms import ALGORITHMS, algorithms, targets_and_shadows
from mlleaks.studies.engine.conclusions import conclude, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import defined, pick
from mlleaks.studies.engine.study import READINGS, WORDS, Row, Study, attack_rows


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what adversary 1 achieves for every pair of a target's and a shadow's algorithm."""
    targets, _ = targets_and_shadows(context, dataset, seed)
    result: list[Row] = []
    for shadow in ALGORITHMS:
        attack = context.attack("adversary-1", dataset, seed, algorithms(context, dataset)[shadow])
        for target in ALGORITHMS:
            result += attack_rows("adversary-1", attack, targets[target], target=target, shadow=shadow)
    return result


def check(measured: Measurements) -> Finding:
    """Check that another algorithm costs more than a hyperparameter does."""
    figures: list[str] = []
    large: dict[str, Answer] = {}
    for metric in ("precision", "recall", "AUC"):
        rows = measured.only(metric=metric.lower())
        mean = rows.estimate(_cost, metric)
        figures.append(f"{metric} {spoken(mean)} on average, {_cost(rows.table, metric).min():+.3f} at worst")
        if metric != "AUC":  # the claim speaks of precision and recall
            large[metric] = is_below(mean.interval(), -0.05)
    return conclude(
        large,
        "A shadow of another algorithm compared with one of the target's algorithm, over "
        f"{len(ALGORITHMS)} algorithms: {'; '.join(figures)}.",
    )


def _cost(table: pd.DataFrame, metric: str) -> pd.Series[float]:
    values = pick(table, metric.lower(), ["dataset", "target", "shadow"], attack="adversary-1")
    same = values[[t == s for _, t, s in values.index]].droplevel("shadow")
    other = values[[t != s for _, t, s in values.index]]
    change = other - same.reindex(other.droplevel("shadow").index).to_numpy()
    return defined(change, f"the {metric} with shadows of two algorithms")


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
                READINGS,
                ("shadow's algorithm", "target's algorithm"),
            ),
        ),
        index=("dataset", "target", "shadow"),
        position=7,
    ),
)
