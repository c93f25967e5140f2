"""A shadow whose hyperparameters are not the target's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from mlleaks.results.reproduction import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.rows import conclude, defined, pick_columns
from mlleaks.studies.engine.study import Row, Study, attack_rows

AS_TARGET = "as the target"
FACTORS = (0.5, 2.0)
VARIED = ("hidden", "batch", "learning_rate", "epochs")


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what adversary 1 achieves if one hyperparameter of the shadow is halved or doubled."""
    target, _ = context.pair(dataset, seed)
    attacks = {AS_TARGET: context.attack("adversary-1", dataset, seed)}
    reference: Any = context.scale.reference(dataset)
    for name in VARIED:
        for factor in FACTORS:
            value = getattr(reference, name) * factor
            changed = replace(reference, **{name: value if name == "learning_rate" else int(value)})
            attacks[f"{name} x {factor:g}"] = context.attack("adversary-1", dataset, seed, changed)
    return [
        row
        for name, attack in attacks.items()
        for row in attack_rows("adversary-1", attack, target, shadow=name)
    ]


def check(table: pd.DataFrame) -> Finding:
    """Check that a hyperparameter that differs from the target's costs little."""
    figures, holds = [], {}
    for metric in ("precision", "recall", "AUC"):
        index = ["dataset", "shadow"]
        values = pick_columns(table, metric.lower(), index, [AS_TARGET], attack="adversary-1")
        change: Any = values.drop(columns=AS_TARGET).sub(values[AS_TARGET], axis=0).stack()
        loss = defined(change, f"the {metric} with a shadow of other hyperparameters")
        holds[metric] = bool(loss.mean() > -0.05)
        dataset, shadow = loss.index[int(loss.argmin())]
        figures.append(
            f"{metric} {loss.mean():+.3f} on average, {loss.min():+.3f} at worst ({dataset}, {shadow})"
        )
    evidence = f"Compared with a shadow that has the target's hyperparameters: {'; '.join(figures)}."
    return conclude(holds, evidence)


STUDIES = (
    Study(
        name="hyperparameters",
        title="Other hyperparameters than the target's cost little",
        figure="Section on relaxing the assumption of the same hyperparameters",
        claim="The attack changes little if the shadow has half or twice the target's hidden units, batch "
        "size, learning rate or epochs.",
        datasets=("location", "face", "words-100"),
        run=run,
        check=check,
        pictures=(Picture("dots", "shadow", "dataset", ("precision", "recall", "auc"), ("", "data set")),),
        index=("dataset", "shadow"),
        position=6,
    ),
)
