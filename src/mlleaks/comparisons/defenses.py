"""The same data with and without defenses, attacked by adversaries who know of them and who do not."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from mlleaks import attacks
from mlleaks import defenses as known_defenses
from mlleaks.attacks.base import Held
from mlleaks.auditing.collecting import QUERIES
from mlleaks.auditing.running import mount
from mlleaks.data.audit_data import check_dataset, refuse_too_few
from mlleaks.data.protocol import SHADOW, TARGET, ProtocolSplit, protocol_split
from mlleaks.defenses import (
    Defense,
    DefenseSpec,
    changes_answers,
    held_out_share,
    without_held_out,
)
from mlleaks.errors import InputError, MissingExtra
from mlleaks.models import NetworkTrainer, as_trainer
from mlleaks.progress import track
from mlleaks.report.comparison.report import ComparisonReport
from mlleaks.results.audit import AuditResult
from mlleaks.results.comparison import ADAPTIVE, EITHER, NONE, UNAWARE
from mlleaks.runtime.foreign_code import calling
from mlleaks.seeds import Seeds
from mlleaks.shadows import Backend, Processes, train_shadows
from mlleaks.stats.estimate import Estimate
from mlleaks.storage.atomic import is_unwritable, temporary_folder
from mlleaks.storage.fingerprint import describe
from mlleaks.storage.hashing import hash_inputs
from mlleaks.storage.versions import versions
from mlleaks.types import Dataset, Observations, Outputs, Trainer

log = logging.getLogger(__name__)

Wanted: TypeAlias = Sequence[str] | Mapping[str, Defense] | None
"""Which defenses; a string is "all"."""
SHIPPED = "adversary-2"
"""The attack that is brought along; it was learned on models without a defense."""
METRICS = ("precision", "recall", "auc", "tpr@1%fpr")
LARGEST = 12_500
"""Records in each of the four parts at the most."""


def compare_defenses(
    data: Dataset,
    trainer: Trainer | Any,
    defenses: Wanted = None,
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
        Repetitions; with three or more, intervals are over seeds, and a defense may be recommended.
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
    facts = facts_of(data, trainer, defenses, seeds=seeds, seed=seed)
    trainers, unfitting = _trainers(trainer, defenses)
    backend = backend or Processes()
    rows: list[dict[str, Any]] = []
    notes = [f"{title} is left out: {why}" for title, why in unfitting.items()]
    with TemporaryDirectory(dir=temporary_folder()) as scratch:
        place = Path(folder) if folder else Path(scratch)
        for root in range(seed, seed + seeds):
            told, unfit = _one_seed(data, trainers, root, place, backend)
            rows += told
            for title, why in unfit.items():
                notes.append(f"{title} is left out: {why}")
                del trainers[title]
                rows = [row for row in rows if row["defense"] != title]
    notes += [
        f"{title} fits no weight to {held_out_share(defended):.0%} of the members: AUC and TPR are given "
        "without these, as holding records out protects no other."
        for title, defended in trainers.items()
        if held_out_share(defended)
    ]
    masks = [title for title, defended in trainers.items() if changes_answers(defended)]
    return ComparisonReport(name, pd.DataFrame(rows), facts, tuple(notes), tuple(masks))


def facts_of(
    data: Dataset,
    trainer: Trainer | Any,
    defenses: Wanted,
    *,
    seeds: int,
    seed: int,
) -> dict[str, str]:
    """Return what a comparison would be of; an error if it cannot be.

    The parameters are those of `compare_defenses`.
    """
    if not isinstance(seeds, int | np.integer) or isinstance(seeds, bool) or seeds < 1:
        raise InputError(f"{seeds!r} seeds", expected="a whole number from 1 on", fix="Pass another number.")
    seed = Seeds(seed).root
    trainers, _ = _trainers(trainer, defenses)
    return {
        "data": data.name,
        "records": f"{len(data):,}, SHA-256 {hash_inputs(data.X, data.y)[:16]}",
        "trainer": describe(trainers[NONE]),
        "seeds": f"{seed} to {seed + seeds - 1}",
        **{title: describe(defended) for title, defended in trainers.items() if title != NONE},
        "versions": ", ".join(f"{key} {version}" for key, version in versions("torch").items()),
    }


def _trainers(trainer: Trainer | Any, defenses: Wanted) -> tuple[dict[str, Trainer], dict[str, str]]:
    """Return the trainers by the names of their defenses, without any first; and why others are left out."""
    base, unfit = as_trainer(trainer), dict[str, str]()
    if isinstance(defenses, Mapping):
        known = defenses
    elif isinstance(defenses, str) and defenses == "all":
        known, unfit = _fitting(base)
    elif defenses is not None and (isinstance(defenses, str) or not isinstance(defenses, Iterable)):
        raise InputError(
            f"the defenses {defenses!r}", expected='a list of names, or "all"', fix="Pass one of them."
        )
    else:
        known = {spec.name: spec.apply for spec in _selected(base, defenses)}
    if NONE in known or not known:
        raise InputError(
            f"a defense called {NONE!r}" if known else "no defense",
            expected="one or more, with other names",
            fix="Pass names of mlleaks.defenses.REGISTRY, or functions under names of their own.",
        )
    return {NONE: base} | {title: _defended(title, f, base) for title, f in known.items()}, unfit


def _selected(trainer: Trainer, names: Iterable[str] | None) -> Iterable[DefenseSpec]:
    """Return the defenses of these names; without any, five that fit the trainer."""
    known = known_defenses.REGISTRY
    if names is None:
        return (spec for spec in known.values() if spec.is_usual_for(trainer))
    return known.select(names)


def _fitting(trainer: Trainer) -> tuple[dict[str, Defense], dict[str, str]]:
    """Return all defenses that fit a trainer and can be had here, and why the others do not."""
    fit, unfit = {}, {}
    for name, spec in known_defenses.REGISTRY.items():
        try:
            spec.apply(trainer)
        except (InputError, MissingExtra) as error:
            unfit[name] = str(error)
        else:
            fit[name] = spec.apply
    return fit, unfit


def _defended(title: str, defense: Defense, base: Trainer) -> Trainer:
    """Return what a defense, perhaps the user's own, makes of the trainer."""
    if not callable(defense):
        raise InputError(
            f"{type(defense).__name__} as the defense {title!r}",
            expected="a function defense(trainer) that returns a trainer",
            fix="Pass a function.",
        )
    fix = "Call defense(trainer) in Python to see what is wrong."
    with calling(f"from the defense {title!r}", expected="a trainer", fix=fix):
        return as_trainer(defense(base))


