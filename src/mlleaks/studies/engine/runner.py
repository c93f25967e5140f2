"""Running studies: every data set and seed of each; what an earlier run measured is read from the store."""

from __future__ import annotations

import logging
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd

from mlleaks import datasets
from mlleaks.datasets.files import checksums
from mlleaks.errors import DataUnavailable, InputError
from mlleaks.progress import track
from mlleaks.results.reproduction import Chapter, Reproduction
from mlleaks.storage.atomic import is_unwritable, sweep
from mlleaks.storage.fingerprint import describe
from mlleaks.storage.memo import is_memoized, key_of, memoize
from mlleaks.storage.versions import versions
from mlleaks.studies import paper
from mlleaks.studies.engine.as_published import DATASETS, require_published
from mlleaks.studies.engine.chapter import build_chapter
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.findings import paper_claims
from mlleaks.studies.engine.study import Row, Study

log = logging.getLogger(__name__)

SKIPPED = "skipped"
"""The one column of a row that stands where a study could not be run on a data set."""

ROWS = "rows"
"""The folder of the store that holds measured rows."""

Checksums: TypeAlias = Mapping[str, tuple[str, ...]]
"""The SHA-256 of each data set's files."""


@dataclass(frozen=True)
class Unit:
    """One study on one data set with one seed."""

    study: Study
    dataset: str
    seed: int
    other_datasets: tuple[str, ...]


def reproduce(studies: Sequence[Study], context: StudyContext, *, only: Sequence[str] = ()) -> Reproduction:
    """Return the results of the studies.

    Parameters
    ----------
    studies : sequence of Study
    context : StudyContext
        Its store holds trained models' answers and the rows measured from them: a killed run goes on
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
    names = dataset_names(studies, only)
    if context.scale.as_published:
        require_published(only)
        names = [name for name in names if name in DATASETS]
    sweep(context.store / ROWS)
    available, skipped = _availability(names)
    for name, why in skipped.items():
        log.warning("%s is skipped: %s", name, why)
    chapters = None
    while chapters is None:  # again without a data set that could not be read: measured rows are stored
        chapters = _chapters(studies, context, only, available, skipped)
    provenance = {
        "scale": context.scale.name,
        **({"settings": "of the authors' code"} if context.scale.as_published else {}),
        "data sets": ", ".join(available),
        "machine": f"{platform.machine()}, {platform.system()}",
        "versions": ", ".join(f"{name} {version}" for name, version in versions("torch").items()),
    }
    return Reproduction(chapters, paper_claims(chapters), skipped, provenance)


def _chapters(
    studies: Sequence[Study],
    context: StudyContext,
    only: Sequence[str],
    available: dict[str, tuple[str, ...]],
    skipped: dict[str, str],
) -> tuple[Chapter, ...] | None:
    """Return the studies' chapters; None if a data set could not be read: then it is in ``skipped``."""
    if not available:
        raise DataUnavailable(
            f"none of {', '.join(skipped)} ({next(iter(skipped.values()))})",
            expected="at least one of them on this machine",
            fix="See `mlleaks datasets` for their sources.",
        )
    rows: dict[str, list[Row]] = {study.name: [] for study in studies}
    try:
        units = _units(studies, tuple(available), context, only)
        keyed = [(unit, _key(unit, context, available)) for unit in units]
        store = context.store / ROWS
        missing = [(unit, key) for unit, key in keyed if not is_memoized(store, key)]
        measured = {key: _run(unit, key, context) for unit, key in track(missing, "studies")}
        for unit, key in keyed:
            rows[unit.study.name] += measured[key] if key in measured else _run(unit, key, context)
        return tuple(_chapter(study, rows[study.name], context, available) for study in studies)
    except DataUnavailable:
        unreadable = _unreadable(available)
        if not unreadable:
            raise
    for name, why in unreadable.items():
        log.warning("%s is skipped: %s", name, why)
        del available[name]
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


def dataset_names(studies: Sequence[Study], only: Sequence[str]) -> list[str]:
    """Return the names in ``only``, or if it is empty all data sets of the studies.

    Raises
    ------
    InputError
        No data set has such a name.
    """
    for name in only:
        if name not in datasets.REGISTRY:
            raise InputError(
                f"the data set {name!r}",
                expected=f"one of {', '.join(datasets.REGISTRY)}",
                fix="See `mlleaks datasets`.",
            )
    return list(dict.fromkeys(only or [name for study in studies for name in study.datasets]))


