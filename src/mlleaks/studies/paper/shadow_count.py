"""How many shadow models adversary 1 trains (Figure 5)."""

from __future__ import annotations

import pandas as pd

from mlleaks.attacks.top_k import learn
from mlleaks.outputs.observations import concatenate
from mlleaks.results.study import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import PAPER, WORDS, Row, Study, TooFew, pick, rows, verdict

COUNTS = (1, 2, 5, 10)


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return what one attack model learns from the answers of 1, 2, 5 and 10 shadow models."""
    target, shadows = lab.target_and_shadows(dataset, seed)
    told: list[Row] = []
    for count in sorted({min(count, len(shadows)) for count in COUNTS}):
        stream = lab.seeds(seed).stream("attack adversary-1")
        many = lab.adversary_1(dataset, seed) if count == 1 else learn(concatenate(shadows[:count]), stream)
        told += rows("adversary-1", many, target, shadows=count)
    return told


def check(table: pd.DataFrame) -> Finding:
    """Check that ten shadows give hardly more than one: 0.01 of AUC, 0.05 of precision and recall."""
    told, holds = [], {}
    for metric, much in {"precision": 0.05, "recall": 0.05, "AUC": 0.01}.items():
        values = pick(table, metric.lower(), ["dataset", "shadows"], attack="adversary-1").unstack()
        if len(values.columns) < 2:
            raise TooFew("there is one shadow only")
        gain = (values.iloc[:, -1] - values.iloc[:, 0]).dropna()
        holds[metric] = bool(gain.mean() < much)
        told.append(
            f"{metric} {gain.mean():+.3f} on average over {len(gain)} data sets, from {gain.min():+.3f} "
            f"({gain.idxmin()}) to {gain.max():+.3f} ({gain.idxmax()})"
        )
    return verdict(holds, f"with {values.columns[-1]} shadows minus with one: {'; '.join(told)}.")


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
