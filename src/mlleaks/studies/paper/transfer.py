"""The data transferring attack: every data set's shadow against every data set's target."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlleaks.results.study import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import PAPER, Row, Study, TooFew, domain, pick, rows, verdict


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return what the attack learned on one data set's shadow achieves against all targets."""
    attack = lab.adversary_1(dataset, seed)
    told: list[Row] = []
    for name in others:
        if seed in lab.scale.seeds_of(name):
            target, _ = lab.pair(name, seed)
            told += rows("adversary-2", attack, target, target=name)
    return told


def check(table: pd.DataFrame) -> Finding:
    """Check that another domain's shadow costs a few points: the median cell loses less than 0.1."""
    told, holds = [], {}
    for metric in ("precision", "recall", "AUC"):
        matrix = pick(table, metric.lower(), ["dataset", "target"]).unstack()
        matrix = matrix.reindex(index=matrix.columns)
        own = pd.Series(np.diag(matrix), matrix.columns)
        kinds = np.array([domain(str(name)) for name in matrix])
        foreign = (matrix - own).to_numpy()[kinds[:, None] != kinds]
        known = foreign[~np.isnan(foreign)]
        if not known.size:
            raise TooFew("there are no two domains")
        holds[metric] = bool(np.median(known) > -0.1)
        told.append(
            f"{metric} {np.median(known):+.3f} (mean {known.mean():+.3f}, {int((known < -0.1).sum())} of "
            f"{known.size} lose more than 0.1)"
        )
    undefined = int(pick(table, "precision", ["dataset", "target"]).isna().sum())
    if undefined:
        told.append(f"{undefined} attacks accuse nobody and have no precision")
    known_pairs = {"News from CIFAR-100": ("cifar100", "news"), "CIFAR-10 from Face": ("face", "cifar10")}
    for words, (source, target) in known_pairs.items():
        found = [pick(table, m, ["dataset", "target"]).get((source, target)) for m in ("precision", "recall")]
        if None not in found:
            told.append(f"{words}: precision {found[0]:.2f}, recall {found[1]:.2f}")
    return verdict(holds, f"median change against the target's own domain: {'; '.join(told)}.")


STUDIES = (
    Study(
        name="transfer",
        title="A shadow of another domain costs a few points",
        figure="Section on adversary 2 (heat maps)",
        claim="An attack model learned on a data set of another domain finds members nearly as well as one "
        "of the target's.",
        published="Shadow on CIFAR-100, target on News: precision 0.94, recall 0.93.",
        datasets=(*PAPER, "words-10", "words-100"),
        run=run,
        check=check,
        pictures=(
            Picture(
                "heat",
                "target",
                "dataset",
                ("precision", "recall", "auc"),
                ("data set under attack", "shadow's"),
            ),
        ),
        across=True,
        index=("dataset", "target"),
        position=9,
    ),
)
