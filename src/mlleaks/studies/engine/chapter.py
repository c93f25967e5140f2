"""From a study's tidy table to its chapter: means over seeds, and whether the claim holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from mlleaks.results.reproduction import BOTH, Chapter, Finding
from mlleaks.stats.over_seeds import ENOUGH
from mlleaks.studies.engine.conclusions import listed
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows
from mlleaks.studies.engine.study import LEAKING_AUC, Study


def build_chapter(
    study: Study,
    tidy: pd.DataFrame,
    *,
    skipped: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> Chapter:
    """Return the chapter of a study.

    Parameters
    ----------
    study : Study
    tidy : DataFrame
        ``dataset, seed`` and what `Study.run` returns, one row per measurement; may be empty.
    skipped : mapping of str to str, optional
        Data sets that the study could not be run on, and why.
    files : mapping of str to str, optional
        What else it writes: name and text.
    """
    measured = Measurements(tidy)
    finding = _finding(study, measured)
    return Chapter(
        name=study.name,
        title=study.title,
        figure=study.figure,
        claim=study.claim,
        published=study.published,
        finding=finding,
        tidy=tidy,
        summary=tidy if tidy.empty else measured.table,
        index=study.index,
        metrics=study.metrics,
        pictures=study.pictures,
        short=study.short,
        skipped=skipped or {},
        files=files or {},
        averaged=_averaged(study, measured, finding),
    )


def _averaged(study: Study, measured: Measurements, members: Finding) -> Finding | None:
    """Return the check's result with averages over both classes; None if it is that of the members."""
    if measured.tidy.empty or BOTH not in set(measured.tidy["metric"]):
        return None
    finding = _finding(study, measured.averaged)
    return None if finding == members else finding


def _finding(study: Study, measured: Measurements) -> Finding:
    """Return the result of the study's check; "not run" if rows are missing that it needs."""
    if measured.tidy.empty:
        return Finding("not run", "This run has none of the study's data sets, or too few of them.")
    try:
        finding = study.check(measured)
    except MissingRows as error:
        return Finding("not run", f"This run is too small for the check: {error}.")
    if study.targets and finding.word != "reproduced":
        finding = replace(finding, cause=_where_something_leaks(study, measured))
    once = measured.once
    if not once:
        return finding
    where = "" if len(once) == measured.tidy["dataset"].nunique() else f" on {', '.join(once)}"
    few = (
        f"There are fewer than {ENOUGH} seeds{where}: the variation between trainings is not in the intervals"
    )
    return replace(
        finding, details=f"{finding.details} {few}{' of these data sets' if where else ''}.".strip()
    )


def _where_something_leaks(study: Study, measured: Measurements) -> str:
    """Return a sentence if the claim holds without the targets on which no attack finds anything."""
    table, names = measured.table, list(study.targets)
    best = table[table["metric"] == "auc"].groupby(names, sort=False)["value"].max()
    quiet = best.index[~(best > LEAKING_AUC)]
    if not len(quiet) or len(quiet) == len(best):
        return ""
    tidy = measured.tidy
    leaking = tidy[~tidy.set_index(names).index.isin(quiet)]
    try:
        finding = study.check(Measurements(leaking))
    except MissingRows:
        return ""
    if finding.word != "reproduced":
        return ""
    rest = [name if isinstance(name, str) else " ".join(map(str, name)) for name in quiet]
    return (
        f"Without {listed(rest)}, where no attack has an AUC "
        f"above {LEAKING_AUC}, it is reproduced ({finding.figure})."
    )
