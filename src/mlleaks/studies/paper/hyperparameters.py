"""A shadow whose hyperparameters are not the target's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from mlleaks.results.reproduction import FIRST, Column, Finding, Picture, ShortTable, readings
from mlleaks.stats.criteria import is_above
from mlleaks.studies.engine.conclusions import conclude, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import defined, pick_columns
from mlleaks.studies.engine.study import READINGS, Row, Study, attack_rows

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


def check(measured: Measurements) -> Finding:
    """Check that a hyperparameter that differs from the target's costs little."""
    figures, details, holds = {}, [], {}
    for metric in ("precision", "recall", "AUC"):
        rows = measured.only(metric=metric.lower())
        change = _change(rows.table, metric)
        mean = rows.estimate(_change, metric)
        holds[metric] = is_above(mean.interval(), -0.05)
        dataset, shadow = change.index[int(change.argmin())]
        figures[metric] = spoken(mean)
        details.append(f"{metric} {change.min():+.3f} ({dataset}, {shadow})")
    what = "A shadow of other hyperparameters minus one of the target's, on average"
    return conclude(holds, figures, what=what, details=f"Lowest: {'; '.join(details)}.")


def _change(table: pd.DataFrame, metric: str) -> Any:
    values = pick_columns(table, metric.lower(), ["dataset", "shadow"], [AS_TARGET], attack="adversary-1")
    change: Any = values.drop(columns=AS_TARGET).sub(values[AS_TARGET], axis=0).stack()
    return defined(change, f"the {metric} with a shadow of other hyperparameters")


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
        pictures=(Picture("dots", "shadow", "dataset", READINGS, ("", "data set")),),
        index=("dataset", "shadow"),
        short=ShortTable(
            ("shadow",),
            (*readings("mean of the data sets", **FIRST), Column("AUC", ("auc",), FIRST)),
        ),
        position=6,
    ),
)
