"""How many shadow models adversary 1 trains (Figure 5)."""

from __future__ import annotations

import pandas as pd

from mlleaks.results.reproduction import FIRST, Column, Finding, Picture, ShortTable, readings
from mlleaks.stats.criteria import is_below
from mlleaks.studies.engine.conclusions import conclude, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows, defined, pick
from mlleaks.studies.engine.study import PAPER, READINGS, WORDS, Row, Study, attack_rows

COUNTS = (1, 2, 5, 10)


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what one attack model learns from the answers of 1, 2, 5 and 10 shadow models."""
    target, shadows = context.target_and_shadows(dataset, seed)
    result: list[Row] = []
    for count in sorted({min(count, len(shadows)) for count in COUNTS}):
        attack = context.attack("adversary-1", dataset, seed, shadows=count)
        result += attack_rows("adversary-1", attack, target, shadows=count)
    return result


def check(measured: Measurements) -> Finding:
    """Check that ten shadows give hardly more than one: 0.01 of AUC, 0.05 of precision and recall."""
    figures, details, holds = {}, [], {}
    for metric, limit in {"precision": 0.05, "recall": 0.05, "AUC": 0.01}.items():
        rows = measured.only(metric=metric.lower())
        gain = _gain(rows.table, metric)
        mean = rows.estimate(_gain, metric)
        holds[metric] = is_below(mean.interval(), limit)
        figures[metric] = spoken(mean)
        details.append(f"{metric} {gain.min():+.3f} ({gain.idxmin()}) to {gain.max():+.3f} ({gain.idxmax()})")
    what = f"{max(measured.tidy['shadows'])} shadow models minus one, mean over the data sets"
    return conclude(
        holds, figures, what=what, details=f"From the lowest to the largest: {'; '.join(details)}."
    )


def _gain(table: pd.DataFrame, metric: str) -> pd.Series[float]:
    values = pick(table, metric.lower(), ["dataset", "shadows"], attack="adversary-1").unstack()
    if len(values.columns) < 2:
        raise MissingRows("there is only one number of shadows")
    change = values.iloc[:, -1] - values.iloc[:, 0]
    return defined(change, f"the {metric} with one shadow and with several")


STUDIES = (
    Study(
        name="shadow-count",
        title="More shadow models hardly help",
        figure="Figure 5",
        claim="The attack's precision and recall change little with the number of shadow models.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        targets=("dataset",),
        pictures=(Picture("lines", "shadows", "dataset", READINGS, ("shadow models", "data set")),),
        index=("dataset", "shadows"),
        short=ShortTable(
            ("dataset",),
            (
                *readings("one shadow", **FIRST, shadows=min),
                *readings("all shadows", **FIRST, shadows=max),
                Column("one shadow, AUC", ("auc",), {**FIRST, "shadows": min}),
                Column("all shadows, AUC", ("auc",), {**FIRST, "shadows": max}),
            ),
        ),
        position=5,
    ),
)
