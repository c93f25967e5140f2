"""Dropout ratios of the input and of the hidden layer."""

from __future__ import annotations

from itertools import product
from typing import Any

import pandas as pd

from mlleaks.defenses import dropout
from mlleaks.results.reproduction import ADVERSARY_1, Column, Finding, Picture, ShortTable
from mlleaks.stats.criteria import is_above
from mlleaks.stats.over_seeds import SeedMean
from mlleaks.studies.engine.conclusions import each_is, finding, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows, pick
from mlleaks.studies.engine.study import READINGS, Row, Study, attack_rows, target_rows

RATIOS = {"0 %": 0.0, "25 %": 0.25, "50 %": 0.5, "75 %": 0.75}
DATASETS = ("location", "words-100")
COST = 0.02
"""Loss of test accuracy up to which a pair of ratios counts as cheap."""


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return accuracy and what adversary 1, who uses the same dropout, achieves at each pair of ratios."""
    reference = context.scale.reference(dataset)
    result: list[Row] = []
    for (first, inputs), (second, hidden) in product(RATIOS.items(), repeat=2):
        trainer = dropout(reference, inputs=inputs, hidden=hidden) if inputs or hidden else reference
        target, _ = context.pair(dataset, seed, trainer)
        setting = {"inputs": first, "hidden": second}
        result += attack_rows(
            "adversary-1", context.attack("adversary-1", dataset, seed, trainer), target, **setting
        )
        result += target_rows(target, **setting)
    return result


def check(measured: Measurements) -> Finding:
    """Check that more dropout in either layer leaks less, and name the cheap pair that leaks least."""
    index = ["dataset", "inputs", "hidden"]
    auc = pick(measured.table, "auc", index, attack="adversary-1")
    accuracy = pick(measured.table, "test_accuracy", index)
    figures, falls = [], []
    for dataset in auc.index.unique("dataset"):
        leak, right = auc[dataset].unstack(), accuracy[dataset].unstack()
        if leak.shape != (len(RATIOS), len(RATIOS)):
            raise MissingRows("a pair of ratios is missing")
        rows = measured.only(dataset=dataset, metric="auc", attack="adversary-1")
        falls += [_fall(rows, layer, other) for layer, other in product(("inputs", "hidden"), RATIOS)]
        figures.append(_sentence(str(dataset), leak, right))
    several = each_is(is_above, falls)
    least: Any = min(falls, key=lambda fall: fall.value)
    return finding(
        several,
        f"The smallest fall of the AUC from no dropout of a layer to {list(RATIOS)[-1]}, with any dropout "
        f"of the other: {spoken(least)}.",
        " ".join(figures),
        figure=f"smallest fall of the AUC {spoken(least)}",
    )


def _fall(rows: Measurements, layer: str, other: str) -> SeedMean:
    """Return how much the AUC falls from the least to the most dropout of a layer, at one of the other."""
    fixed = "hidden" if layer == "inputs" else "inputs"
    first, *_, last = RATIOS

    def difference(table: pd.DataFrame) -> float:
        values = table.set_index(layer)["value"]
        return float(values[first] - values[last])

    return rows.only(**{fixed: other, layer: [first, last]}).estimate(difference)


def _sentence(dataset: str, leak: Any, right: Any) -> str:
    """Return a data set's figures without dropout, with the paper's ratio, and of the best cheap pair."""
    none = right.iloc[0, 0]
    inputs, hidden = leak.where(right >= none - COST).stack().idxmin()
    return (
        f"On {dataset} the AUC is {leak.iloc[0, 0]:.3f} without dropout and "
        f"{leak.loc['50 %', '50 %']:.3f} with the paper's ratio of one half in both layers; the accuracy "
        f"goes from {none:.3f} to {right.loc['50 %', '50 %']:.3f}. The lowest AUC at a loss of accuracy "
        f"of {COST} or less: {inputs} of the input and {hidden} of the hidden layer, with AUC "
        f"{leak.loc[inputs, hidden]:.3f}; it was chosen for being the lowest, so it is likely to be "
        "higher in another run."
    )


STUDIES = (
    Study(
        name="dropout-ratios",
        title="Different dropout ratios",
        figure="Section on defenses",
        claim="More dropout, in the input or in the hidden layer, makes adversary 1 weaker.",
        datasets=DATASETS,
        run=run,
        check=check,
        pictures=(
            Picture(
                "heat",
                "hidden",
                "inputs",
                ("auc", "precision", "test_accuracy"),
                ("dropout of the hidden layer", "dropout of the input"),
            ),
        ),
        index=("dataset", "inputs", "hidden"),
        metrics=("test_accuracy", *READINGS),
        short=ShortTable(
            ("dataset", "inputs", "hidden"),
            (
                Column("test accuracy", ("test_accuracy",)),
                *ADVERSARY_1,
            ),
            only=tuple((name, ratio, ratio) for name in DATASETS for ratio in RATIOS),
        ),
        position=17,
    ),
)
