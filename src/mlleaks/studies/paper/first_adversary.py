"""Adversary 1 against Shokri et al. (Figure 1)."""

from __future__ import annotations

import pandas as pd

from mlleaks.attacks.per_class import learn_per_class
from mlleaks.outputs.observations import concatenate
from mlleaks.results.study import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import PAPER, WORDS, Row, Study, TooFew, pick, rows, target_rows, verdict


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return what one shadow and one attack model achieve, and ten shadows and one model a class."""
    target, shadows = lab.target_and_shadows(dataset, seed)
    one = lab.adversary_1(dataset, seed)
    many = learn_per_class(concatenate(shadows), lab.seeds(seed).stream("attack shokri"))
    return [*rows("adversary-1", one, target), *rows("shokri", many, target), *target_rows(target)]


def check(table: pd.DataFrame) -> Finding:
    """Check that one shadow loses little of what ten with per-class models find."""
    told, holds = [], {}
    for metric in ("precision", "recall", "AUC"):
        one, many = (pick(table, metric.lower(), attack=name) for name in ("adversary-1", "shokri"))
        gain = (one - many).dropna()
        if gain.empty:
            raise TooFew("no data set has both attacks")
        holds[metric] = bool(gain.mean() > -0.05)
        told.append(
            f"{metric} {gain.mean():+.3f} (least {gain.min():+.3f}, {gain.idxmin()}; below on "
            f"{int((gain < 0).sum())} of {len(gain)} data sets)"
        )
    return verdict(holds, f"adversary 1 minus Shokri et al., means over data sets: {'; '.join(told)}.")


STUDIES = (
    Study(
        name="first-adversary",
        title="One shadow model instead of ten, one attack model instead of one a class",
        figure="Figure 1",
        claim="One shadow model and one attack model on the three largest posteriors do as well as ten "
        "shadow models "
        "and an attack model for every class.",
        published="CIFAR-100, CNN: precision 0.95 and recall 0.95; Shokri et al. on the same 0.95 and 0.94.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        pictures=(Picture("dots", "dataset", "attack", ("precision", "recall", "auc"), ("", "attack")),),
        position=1,
    ),
)
