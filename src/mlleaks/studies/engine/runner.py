"""Running studies: every data set and seed of each, whatever was found before from the notebook."""

from __future__ import annotations

import logging
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mlleaks import datasets
from mlleaks.datasets.files import checksums
from mlleaks.errors import DataUnavailable, InputError
from mlleaks.progress import track
from mlleaks.results.study import Chapter, Reproduction
from mlleaks.storage.atomic import is_unwritable, sweep
from mlleaks.storage.fingerprint import describe
from mlleaks.storage.memo import is_memoized, key_of, memoize
from mlleaks.storage.versions import versions
from mlleaks.studies import paper
from mlleaks.studies.engine.chapter import chapter
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.findings import judged
from mlleaks.studies.engine.study import Row, Study

log = logging.getLogger(__name__)

UNFIT = "unfit"
"""The one column of a row that stands where a study could not be run on a data set."""


ROWS = "rows"
"""The folder of the store that holds what was found."""


@dataclass(frozen=True)
class Unit:
    """One study on one data set with one seed."""

    study: Study
    dataset: str
    seed: int
    others: tuple[str, ...]


def reproduce(studies: Sequence[Study], lab: StudyContext, *, only: Sequence[str] = ()) -> Reproduction:
    """Return what the studies found.

    Parameters
    ----------
    studies : sequence of Study
    lab : Lab
        Its store keeps trained models' answers and what was found from them: a killed run goes on
        where it stopped, and two runs may share it.
    only : sequence of str
        The data sets; by default those that each study names.

    Raises
    ------
    InputError
        A data set that does not exist, or none of a study's.
    DataUnavailable
        None of the data sets is at hand.
    """
    names = wanted(studies, only)
    sweep(lab.store / ROWS)
    known, skipped = _looked_for(names)
    for name, why in skipped.items():
        log.warning("%s is left out: %s", name, why)
    chapters = None
    while chapters is None:  # again without a data set that could not be read: what was found is kept
        chapters = _chapters(studies, lab, only, known, skipped)
    facts = {
        "scale": lab.scale.name,
        "data sets": ", ".join(known),
        "machine": f"{platform.machine()}, {platform.system()}",
        "versions": ", ".join(f"{name} {version}" for name, version in versions("torch").items()),
    }
    return Reproduction(chapters, judged(chapters), skipped, facts)


def _chapters(
    studies: Sequence[Study],
    lab: StudyContext,
    only: Sequence[str],
    known: dict[str, tuple[str, ...]],
    skipped: dict[str, str],
) -> tuple[Chapter, ...] | None:
    """Return what the studies found; None if a data set could not be read: then it is in ``skipped``."""
    if not known:
        raise DataUnavailable(
            f"none of {', '.join(skipped)} ({next(iter(skipped.values()))})",
            expected="at least one of them on this machine",
            fix="See `mlleaks datasets` for where they are found.",
        )
    found: dict[str, list[Row]] = {study.name: [] for study in studies}
    try:
        units = _units(studies, tuple(known), lab, only)
        keys = [_key(unit, lab, known) for unit in units]
        keyed = list(zip(units, keys, strict=True))
        for unit, key in track([(u, k) for u, k in keyed if not is_memoized(lab.store / ROWS, k)], "studies"):
            _run(unit, key, lab)
        for unit, key in keyed:
            found[unit.study.name] += _run(unit, key, lab)
        return tuple(_told(study, found[study.name], _file(study, found, lab, known)) for study in studies)
    except DataUnavailable:
        unreadable = _unreadable(known)
        if not unreadable:
            raise
    for name, why in unreadable.items():
        log.warning("%s is left out: %s", name, why)
        del known[name]
    skipped |= unreadable
    return None


def _unreadable(names: Iterable[str]) -> dict[str, str]:
    """Return the first data set whose files are there but cannot be read, and why."""
    for name in names:
        try:
            datasets.load_dataset(name)
        except DataUnavailable as error:
            return {name: str(error)}
    return {}


