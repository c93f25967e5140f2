"""Adversary 1 against Shokri et al. (Figure 1)."""

from __future__ import annotations

import pandas as pd

from mlleaks.results.reproduction import FIRST, Column, Finding, Picture, ShortTable, readings
from mlleaks.stats.criteria import is_above
from mlleaks.studies.engine.conclusions import conclude, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import defined, pick
from mlleaks.studies.engine.study import PAPER, READINGS, WORDS, Row, Study, attack_rows, target_rows


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what one shadow and one attack model achieve, and ten shadows with one model per class."""
    target, _ = context.target_and_shadows(dataset, seed)
    one = context.attack("adversary-1", dataset, seed)
    many = context.attack("shokri", dataset, seed, shadows=context.scale.shadows)
    return [
        *attack_rows("adversary-1", one, target),
        *attack_rows("shokri", many, target),
        *target_rows(target),
    ]


def check(measured: Measurements) -> Finding:
    """Check that one shadow loses little against ten with one attack model per class."""
    figures, details, holds = {}, [], {}
    for metric in ("precision", "recall", "AUC"):
        rows = measured.only(metric=metric.lower())
        gain = _gain(rows.table, metric)
        mean = rows.estimate(_gain, metric)
        holds[metric] = is_above(mean.interval(), -0.05)
        figures[metric] = spoken(mean)
        details.append(
            f"{metric} {gain.min():+.3f} on {gain.idxmin()}, below zero on {int((gain < 0).sum())} of "
            f"{len(gain)} data sets"
        )
    what = "Adversary 1 minus Shokri et al., mean over the data sets"
    return conclude(holds, figures, what=what, details=f"Lowest: {'; '.join(details)}.")


def _gain(table: pd.DataFrame, metric: str) -> pd.Series[float]:
    one, many = (pick(table, metric.lower(), attack=name) for name in ("adversary-1", "shokri"))
    return defined(one - many, f"the {metric} of both attacks")


STUDIES = (
    Study(
        name="first-adversary",
        title="One shadow model instead of ten, one attack model instead of one per class",
        figure="Figure 1",
        claim="One shadow model with one attack model, which reads the three largest posteriors, does as "
        "well as ten shadow models with one attack model per class.",
        published="CIFAR-100, CNN: precision 0.95 and recall 0.95; Shokri et al.: 0.95 and 0.94.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        targets=("dataset",),
        pictures=(Picture("dots", "dataset", "attack", READINGS, ("", "attack")),),
        short=ShortTable(
            ("dataset",),
            (
                *readings("adversary 1", **FIRST),
                *readings("Shokri et al.", attack="shokri"),
                Column("adversary 1, AUC", ("auc",), FIRST),
                Column("Shokri et al., AUC", ("auc",), {"attack": "shokri"}),
            ),
        ),
        position=1,
    ),
)
