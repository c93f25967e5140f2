"""A shadow of another algorithm than the target's."""

from __future__ import annotations

import pandas as pd

from mlleaks.results.reproduction import FIRST, Column, Finding, Picture, ShortTable, readings
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
    figures: dict[str, str] = {}
    details = []
    large: dict[str, Answer] = {}
    for metric in ("precision", "recall", "AUC"):
        rows = measured.only(metric=metric.lower())
        mean = rows.estimate(_cost, metric)
        figures[metric] = spoken(mean)
        details.append(f"{metric} {_cost(rows.table, metric).min():+.3f}")
        if metric != "AUC":  # the claim speaks of precision and recall
            large[metric] = is_below(mean.interval(), -0.05)
    what = f"A shadow of another algorithm minus one of the target's, mean over {len(ALGORITHMS)} algorithms"
    return conclude(large, figures, what=what, details=f"Lowest: {'; '.join(details)}.")


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
        targets=("dataset", "target"),
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
        short=ShortTable(
            ("target", "shadow"),
            (*readings("mean of the data sets", **FIRST), Column("AUC", ("auc",), FIRST)),
        ),
        position=7,
    ),
)
