"""Adversary 3's statistics, which need no shadow model and no training."""

from __future__ import annotations

from mlleaks.attacks.threshold import calibrate
from mlleaks.outputs.signals import maximum, negative_entropy, standard_deviation
from mlleaks.results.reproduction import Column, Finding, Picture, ShortTable
from mlleaks.stats.criteria import at_least, is_above
from mlleaks.studies.engine.conclusions import finding
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import pick_columns
from mlleaks.studies.engine.study import PAPER, WORDS, Row, Study, attack_rows

STATISTICS = {"maximum": maximum, "standard deviation": standard_deviation, "entropy": negative_entropy}
"""The maximum and the entropy are the paper's; whether the standard deviation is, we could not verify."""
CERTAIN = ["maximum", "entropy"]


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what each statistic achieves with the threshold from random queries."""
    target, answers = context.target_and_random_answers(dataset, seed)
    return [
        row
        for name, statistic in STATISTICS.items()
        for row in attack_rows(name, calibrate(answers, statistic), target)
    ]


def check(measured: Measurements) -> Finding:
    """Check that the largest posterior alone has a high AUC on most data sets."""
    table = measured.table
    auc = pick_columns(table, "auc", ["dataset", "attack"], ["maximum"])
    best = auc["maximum"]
    rows = table[(table["metric"] == "auc") & (table["attack"] == "maximum")].set_index("dataset")
    answers = {str(name): is_above((row["low"], row["high"]), 0.75) for name, row in rows.iterrows()}
    high = sum(answer is True for answer in answers.values())
    undecided = [name for name, answer in answers.items() if answer is None]
    some = f"; not decided: {', '.join(undecided)}" if undecided else ""
    spread = (auc.max(axis=1) - auc.min(axis=1)).max()
    certain = auc[[name for name in CERTAIN if name in auc]]
    own = (certain.max(axis=1) - certain.min(axis=1)).max()
    figures = ", ".join(f"{name} {value:.2f}" for name, value in best.items())
    count = f"above 0.75 on {high} of {len(best)} data sets"
    return finding(
        at_least(answers.values(), len(best) // 2 + 1),
        f"By its interval, the AUC of the largest posterior is {count}{some}. Maximum and entropy differ by "
        f"{own:.3f} at the most; with the standard deviation, whose place in the paper we could not verify, "
        f"by {spread:.3f}.",
        f"AUC of the largest posterior: {figures}.",
        figure=f"AUC {count}",
    )


STUDIES = (
    Study(
        name="training-free",
        title="The largest posterior alone separates members",
        figure="Section on adversary 3 (AUC)",
        claim="On most data sets the maximum and the entropy of the posteriors rank members before "
        "non-members (so does the standard deviation; whether it is the paper's is not verified).",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        targets=("dataset",),
        pictures=(Picture("dots", "dataset", "attack", ("auc",), ("", "statistic")),),
        metrics=("auc", "tpr@1%fpr"),
        short=ShortTable(
            ("dataset",), tuple(Column(f"{name}, AUC", ("auc",), {"attack": name}) for name in STATISTICS)
        ),
        position=12,
    ),
)