def wanted(studies: Sequence[Study], only: Sequence[str]) -> list[str]:
    """Return all data sets of the studies, or those asked for.

    Raises
    ------
    InputError
        There is none of a name.
    """
    known = datasets.REGISTRY
    for name in only:
        if name not in known:
            raise InputError(
                f"the data set {name!r}", expected=f"one of {', '.join(known)}", fix="See `mlleaks datasets`."
            )
    return list(dict.fromkeys(only or [name for study in studies for name in study.datasets]))


def _looked_for(wanted: Sequence[str]) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return the checksums of the data sets that can be had, and why the others cannot."""
    known, skipped = {}, {}
    for name in wanted:
        try:
            known[name] = checksums(datasets.REGISTRY[name])
        except DataUnavailable as error:
            skipped[name] = str(error)
    return known, skipped


def _units(
    studies: Sequence[Study], here: Sequence[str], lab: StudyContext, only: Sequence[str]
) -> list[Unit]:
    """Return what is to be run: data set by data set, then the studies across data sets."""
    units = []
    for across in (False, True):
        for dataset in here:
            for seed in lab.scale.seeds_of(dataset):
                for study in studies:
                    mine = here if only else [name for name in here if name in study.datasets]
                    if study.across is across and dataset in mine:
                        units.append(Unit(study, dataset, seed, tuple(mine)))
    return units


def _run(unit: Unit, key: str, lab: StudyContext) -> list[Row]:
    """Return a unit's rows, each with its data set and seed."""
    made = memoize(lab.store / ROWS, key, lambda: _attempted(unit, lab))
    return [{"dataset": unit.dataset, "seed": unit.seed} | row for row in made]


def _key(unit: Unit, lab: StudyContext, known: Mapping[str, tuple[str, ...]]) -> str:
    """Return the hash of all that a unit's rows depend on."""
    study = unit.study
    data = [(name, known[name]) for name in (unit.others if study.across else (unit.dataset,))]
    code = [study.run.__module__, f"{paper.__name__}.{study.name.replace('-', '_')}", *_loaders(data)]
    return key_of(code, study.name, unit.dataset, unit.seed, data, _size(lab, data), versions("torch"))


def _loaders(data: Sequence[tuple[str, tuple[str, ...]]]) -> list[str]:
    """Return the modules that load data sets."""
    loads = [datasets.REGISTRY[name].load for name, _ in data]
    return [getattr(load, "func", load).__module__ for load in loads]


def _size(lab: StudyContext, data: Sequence[tuple[str, tuple[str, ...]]]) -> list[Any]:
    """Return what of the scale figures depend on: not how many seeds there are, nor of other data sets."""
    scale = lab.scale
    trained = [(name, scale.most(name), describe(scale.reference(name))) for name, _ in data]
    return [scale.name, scale.epochs, scale.shadows, scale.queries, trained]


def _attempted(unit: Unit, lab: StudyContext) -> list[Row]:
    """Return what a study finds, or one row that says why a data set is not for it."""
    try:
        return unit.study.run(lab, unit.dataset, unit.seed, unit.others)
    except InputError as error:  # a part with too few records of a class, say
        if is_unwritable(error):
            raise
        log.warning("%s leaves out %s: %s", unit.study.name, unit.dataset, error)
        return [{UNFIT: str(error)}]


def _file(
    study: Study, found: Mapping[str, list[Row]], lab: StudyContext, known: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Return the file that a study leaves, learned on the data sets that it was run on."""
    if study.file is None or not found[study.name]:
        return {}
    name, make = study.file
    mine = tuple(dict.fromkeys(row["dataset"] for row in found[study.name] if UNFIT not in row))
    data = [(dataset, known[dataset]) for dataset in mine]
    code = [make.__module__, *_loaders(data)]
    key = key_of(code, study.name, name, data, _size(lab, data), versions("torch"))
    [row] = memoize(lab.store / ROWS, key, lambda: [{"text": make(lab, mine)}])
    return {name: row["text"]}


def _told(study: Study, rows: list[Row], files: Mapping[str, str]) -> Chapter:
    """Return a study's chapter from all its units' rows."""
    unfit = {row["dataset"]: row[UNFIT] for row in rows if UNFIT in row}
    return chapter(study, pd.DataFrame([row for row in rows if UNFIT not in row]), unfit=unfit, files=files)
