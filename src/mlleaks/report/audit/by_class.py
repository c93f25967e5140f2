"""How much each class leaks, with intervals that hold for all classes at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.errors import InputError
from mlleaks.results import decision
from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.results.exposure import exposure_of
from mlleaks.stats import intervals
from mlleaks.stats.slices import FEWEST, by_slice

SHOWN = 10
"""The page has at most so many classes."""


def by_class_frame(result: AuditResult, attack: str | None = None) -> pd.DataFrame:
    """Return one row per class that has records; see `AuditReport.by_class`.

    Raises
    ------
    InputError
        No such attack, one class only, or no class with enough members and non-members.
    """
    verdict, level = _verdict(result, attack)
    classes = result.predicted if result.labels is None else result.labels
    table = by_slice(result.member, verdict.scores, classes, person=result.persons, level=level)
    flagged = {
        c.label: (_share(c.members_flagged, c.members), _share(c.nonmembers_flagged, c.nonmembers))
        for c in verdict.per_class
    }
    shares = [flagged.get(label, (math.nan, math.nan)) for label in table["slice"]]
    table["members_flagged"], table["nonmembers_flagged"] = zip(*shares, strict=True)
    table.insert(0, "class", np.array(result.class_names)[table["slice"].to_numpy(dtype=int)])
    order = [name for name in table if name not in ("slice", "note", "worst")]
    return table[[*order, "worst", "note"]].set_index("class")


def _verdict(result: AuditResult, attack: str | None) -> tuple[Verdict, float]:
    """Return the verdict to look at, and the level that allows for how it was chosen (Bonferroni).

    An attack that the caller names, or that was chosen beforehand, needs no correction. The one that is best
    on these records does: the intervals of all attacks have to hold at once.
    """
    if attack is not None:
        return result.verdict(attack), intervals.LEVEL
    if exposure_of(result).beforehand:
        return result.verdict(str(result.headline)), intervals.LEVEL
    return decision.best(result), 1 - (1 - intervals.LEVEL) / len(result.verdicts)


def _share(count: int, of: int) -> float:
    return count / of if of else math.nan


@dataclass(frozen=True)
class LeakByClass:
    """What the page says of classes.

    Parameters
    ----------
    attack : Verdict
    sentences : list of str
    rows : list of dict
        The classes that leak beyond chance, the highest AUC first; at most `SHOWN`.
    """

    attack: Verdict
    sentences: list[str]
    rows: list[dict[str, Any]]

    @property
    def has_tpr(self) -> bool:
        """Whether some class has enough non-members for a TPR at 1 % FPR."""
        return any(not math.isnan(row["tpr"]) for row in self.rows)


def leak_by_class(result: AuditResult) -> LeakByClass | None:
    """Return what can be said of single classes; None if no class has enough records, or there is but one."""
    try:
        table = by_class_frame(result)
    except InputError:
        return None
    measured = table[table["auc"].notna()]
    resolved = measured[measured["low"] > 0.5]
    facts = [
        f"Measured are classes with {FEWEST} members and {FEWEST} non-members or more: {len(measured)} of "
        f"{len(table)}. In {len(resolved) or 'none'} of these, members score higher than non-members, beyond "
        "what chance explains. The intervals hold for all classes at once."
    ]
    most, least = int(measured["low"].argmax()), int(measured["high"].argmin())
    if measured["low"].iloc[most] > max(0.5, measured["high"].iloc[least]):
        names = measured.index
        facts.append(
            f"The class {names[most]} leaks more than {names[least]}: their intervals do not overlap."
        )
    if len(resolved) > SHOWN:
        facts.append(f"The table has the {SHOWN} classes with the highest AUC.")
    rows = resolved.head(SHOWN).reset_index().to_dict("records")
    return LeakByClass(
        _verdict(result, None)[0], facts, [{str(k): v for k, v in row.items()} for row in rows]
    )
