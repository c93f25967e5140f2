"""The pretrained attack: learned on many data sets, and measured on data sets of other domains."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from mlleaks.attacks.transfer import pooled, to_json
from mlleaks.results.reproduction import Finding, Picture, ShortTable, attack_columns
from mlleaks.stats.criteria import is_above
from mlleaks.storage.fingerprint import describe
from mlleaks.storage.versions import versions_in_use
from mlleaks.studies.engine.conclusions import finding, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import defined, pick
from mlleaks.studies.engine.study import PAPER, READINGS, WORDS, Row, Study, attack_rows, domain
from mlleaks.types import Observations

PER_SOURCE = 2000
"""Records of each data set's shadow that the attack is learned on."""

NAMES = ("adversary-2, pretrained", "adversary-1")


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what an attack learned on all data sets of other domains achieves."""
    target, _ = context.pair(dataset, seed)
    sources = [name for name in other_datasets if domain(name) != domain(dataset)]
    if not sources:
        return []
    attack = pooled(
        _shadows(context, sources), context.seeds(seed).stream("attack adversary-2"), per_source=PER_SOURCE
    )
    return [
        *attack_rows("adversary-2, pretrained", attack, target),
        *attack_rows("adversary-1", context.attack("adversary-1", dataset, seed), target),
    ]


def package_file(context: StudyContext, datasets: Sequence[str]) -> str:
    """Return the package's pretrained attack, learned on all ``datasets``, as JSON."""
    attack = pooled(
        _shadows(context, datasets), context.seeds(0).stream("attack adversary-2"), per_source=PER_SOURCE
    )
    provenance = {
        "data sets": {name: describe(context.scale.reference(name)) for name in datasets},
        "records of each shadow": PER_SOURCE,
        "scale": context.scale.name,
        "seed": 0,
        "versions": versions_in_use(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    return to_json(attack, provenance)


def _shadows(context: StudyContext, datasets: Sequence[str]) -> list[Observations]:
    return [context.pair(name, 0)[1] for name in datasets]


def check(measured: Measurements) -> Finding:
    """Check that the pretrained attack ranks members nearly as well as a shadow of the target's own."""
    table = measured.table
    loss = _loss(table)
    precision, recall = ([pick(table, m, attack=name) for name in NAMES] for m in ("precision", "recall"))
    mean = measured.only(metric="auc").estimate(_loss)
    missed = defined(recall[0] - recall[1], "the recall of both attacks")
    worst: Any = missed.idxmin()
    summary = (
        f"AUC of the pretrained attack minus that of a shadow on the target's own data, over {len(loss)} "
        f"data sets: {spoken(mean)} on average, {loss.min():+.3f} at worst ({loss.idxmin()})."
    )
    details = (
        f"Mean precision: {precision[0].mean():.2f} against {precision[1].mean():.2f}. Mean recall: "
        f"{recall[0].mean():.2f} against {recall[1].mean():.2f}. With its own threshold it misses most "
        f"members on {worst}: recall {recall[0][worst]:.3f} against {recall[1][worst]:.3f}."
    )
    return finding(is_above(mean.interval(), -0.03), summary, details, figure=f"AUC {spoken(mean)}")


def _loss(table: pd.DataFrame) -> pd.Series[float]:
    auc = [pick(table, "auc", attack=name) for name in NAMES]
    return defined(auc[0] - auc[1], "the AUC of both attacks")


STUDIES = (
    Study(
        name="pretrained",
        title="The pretrained attack on data sets that it was not learned on",
        figure="Ours, after adversary 2",
        claim="An attack learned once on open data sets finds members of models that were trained on other "
        "data sets.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        pictures=(Picture("dots", "dataset", "attack", READINGS, ("", "")),),
        across=True,
        file=("transferred.json", package_file),
        short=ShortTable(
            ("dataset",),
            tuple(
                column
                for title, name in zip(("pretrained", "own shadow"), NAMES, strict=True)
                for column in attack_columns(title, attack=name)
            ),
        ),
        position=22,
    ),
)
