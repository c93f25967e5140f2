"""How many posteriors the attack looks at (Figure 4)."""

from __future__ import annotations

import pandas as pd

from mlleaks.attacks.learned import LARGEST, learn
from mlleaks.experiments.lab import Lab
from mlleaks.experiments.study import PAPER, Row, Study, pick, rows
from mlleaks.report.chapters import Finding, Picture

COUNTS: dict[str, int | None] = {"1": 1, "2": 2, "3": 3, "10": 10, "all": None}


def run(lab: Lab, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return what adversary 1 achieves with the 1, 2, 3, 10 largest and with all posteriors."""
    target, shadow = lab.pair(dataset, seed)
    told: list[Row] = []
    for name, k in COUNTS.items():
        stream = lab.seeds(seed).stream("attack adversary-1")
        attack = lab.adversary_1(dataset, seed) if k == LARGEST else learn(shadow, stream, k=k)
        told += rows("adversary-1", attack, target, posteriors=name)
    return told


def check(table: pd.DataFrame) -> Finding:
    """Check that all posteriors give hardly more than three."""
    auc = pick(table, "auc", ["dataset", "posteriors"], attack="adversary-1").unstack()
    gain, loss = auc["all"] - auc["3"], auc["3"] - auc["1"]
    evidence = (
        f"AUC with all posteriors minus with three: {gain.mean():+.3f} on average over {len(auc)} data "
        f"sets, at the most "
        f"{gain.max():+.3f} ({gain.idxmax()}); with three minus with one: {loss.mean():+.3f}, at the "
        f"most {loss.max():+.3f} "
        f"({loss.idxmax()})."
    )
    return Finding("reproduced" if gain.mean() < 0.01 else "not reproduced", evidence)


STUDY = Study(
    name="posteriors",
    title="Three posteriors are enough",
    figure="Figure 4",
    claim="The attack gains next to nothing from more than the three largest posteriors.",
    datasets=(*PAPER, "words-100"),
    run=run,
    check=check,
    pictures=(
        Picture("dots", "posteriors", "dataset", ("precision", "recall", "auc"), ("posteriors", "data set")),
    ),
    index=("dataset", "posteriors"),
)
