"""Which part of the population leaks most: the page's section and its table."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mlleaks.errors import InputError
from mlleaks.report.attack_names import named
from mlleaks.results.audit import AuditResult
from mlleaks.results.decision import best
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.slices import by_slice


@dataclass(frozen=True)
class SliceRow:
    """The figures of one slice."""

    slice: str
    members: int
    nonmembers: int
    auc: Estimate
    tpr: Estimate
    note: str


@dataclass(frozen=True)
class SlicesSection:
    """What the page says about slices: the attack's name, a row for each, or why there are none."""

    attack: str
    rows: tuple[SliceRow, ...] = ()
    why_not: str = ""


def slices_section(result: AuditResult) -> SlicesSection | None:
    """Return the page's section about slices; None if the audit knows of none."""
    if result.slices is None:
        return None
    attack = named(best(result))
    try:
        table = slices_frame(result, None)
    except InputError as error:  # too few records in each; the audit itself is sound
        return SlicesSection(attack, why_not=f"{error.got}; {error.expected} is needed.")
    rows = tuple(
        SliceRow(
            slice=str(row["slice"]),
            members=int(row["members"]),
            nonmembers=int(row["nonmembers"]),
            auc=Estimate(row["auc"], row["low"], row["high"], "joint"),
            tpr=Estimate(row["tpr"], row["tpr_low"], row["tpr_high"], "joint"),
            note=row["note"],
        )
        for row in table.to_dict("records")
    )
    return SlicesSection(attack, rows)


def slices_frame(result: AuditResult, attack: str | None) -> pd.DataFrame:
    """Return one row per slice: see `mlleaks.AuditReport.by_slice`.

    Raises
    ------
    InputError
        There are no slices, no such attack, or no slice is large enough.
    """
    if result.slices is None:
        raise InputError(
            "an audit without slices",
            expected="one that knows to which slice each record belongs",
            fix="Pass slices=(members' slices, non-members' slices) (command line: --slice COLUMN).",
        )
    verdict = best(result) if attack is None else result.verdict(attack)
    return by_slice(result.member, verdict.scores, result.slices, person=result.persons)
