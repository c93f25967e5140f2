"""The same data with and without defenses, attacked by adversaries who know of them and who do not."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from mlleaks import attacks
from mlleaks.attacks.needs import Labels, RandomQueries, ShadowModels
from mlleaks.auditing.collecting import Saved, SavedShadows, collect
from mlleaks.auditing.evaluating import build_all, evaluate_all, target_facts
from mlleaks.auditing.planning import plan_attacks
from mlleaks.comparisons.defended_trainers import DefenseChoice, comparison_facts, defended_trainers
from mlleaks.data.audit_data import check_dataset
from mlleaks.data.guards import refuse_too_few
from mlleaks.data.protocol import SHADOW, TARGET, ProtocolSplit, protocol_split
from mlleaks.defenses import (
    changes_answers,
    held_out_share,
    without_held_out,
)
from mlleaks.errors import InputError
from mlleaks.progress import track
from mlleaks.report.comparison.report import ComparisonReport
from mlleaks.results.comparison import ADAPTIVE, EITHER, NONE, UNAWARE
from mlleaks.shadows import Backend, Processes, train_shadows
from mlleaks.shadows.tuning import fixed_group_size
from mlleaks.stats.estimate import Estimate
from mlleaks.storage.atomic import is_unwritable, temporary_folder
from mlleaks.types import Dataset, Observations, Outputs, Trainer

log = logging.getLogger(__name__)

METRICS = ("precision", "recall", "auc", "tpr@1%fpr")
LARGEST = 12_500
"""Records in each of the four parts at the most."""


def compare_defenses(
    data: Dataset,
    trainer: Trainer | Any,
    defenses: DefenseChoice = None,
    *,
    seeds: int = 5,
    seed: int = 0,
    folder: Path | str | None = None,
    backend: Backend | None = None,
    name: str = "defenses",
) -> ComparisonReport:
    """Return what each defense costs in accuracy and what it takes from every attack.

    For each seed the records are cut into the target's and the shadow's members and non-members, the
    same for every defense. A defense is attacked twice: by adversaries whose shadow is trained with the
    same defense (adaptive), and by some who do not know of it (unaware).

    Parameters
    ----------
    data : Dataset
        See `mlleaks.load_dataset`.
    trainer : Trainer or scikit-learn estimator
        How the model is trained without defenses.
    defenses : sequence of str, mapping of str to callable, or "all", optional
        Names of `mlleaks.defenses.REGISTRY`, or any ``defense(trainer) -> Trainer`` by name, or all that fit
        the trainer; by default five that do.
    seeds : int
        Repetitions; with three or more, intervals contain the variation between trainings, and a defense may
        be called better or worse than none.
    seed : int
        The first of them.
    folder : Path or str, optional
        Where the models' answers are kept: a killed run goes on there, the same run again is instant.
    backend : Backend, optional
        Where models are trained; `Processes` by default.
    name : str

    Raises
    ------
    InputError
        A defense that does not exist or does not fit the trainer, or records that are too few.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> import mlleaks
    >>> from mlleaks.shadows import InProcess
    >>> digits = mlleaks.load_dataset("digits")
    >>> tree = DecisionTreeClassifier()
    >>> found = compare_defenses(digits, tree, ["label-only"], seeds=1, backend=InProcess())
    >>> found.to_frame()["defense"].tolist()
    ['none', 'label-only']
    """
    data = check_dataset(data)
    facts = comparison_facts(data, trainer, defenses, seeds=seeds, seed=seed)
    trainers, skipped = defended_trainers(trainer, defenses)
    backend = backend or Processes()
    rows: list[dict[str, Any]] = []
    notes = [f"{title} is skipped: {why}" for title, why in skipped.items()]
    with TemporaryDirectory(dir=temporary_folder()) as temporary:
        place = Path(folder) if folder else Path(temporary)
        for root in range(seed, seed + seeds):
            measured, unfit = _one_seed(data, trainers, root, place, backend)
            rows += measured
            for title, why in unfit.items():
                notes.append(f"{title} is skipped: {why}")
                del trainers[title]
                rows = [row for row in rows if row["defense"] != title]
    notes += [
        f"{title} fits no weight to {held_out_share(defended):.0%} of the members. AUC and TPR are given "
        "without these: holding records out protects no other record."
        for title, defended in trainers.items()
        if held_out_share(defended)
    ]
    masks = [title for title, defended in trainers.items() if changes_answers(defended)]
    return ComparisonReport(name, pd.DataFrame(rows), facts, tuple(notes), tuple(masks))


def _one_seed(
    data: Dataset, trainers: Mapping[str, Trainer], root: int, folder: Path, backend: Backend
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return all rows of one seed, and why which defenses do not fit these records."""
    split = protocol_split(data, root, largest_part=LARGEST, queries=RandomQueries.count)
    refuse_too_few(split.size, "records in each of the four parts")
    rows: list[dict[str, Any]] = []
    unaware: Observations | None = None
    unfit: dict[str, str] = {}
    for title, trainer in track(list(trainers.items()), f"defenses, seed {root}"):
        try:
            target, shadow, random_queries = _answers(split, trainer, folder, backend)
        except InputError as error:  # parts with too few records of a class, say
            if title == NONE or len(unfit) == len(trainers) - 2 or is_unwritable(error):
                raise
            unfit[title] = f"{error} (A model here has {split.size:,} records, a quarter of the data.)"
            log.warning("%s is skipped: %s", title, unfit[title])
            continue
        for adversary, other in ((ADAPTIVE, shadow), (UNAWARE, unaware)):
            if other is not None:
                measured = _rows(split, target, other, random_queries, adversary=adversary)
                share = held_out_share(trainer)
                rows += [
                    {"seed": root, "defense": title, **without_held_out(_named(row, title), share)}
                    for row in measured
                ]
        unaware = unaware or shadow
    return rows, unfit


