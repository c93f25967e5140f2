"""Adversary 3's threshold from random queries."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlleaks.attacks.threshold import calibrate
from mlleaks.outputs.signals import maximum
from mlleaks.results.reproduction import Finding, Picture, ShortTable, readings
from mlleaks.stats.criteria import Answer, all_hold, at_least, is_above
from mlleaks.stats.rounding import number
from mlleaks.studies.engine.conclusions import finding
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import pick_columns
from mlleaks.studies.engine.study import PAPER, READINGS, WORDS, Row, Study, attack_rows
from mlleaks.types import Observations, Outputs

TOPS = (1, 5, 10, 25, 50, 75, 90)
"""Values of t: the threshold is the largest posterior that t percent of the random queries reach."""
SHOWN = 10
"""The t whose figures the finding states."""
BINS = 20


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return precision and recall for each t, and the distributions of the largest posterior."""
    target, answers = context.target_and_random_answers(dataset, seed)
    result: list[Row] = []
    for t in TOPS:
        attack = calibrate(answers, maximum, top=t / 100)
        result += attack_rows("adversary-3-maximum", attack, target, t=t, who="")
    return result + ([] if seed else _distributions(target, answers))


def _distributions(target: Observations, answers: Outputs) -> list[Row]:
    """Return the share of members, non-members and random queries in each bin of the largest posterior."""
    p = maximum(target.outputs.posteriors)
    groups = {"members": p[target.member], "others": p[~target.member], "random": maximum(answers.posteriors)}
    edges = np.linspace(0, 1, BINS + 1)
    return [
        {"attack": "distribution", "metric": "share", "t": round(float(low), 3), "who": who}
        | {"value": float(value), "low": float(value), "high": float(value)}
        for who, values in groups.items()
        for low, value in zip(edges, np.histogram(values.clip(0, 1), edges)[0] / len(values), strict=False)
    ]


def check(measured: Measurements) -> Finding:
    """Check that a larger t raises recall, and that one t is useful on half of the data sets or more.

    Recall cannot fall as t grows, so the first half needs no interval.
    """
    table = measured.table
    index = ["dataset", "t"]
    precision, recall = (
        pick_columns(table, metric, index, [SHOWN], attack="adversary-3-maximum")
        for metric in ("precision", "recall")
    )
    rising = bool((recall.diff(axis=1).iloc[:, 1:] >= -1e-9).all(axis=None))
    figures = "; ".join(
        f"{name} {number(precision.loc[name, SHOWN])} and {number(recall.loc[name, SHOWN])}"
        for name in recall.index
    )
    at_shown = table[(table["attack"] == "adversary-3-maximum") & (table["t"] == SHOWN)]
    answers = {name: _useful(at_shown[at_shown["dataset"] == name]) for name in recall.index}
    useful = [name for name, answer in answers.items() if answer is True]
    undecided = [name for name, answer in answers.items() if answer is None]
    some = f"; not decided: {', '.join(undecided)}" if undecided else ""
    enough = at_least(answers.values(), len(recall) / 2)
    count = f"useful on {len(useful)} of {len(recall)} data sets"
    return finding(
        all_hold((rising, enough)),
        f"Recall {'rises' if rising else 'does not always rise'} with t. At t = {SHOWN} %, precision and "
        f"recall are {count}, by their intervals (above 0.6 and 0.5){some}.",
        f"Precision and recall at t = {SHOWN} %: {figures}.",
        figure=f"precision and recall {count}",
    )


def _useful(rows: pd.DataFrame) -> Answer:
    """Return whether precision and recall of one data set are above 0.6 and 0.5."""
    limits = {"precision": 0.6, "recall": 0.5}
    ends = rows.set_index("metric")[["low", "high"]]
    return all_hold(is_above(tuple(ends.loc[name]), limit) for name, limit in limits.items())


STUDIES = (
    Study(
        name="threshold",
        title="Random queries give a threshold",
        figure="Section on adversary 3 (threshold)",
        claim="A threshold that the top t percent of the answers to random queries reach is useful. The "
        "attacker needs no data for it.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        targets=("dataset",),
        pictures=(
            Picture(
                "lines",
                "t",
                "dataset",
                ("precision", "recall"),
                ("top t percent of random queries", "data set"),
            ),
            Picture("steps", "t", "who", ("share",), ("largest posterior", "")),
        ),
        index=("dataset", "t"),
        metrics=READINGS[:4],
        short=ShortTable(("dataset",), readings(f"t = {SHOWN} %", attack="adversary-3-maximum", t=SHOWN)),
        position=13,
    ),
)