def _availability(names: Sequence[str]) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return the checksums of the data sets that can be had, and why the others cannot."""
    available, skipped = {}, {}
    for name in names:
        try:
            available[name] = checksums(datasets.REGISTRY[name])
        except DataUnavailable as error:
            skipped[name] = str(error)
    return available, skipped


def _units(
    studies: Sequence[Study], available: Sequence[str], context: StudyContext, only: Sequence[str]
) -> list[Unit]:
    """Return what is to be run: data set by data set, then the studies across data sets."""
    units = []
    for across in (False, True):
        for dataset in available:
            for seed in context.scale.seeds_of(dataset):
                for study in studies:
                    names = available if only else [name for name in available if name in study.datasets]
                    if study.across is across and dataset in names:
                        units.append(Unit(study, dataset, seed, tuple(names)))
    return units


def _run(unit: Unit, key: str, context: StudyContext) -> list[Row]:
    """Return a unit's rows, each with its data set and seed."""
    rows = memoize(context.store / ROWS, key, lambda: measure_unit(unit, context))
    return [{"dataset": unit.dataset, "seed": unit.seed} | row for row in rows]


def measure_unit(unit: Unit, context: StudyContext) -> list[Row]:
    """Return the rows of a study, or one row that says why it cannot be run on its data set."""
    try:
        return unit.study.run(context, unit.dataset, unit.seed, unit.other_datasets)
    except InputError as error:  # a part with too few records of a class, say
        if is_unwritable(error):
            raise
        log.warning("%s skips %s: %s", unit.study.name, unit.dataset, error)
        return [{SKIPPED: str(error)}]


def _key(unit: Unit, context: StudyContext, available: Checksums) -> str:
    """Return the hash of all that a unit's rows depend on."""
    study = unit.study
    data = [(name, available[name]) for name in (unit.other_datasets if study.across else (unit.dataset,))]
    code = [study.run.__module__, f"{paper.__name__}.{study.name.replace('-', '_')}", *_loaders(data)]
    return key_of(code, study.name, unit.dataset, unit.seed, data, _size(context, data), versions("torch"))


def _loaders(data: Sequence[tuple[str, tuple[str, ...]]]) -> list[str]:
    """Return the modules that load data sets."""
    loads = [datasets.REGISTRY[name].load for name, _ in data]
    return [getattr(load, "func", load).__module__ for load in loads]


def _size(context: StudyContext, data: Sequence[tuple[str, tuple[str, ...]]]) -> list[Any]:
    """Return the settings of the scale that figures depend on: not the number of seeds, for example."""
    scale = context.scale
    trained = [(name, scale.most(name), describe(scale.reference(name))) for name, _ in data]
    published = ["as published"] if scale.as_published else []
    return [scale.name, scale.epochs, scale.shadows, scale.queries, trained, *published]


def _chapter(study: Study, rows: Sequence[Row], context: StudyContext, available: Checksums) -> Chapter:
    """Return a study's chapter from the rows of all its units."""
    skipped = {row["dataset"]: row[SKIPPED] for row in rows if SKIPPED in row}
    measured = [row for row in rows if SKIPPED not in row]
    files = _file(study, measured, context, available) if measured else {}
    return build_chapter(study, pd.DataFrame(measured), skipped=skipped, files=files)


def _file(
    study: Study, measured: Sequence[Row], context: StudyContext, available: Checksums
) -> dict[str, str]:
    """Return the file that a study writes, made from the data sets that it was run on."""
    if study.file is None:
        return {}
    name, make = study.file
    names = tuple(dict.fromkeys(row["dataset"] for row in measured))
    data = [(dataset, available[dataset]) for dataset in names]
    code = [make.__module__, *_loaders(data)]
    key = key_of(code, study.name, name, data, _size(context, data), versions("torch"))
    [row] = memoize(context.store / ROWS, key, lambda: [{"text": make(context, names)}])
    return {name: row["text"]}
