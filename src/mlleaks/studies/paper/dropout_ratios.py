"""How much is dropped, of the input and of the hidden layer."""

from __future__ import annotations

from itertools import product

import pandas as pd

from mlleaks.defenses import dropout
from mlleaks.results.study import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import Row, Study, TooFew, pick, rows, target_rows

RATIOS = {"0 %": 0.0, "25 %": 0.25, "50 %": 0.5, "75 %": 0.75}
COST = 0.02
"""Test accuracy that a ratio may cost to be called cheap."""


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return accuracy and what adversary 1, who knows of it, achieves at each pair of ratios."""
    reference = lab.scale.reference(dataset)
    told: list[Row] = []
    for (first, inputs), (second, hidden) in product(RATIOS.items(), repeat=2):
        trainer = dropout(reference, inputs=inputs, hidden=hidden) if inputs or hidden else reference
        target, _ = lab.pair(dataset, seed, trainer)
        setting = {"inputs": first, "hidden": second}
        told += rows("adversary-1", lab.adversary_1(dataset, seed, trainer), target, **setting)
        told += target_rows(target, **setting)
    return told


def check(table: pd.DataFrame) -> Finding:
    """Check that more of either dropout leaks less, and say which pair is cheap."""
    index = ["dataset", "inputs", "hidden"]
    auc = pick(table, "auc", index, attack="adversary-1")
    accuracy = pick(table, "test_accuracy", index)
    told, falls = [], True
    for dataset in auc.index.unique("dataset"):
        leak, right = auc[dataset].unstack(), accuracy[dataset].unstack()
        if leak.shape != (len(RATIOS), len(RATIOS)):
            raise TooFew("a pair of ratios is missing")
        falls &= bool((leak.iloc[-1] < leak.iloc[0]).all() and (leak.iloc[:, -1] < leak.iloc[:, 0]).all())
        none = right.iloc[0, 0]
        inputs, hidden = leak.where(right >= none - COST).stack().idxmin()
        told.append(
            f"{dataset}: AUC {leak.iloc[0, 0]:.3f} without, {leak.loc['50 %', '50 %']:.3f} with the paper's "
            f"half of both (accuracy {none:.3f} to {right.loc['50 %', '50 %']:.3f}); least at a cost of "
            f"{COST} or less: {inputs} of the input and {hidden} of the hidden layer, "
            f"{leak.loc[inputs, hidden]:.3f}"
        )
    return Finding("reproduced" if falls else "not reproduced", f"{'; '.join(told)}.")


STUDIES = (
    Study(
        name="dropout-ratios",
        title="How much dropout",
        figure="Section on defenses",
        claim="The more is dropped of the input and of the hidden layer, the less adversary 1 achieves.",
        datasets=("location", "words-100"),
        run=run,
        check=check,
        pictures=(
            Picture(
                "heat",
                "hidden",
                "inputs",
                ("auc", "precision", "test_accuracy"),
                ("of the hidden layer", "of the input"),
            ),
        ),
        index=("dataset", "inputs", "hidden"),
        metrics=("test_accuracy", "precision", "recall", "auc"),
        position=15,
    ),
)
