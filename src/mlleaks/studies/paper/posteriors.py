"""How many posteriors the attack looks at (Figure 4)."""

from __future__ import annotations

import pandas as pd

from mlleaks.attacks.top_k import LARGEST, learn
from mlleaks.results.reproduction import FIRST, Column, Finding, Picture, ShortTable, readings
from mlleaks.stats.criteria import is_below
from mlleaks.studies.engine.conclusions import conclude, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import defined, pick_columns
from mlleaks.studies.engine.study import PAPER, READINGS, WORDS, Row, Study, attack_rows

COUNTS: dict[str, int | None] = {"1": 1, "2": 2, "3": 3, "10": 10, "all": None}


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what adversary 1 achieves with the 1, 2, 3, 10 largest and with all posteriors."""
    target, shadow = context.pair(dataset, seed)
    result: list[Row] = []
    for name, k in COUNTS.items():
        stream = context.seeds(seed).stream("attack adversary-1")
        attack = context.attack("adversary-1", dataset, seed) if k == LARGEST else learn(shadow, stream, k=k)
        result += attack_rows("adversary-1", attack, target, posteriors=name)
    return result


def check(measured: Measurements) -> Finding:
    """Check that all posteriors give hardly more than three: 0.01 of AUC, 0.05 of precision and recall."""
    figures, details, holds = {}, [], {}
    for metric, limit in {"precision": 0.05, "recall": 0.05, "AUC": 0.01}.items():
        rows = measured.only(metric=metric.lower())
        gain = _gain(rows.table, metric, "3", "all")
        mean = rows.estimate(_gain, metric, "3", "all")
        of_three = _gain(rows.table, metric, "1", "3").mean()
        holds[metric] = is_below(mean.interval(), limit)
        figures[metric] = spoken(mean)
        details.append(
            f"{metric} {gain.max():+.3f} on {gain.idxmax()} of {len(gain)} data sets (three posteriors minus "
            f"one, on average: {of_three:+.3f})"
        )
    what = "All posteriors minus three, mean over the data sets"
    return conclude(holds, figures, what=what, details=f"Largest: {'; '.join(details)}.")


def _gain(table: pd.DataFrame, metric: str, fewer: str, more: str) -> pd.Series[float]:
    index, counts = ["dataset", "posteriors"], ("1", "3", "all")
    values = pick_columns(table, metric.lower(), index, counts, attack="adversary-1")
    return defined(values[more] - values[fewer], f"the {metric} with {fewer} and with {more} posteriors")


STUDIES = (
    Study(
        name="posteriors",
        title="Three posteriors are enough",
        figure="Figure 4",
        claim="With more than the three largest posteriors the attack gains almost nothing.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        targets=("dataset",),
        pictures=(Picture("dots", "posteriors", "dataset", READINGS, ("posteriors", "data set")),),
        index=("dataset", "posteriors"),
        short=ShortTable(
            ("dataset",),
            (
                *readings("3 posteriors", **FIRST, posteriors="3"),
                *readings("all posteriors", **FIRST, posteriors="all"),
                *(
                    Column(f"{count}, AUC", ("auc",), {**FIRST, "posteriors": count})
                    for count in ("1", "3", "all")
                ),
            ),
        ),
        position=4,
    ),
)
