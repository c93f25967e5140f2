"""How many posteriors the attack looks at (Figure 4)."""

from __future__ import annotations

import pandas as pd

from mlleaks.attacks.top_k import LARGEST, learn
from mlleaks.results.study import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import PAPER, WORDS, Row, Study, TooFew, pick, rows, verdict

COUNTS: dict[str, int | None] = {"1": 1, "2": 2, "3": 3, "10": 10, "all": None}


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return what adversary 1 achieves with the 1, 2, 3, 10 largest and with all posteriors."""
    target, shadow = lab.pair(dataset, seed)
    told: list[Row] = []
    for name, k in COUNTS.items():
        stream = lab.seeds(seed).stream("attack adversary-1")
        attack = lab.adversary_1(dataset, seed) if k == LARGEST else learn(shadow, stream, k=k)
        told += rows("adversary-1", attack, target, posteriors=name)
    return told


def check(table: pd.DataFrame) -> Finding:
    """Check that all posteriors give hardly more than three: 0.01 of AUC, 0.05 of precision and recall."""
    told, holds = [], {}
    for metric, much in {"precision": 0.05, "recall": 0.05, "AUC": 0.01}.items():
        values = pick(table, metric.lower(), ["dataset", "posteriors"], attack="adversary-1").unstack()
        gain, more = (values["all"] - values["3"]).dropna(), (values["3"] - values["1"]).dropna()
        if gain.empty:
            raise TooFew(f"no data set has the {metric} of both")
        holds[metric] = bool(gain.mean() < much)
        told.append(
            f"{metric} {gain.mean():+.3f} on average over {len(gain)} data sets, {gain.max():+.3f} at the "
            f"most ({gain.idxmax()}), with three minus with one {more.mean():+.3f}"
        )
    return verdict(holds, f"with all posteriors minus with three: {'; '.join(told)}.")


STUDIES = (
    Study(
        name="posteriors",
        title="Three posteriors are enough",
        figure="Figure 4",
        claim="The attack gains next to nothing from more than the three largest posteriors.",
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
