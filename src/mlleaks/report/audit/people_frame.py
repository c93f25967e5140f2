"""One score of an attack for each person."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlleaks.errors import InputError
from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.results.decision import best
from mlleaks.stats.groups import Aggregate, People, by_person


def people_of(result: AuditResult, verdict: Verdict, how: Aggregate = "mean") -> People:
    """Return one score of an attack for each person; infinite scores count as the highest finite ones."""
    scores = verdict.scores
    finite = scores[np.isfinite(scores)]
    if len(finite) < len(scores):
        low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
        scores = np.clip(scores, low, high)
    return by_person(result.member, scores, result.persons, how=how)


def people_frame(result: AuditResult, attack: str | None, how: Aggregate) -> pd.DataFrame:
    """Return one row per person: see `mlleaks.AuditReport.people`.

    Raises
    ------
    InputError
        Nobody said whose records these are, or there is no such attack.
    """
    if result.persons is None:
        raise InputError(
            "an audit without persons",
            expected="one that knows whose record each is",
            fix="Pass groups=(members' persons, non-members' persons) (command line: --group COLUMN).",
        )
    verdict = best(result) if attack is None else result.verdict(attack)
    people = people_of(result, verdict, how)
    columns = {"person": people.ids, "member": people.member, "records": people.rows, "score": people.scores}
    return pd.DataFrame(columns)
