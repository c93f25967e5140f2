"""How many posteriors the attack looks at (Figure 4)."""

from __future__ import annotations

import pandas as pd

from mlleaks.attacks.top_k import LARGEST, learn
from mlleaks.results.reproduction import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.rows import conclude, defined, pick_columns
from mlleaks.studies.engine.study import PAPER, WORDS, Row, Study, attack_rows

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


def check(table: pd.DataFrame) -> Finding:
    """Check that all posteriors give hardly more than three: 0.01 of AUC, 0.05 of precision and recall."""
    figures, holds = [], {}
    for metric, limit in {"precision": 0.05, "recall": 0.05, "AUC": 0.01}.items():
        index, counts = ["dataset", "posteriors"], ("1", "3", "all")
        values = pick_columns(table, metric.lower(), index, counts, attack="adversary-1")
        gain = defined(values["all"] - values["3"], f"the {metric} with three and with all posteriors")
        gain_of_three = (values["3"] - values["1"]).dropna()
        holds[metric] = bool(gain.mean() < limit)
        figures.append(
            f"{metric} {gain.mean():+.3f} on average over {len(gain)} data sets, {gain.max():+.3f} at the "
            f"most ({gain.idxmax()}; three posteriors minus one: {gain_of_three.mean():+.3f})"
        )
    return conclude(holds, f"All posteriors minus three: {'; '.join(figures)}.")


STUDIES = (
    Study(
        name="posteriors",
        title="Three posteriors are enough",
        figure="Figure 4",
        claim="With more than the three largest posteriors the attack gains almost nothing.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        pictures=(
            Picture(
                "dots", "posteriors", "dataset", ("precision", "recall", "auc"), ("posteriors", "data set")
            ),
        ),
        index=("dataset", "posteriors"),
        position=4,
    ),
)
