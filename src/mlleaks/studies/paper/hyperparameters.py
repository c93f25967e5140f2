"""A shadow whose hyperparameters are not the target's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.results.study import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import Row, Study, pick, rows, verdict

FACTORS = (0.5, 2.0)
VARIED = ("hidden", "batch", "learning_rate", "epochs")


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return what adversary 1 achieves whose shadow has half or twice of one hyperparameter."""
    target, _ = lab.pair(dataset, seed)
    attacks = {"as the target": lab.adversary_1(dataset, seed)}
    reference: Any = lab.scale.reference(dataset)
    for name in VARIED:
        for factor in FACTORS:
            value = getattr(reference, name) * factor
            changed = replace(reference, **{name: value if name == "learning_rate" else int(value)})
            attacks[f"{name} x {factor:g}"] = lab.adversary_1(dataset, seed, changed)
    return [
        one for name, attack in attacks.items() for one in rows("adversary-1", attack, target, shadow=name)
    ]


def check(table: pd.DataFrame) -> Finding:
    """Check that a hyperparameter that is off costs little."""
    told, holds = [], {}
    for metric in ("precision", "recall", "AUC"):
        values = pick(table, metric.lower(), ["dataset", "shadow"], attack="adversary-1").unstack()
        loss = (values.drop(columns="as the target").sub(values["as the target"], axis=0)).stack().dropna()
        holds[metric] = bool(loss.mean() > -0.05)
        dataset, shadow = loss.index[int(np.argmin(loss.to_numpy()))]
        told.append(
            f"{metric} {loss.mean():+.3f} on average, {loss.min():+.3f} at worst ({dataset}, {shadow})"
        )
    return verdict(holds, f"against a shadow with the target's own hyperparameters: {'; '.join(told)}.")


STUDIES = (
    Study(
        name="hyperparameters",
        title="Hyperparameters that differ from the target's cost little",
        figure="Section on relaxing the assumption of the same hyperparameters",
        claim="Halving or doubling the shadow's hidden units, batch size, learning rate or epochs changes "
        "the attack little.",
        datasets=("location", "face", "words-100"),
        run=run,
        check=check,
        pictures=(Picture("dots", "shadow", "dataset", ("precision", "recall", "auc"), ("", "data set")),),
        index=("dataset", "shadow"),
        position=6,
    ),
)