def _one_seed(
    data: Dataset, trainers: Mapping[str, Trainer], root: int, folder: Path, backend: Backend
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return all rows of one seed, and why which defenses do not fit these records."""
    here = protocol_split(data, root, largest_part=LARGEST, queries=QUERIES)
    refuse_too_few(here.size, "records in each of the four parts")
    rows: list[dict[str, Any]] = []
    unaware: Observations | None = None
    unfit: dict[str, str] = {}
    for title, trainer in track(list(trainers.items()), f"defenses, seed {root}"):
        try:
            target, shadow, noise = _answers(here, trainer, folder, backend)
        except InputError as error:  # parts with too few records of a class, say
            if title == NONE or len(unfit) == len(trainers) - 2 or is_unwritable(error):
                raise
            unfit[title] = f"{error} (A model here has {here.size:,} records, a quarter of the data.)"
            log.warning("%s is left out: %s", title, unfit[title])
            continue
        for adversary, hers in ((ADAPTIVE, shadow), (UNAWARE, unaware)):
            if hers is not None:
                result = _attacked(target, Held(hers, noise, labels=True), here)
                told = (
                    without_held_out(row, held_out_share(trainer)) for row in _rows(result, title, adversary)
                )
                rows += [{"seed": root, "defense": title, **row} for row in told]
        unaware = unaware or shadow
    return rows, unfit


def _answers(
    here: ProtocolSplit, trainer: Trainer, folder: Path, backend: Backend
) -> tuple[Observations, Observations, Outputs]:
    """Return what target and shadow answer about their halves, and the target about random queries."""
    plan = here.plan(1)
    trained = train_shadows(
        trainer,
        here.pool,
        plan,
        here.seeds,
        folder=folder,
        query_on=here.asked,
        backend=backend,
        group_size=1 if isinstance(trainer, NetworkTrainer) else None,
    )
    seen = []
    for role in (TARGET, SHADOW):
        rows = here.judged(role)
        outputs = Outputs(np.asarray(trained.answers(role)[rows]), here.labels(role))
        seen.append(Observations(outputs, here.member(role, plan), here.pool.ids[rows]))
    return seen[0], seen[1], Outputs(np.asarray(trained.answers(TARGET)[len(here.pool) :]))


def _attacked(target: Observations, held: Held, here: ProtocolSplit) -> AuditResult:
    return mount(
        target,
        held,
        seeds=here.seeds,
        name=here.pool.name,
        class_names=tuple(map(str, range(here.pool.n_classes))),
        notes=(),
        missing={},
        settings={},
        inputs=(),
        started=time.monotonic(),
    )


def _rows(result: AuditResult, defense: str, adversary: str) -> list[dict[str, Any]]:
    def row(attack: str, metric: str, e: Estimate) -> dict[str, Any]:
        figures = {"metric": metric, "value": e.value, "low": e.low, "high": e.high}
        return {"adversary": adversary, "attack": attack, **figures}

    def kind(attack: str) -> str:
        if "shadow" in attacks.REGISTRY[attack].needs:
            return adversary
        learned_elsewhere = attack == SHIPPED and defense != NONE
        return UNAWARE if learned_elsewhere else EITHER

    told = [
        v for v in result.verdicts if adversary == ADAPTIVE or "shadow" in attacks.REGISTRY[v.attack].needs
    ]
    rows = [
        row(v.attack, metric, v.estimates[metric]) | {"adversary": kind(v.attack)}
        for v in told
        for metric in METRICS
    ]
    if adversary == ADAPTIVE:
        rows += [row("target", metric, e) for metric, e in result.target.items()]
    return rows