def _answers(
    split: ProtocolSplit, trainer: Trainer, folder: Path, backend: Backend
) -> tuple[Observations, Observations, Outputs]:
    """Return what target and shadow answer about their records, and the target about random queries."""
    plan = split.plan(1)
    trained = train_shadows(
        trainer,
        split.pool,
        plan,
        split.seeds,
        folder=folder,
        query_on=split.queried,
        backend=backend,
        group_size=fixed_group_size(trainer, perceptrons=1),
    )
    answers = trained.answers(TARGET)
    return (
        split.observations(TARGET, answers, plan),
        split.observations(SHADOW, trained.answers(SHADOW), plan),
        split.random_answers(answers),
    )


def _rows(
    split: ProtocolSplit,
    target: Observations,
    shadow: Observations,
    random_queries: Outputs,
    *,
    adversary: str,
) -> list[dict[str, Any]]:
    """Return every attack's figures, and the target's own; of an unaware adversary, what differs."""
    sources = {
        Labels: Saved(value=True),
        RandomQueries: Saved(random_queries),
        ShadowModels: SavedShadows((shadow,)),
    }
    specs = attacks.REGISTRY.values()
    plan = plan_attacks((s for s in specs if adversary == ADAPTIVE or s.learns_from_shadows), sources)
    evidence = collect(plan, sources, split.seeds)
    rows = [
        _row(verdict.attack, metric, verdict.estimates[metric])
        | {"adversary": adversary if attacks.REGISTRY[verdict.attack].learns_from_shadows else EITHER}
        for verdict in evaluate_all(build_all(plan, evidence, split.seeds), evidence, target)
        for metric in METRICS
    ]
    if adversary == ADAPTIVE:
        rows += [_row("target", metric, e) for metric, e in target_facts(target).items()]
    return rows


def _row(attack: str, metric: str, e: Estimate) -> dict[str, Any]:
    figures = {"metric": metric, "value": e.value, "low": e.low, "high": e.high}
    return {"adversary": ADAPTIVE, "attack": attack, **figures}


def _named(row: dict[str, Any], defense: str) -> dict[str, Any]:
    """Return a row with its adversary: a pretrained attack knows of no defense."""
    spec = attacks.REGISTRY.get(row["attack"])
    unaware = defense != NONE and spec is not None and spec.pretrained
    return row | {"adversary": UNAWARE} if unaware else row
