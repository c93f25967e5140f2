"""The data transferring attack: every data set's shadow against every data set's target."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlleaks.results.reproduction import Column, Finding, Picture, ShortTable, readings
from mlleaks.stats.criteria import is_above
from mlleaks.studies.engine.conclusions import conclude, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows, pick, pick_columns
from mlleaks.studies.engine.study import PAPER, READINGS, Row, Study, attack_rows, domain
from mlleaks.types import Floats

PUBLISHED_PAIRS = {
    "News from CIFAR-100": ("cifar100", "news"),
    "CIFAR-100 from News": ("news", "cifar100"),
    "CIFAR-10 from Face": ("face", "cifar10"),
}
"""Shadow's and target's data set of the pairs that the paper discusses, the first one in either direction."""


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what the attack learned on one data set's shadow achieves against all targets."""
    attack = context.attack("adversary-1", dataset, seed)
    result: list[Row] = []
    for name in other_datasets:
        if seed in context.scale.seeds_of(name):
            target, _ = context.pair(name, seed)
            result += attack_rows("adversary-2", attack, target, target=name)
    return result


def check(measured: Measurements) -> Finding:
    """Check that a shadow of another domain costs few points: the median loss is less than 0.1."""
    figures, details, holds = {}, [], {}
    for metric in ("precision", "recall", "AUC"):
        rows = measured.only(metric=metric.lower())
        change = _changes(rows.table, metric)
        median = rows.estimate(_median_change, metric)
        holds[metric] = is_above(median.interval(), -0.1)
        figures[metric] = spoken(median)
        details.append(
            f"{metric} {change.mean():+.3f}, {int((change < -0.1).sum())} of {change.size} lose more than 0.1"
        )
    sentences = [f"Mean change: {'; '.join(details)}."]
    precision, recall = (
        pick(measured.table, name, ["dataset", "target"]) for name in ("precision", "recall")
    )
    undefined = int(precision.isna().sum())
    if undefined:
        sentences.append(f"Attacks without a precision, because they flag nobody: {undefined}.")
    for title, cell in PUBLISHED_PAIRS.items():
        if cell in precision.index:
            sentences.append(f"{title}: precision {precision[cell]:.2f}, recall {recall[cell]:.2f}.")
    what = "Median change against a shadow of the target's own data set"
    return conclude(holds, figures, what=what, details=" ".join(sentences))


def _median_change(table: pd.DataFrame, metric: str) -> float:
    return float(np.median(_changes(table, metric)))


def _changes(table: pd.DataFrame, metric: str) -> Floats:
    """Return what each shadow of another domain changes, against the target's own data set."""
    matrix = pick_columns(table, metric.lower(), ["dataset", "target"], ())
    matrix = matrix.reindex(index=matrix.columns)
    own = pd.Series(np.diag(matrix), matrix.columns)
    domains = np.array([domain(str(name)) for name in matrix])
    foreign = (matrix - own).to_numpy()[domains[:, None] != domains]
    change = foreign[~np.isnan(foreign)]
    if not change.size:
        raise MissingRows("it has data sets of one domain only")
    return np.asarray(change)


STUDIES = (
    Study(
        name="transfer",
        title="A shadow of another domain costs only a few points",
        figure="Section on adversary 2 (heat maps)",
        claim="An attack model learned on a data set of another domain finds members nearly as well as one "
        "learned on the target's domain.",
        published="Between CIFAR-100 and News: precision 0.94, recall 0.93; sources disagree which of the "
        "two is the target. Shadow on Face, target on CIFAR-10: precision 0.75, read off a heat map.",
        datasets=(*PAPER, "words-10", "words-100"),
        run=run,
        check=check,
        pictures=(
            Picture(
                "heat",
                "target",
                "dataset",
                READINGS,
                ("target's data set", "shadow's data set"),
            ),
        ),
        across=True,
        index=("dataset", "target"),
        short=ShortTable(
            ("dataset", "target"),
            (*readings("adversary 2"), Column("AUC", ("auc",))),
            only=tuple(cell for pair in PUBLISHED_PAIRS.values() for cell in (pair, pair[::-1])),
            titles=("shadow's data set", "target's data set"),
        ),
        position=10,
    ),
)
