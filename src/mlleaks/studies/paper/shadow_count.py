"""How many shadow models adversary 1 trains (Figure 5)."""

from __future__ import annotations

import pandas as pd

from mlleaks.results.reproduction import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.rows import MissingRows, conclude, defined, pick
from mlleaks.studies.engine.study import PAPER, WORDS, Row, Study, attack_rows

COUNTS = (1, 2, 5, 10)


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what one attack model learns from the answers of 1, 2, 5 and 10 shadow models."""
    target, shadows = context.target_and_shadows(dataset, seed)
    result: list[Row] = []
    for count in sorted({min(count, len(shadows)) for count in COUNTS}):
        attack = context.attack("adversary-1", dataset, seed, shadows=count)
        result += attack_rows("adversary-1", attack, target, shadows=count)
    return result


def check(table: pd.DataFrame) -> Finding:
    """Check that ten shadows give hardly more than one: 0.01 of AUC, 0.05 of precision and recall."""
    figures, holds = [], {}
    for metric, limit in {"precision": 0.05, "recall": 0.05, "AUC": 0.01}.items():
        values = pick(table, metric.lower(), ["dataset", "shadows"], attack="adversary-1").unstack()
        if len(values.columns) < 2:
            raise MissingRows("there is only one number of shadows")
        change = values.iloc[:, -1] - values.iloc[:, 0]
        gain = defined(change, f"the {metric} with one shadow and with several")
        holds[metric] = bool(gain.mean() < limit)
        figures.append(
            f"{metric} {gain.mean():+.3f} on average over {len(gain)} data sets, from {gain.min():+.3f} "
            f"({gain.idxmin()}) to {gain.max():+.3f} ({gain.idxmax()})"
        )
    return conclude(holds, f"Change from one to {values.columns[-1]} shadow models: {'; '.join(figures)}.")


STUDIES = (
    Study(
        name="shadow-count",
        title="More shadow models hardly help",
        figure="Figure 5",
        claim="The attack's precision and recall change little with the number of shadow models.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        pictures=(
            Picture(
                "lines", "shadows", "dataset", ("precision", "recall", "auc"), ("shadow models", "data set")
            ),
        ),
        index=("dataset", "shadows"),
        position=5,
    ),
)
