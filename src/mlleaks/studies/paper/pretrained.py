"""Adversary 2 for everybody: one attack learned on many data sets, and how it does on a new one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from mlleaks.attacks.transfer import pooled, to_json
from mlleaks.results.study import Finding, Picture
from mlleaks.storage.fingerprint import describe
from mlleaks.storage.versions import versions_in_use
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import PAPER, WORDS, Row, Study, domain, pick, rows
from mlleaks.types import Observations

PER_SOURCE = 2000


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return what the attack achieves that is learned on all data sets of other domains."""
    target, _ = lab.pair(dataset, seed)
    sources = [name for name in others if domain(name) != domain(dataset)]
    if not sources:
        return []
    attack = pooled(
        _shadows(lab, sources), lab.seeds(seed).stream("attack adversary-2"), per_source=PER_SOURCE
    )
    return [
        *rows("adversary-2, pretrained", attack, target),
        *rows("adversary-1", lab.adversary_1(dataset, seed), target),
    ]


def package_file(lab: StudyContext, datasets: tuple[str, ...]) -> str:
    """Return the attack that the package brings along, learned on all ``datasets``, as JSON."""
    attack = pooled(_shadows(lab, datasets), lab.seeds(0).stream("attack adversary-2"), per_source=PER_SOURCE)
    provenance = {
        "data sets": {name: describe(lab.scale.reference(name)) for name in datasets},
        "records of each shadow": PER_SOURCE,
        "scale": lab.scale.name,
        "seed": 0,
        "versions": versions_in_use(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    return to_json(attack, provenance)


def _shadows(lab: StudyContext, datasets: Sequence[str]) -> list[Observations]:
    return [lab.pair(name, 0)[1] for name in datasets]


def check(table: pd.DataFrame) -> Finding:
    """Check that the pretrained attack ranks members nearly as well as a shadow of the target's own."""
    names = ("adversary-2, pretrained", "adversary-1")
    auc, precision, recall = (
        [pick(table, metric, attack=name) for name in names] for metric in ("auc", "precision", "recall")
    )
    loss = (auc[0] - auc[1]).dropna()
    missed = (recall[0] - recall[1]).dropna()
    worst: Any = missed.idxmin()
    evidence = (
        f"AUC minus that of a shadow of the target's own data, over {len(loss)} data sets: "
        f"{loss.mean():+.3f} on average, {loss.min():+.3f} at worst ({loss.idxmin()}); mean precision "
        f"{precision[0].mean():.2f} against {precision[1].mean():.2f}, recall {recall[0].mean():.2f} against "
        f"{recall[1].mean():.2f}; at its own threshold it misses most on {worst}: recall "
        f"{recall[0][worst]:.3f} against {recall[1][worst]:.3f}."
    )
    return Finding("reproduced" if loss.mean() > -0.03 else "not reproduced", evidence)


STUDIES = (
    Study(
        name="pretrained",
        title="An attack that is brought along, on data sets that it has never seen",
        figure="Ours, after adversary 2",
        claim="An attack learned once on open data sets finds members of models on data sets that it was "
        "not learned on.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        pictures=(Picture("dots", "dataset", "attack", ("precision", "recall", "auc"), ("", "")),),
        across=True,
        file=("transferred.json", package_file),
        position=19,
    ),
)
