"""The risk of each record: how plainly it is exposed, to how many attacks, and what may be the reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from mlleaks.stats.agreement import agreement
from mlleaks.stats.checks import checked_numbers, checked_sides
from mlleaks.stats.conformal import record_p_values
from mlleaks.stats.cutoffs import LEVEL, PRIORS
from mlleaks.stats.names import checked_ids
from mlleaks.stats.naming import name_members
from mlleaks.stats.record_evidence import RecordEvidence


def record_risk(
    member: Any,
    scores: Any,
    *,
    ids: Any = None,
    level: float = LEVEL,
    prior: float = PRIORS[0],
    evidence: RecordEvidence | None = None,
) -> pd.DataFrame:
    """Return one row per record, the most exposed first.

    Parameters
    ----------
    member : bool array-like (n,)
    scores : array-like (n,)
        Of the attack that the list is made by; higher = more likely a member.
    ids : array-like (n,), optional
        What each record is called; row numbers by default.
    level, prior : float
        Of the list of names, see `naming.name_members`.
    evidence : RecordEvidence, optional

    Returns
    -------
    DataFrame
        ``id, member, score``; ``rank`` (1 = the highest score, ties share the best); ``p_value`` (conformal,
        of non-members against the other ones); ``named`` (whether the list at this level and prior holds the
        record); ``agreement`` (the share of all attacks, this one included, whose list holds it).
        With evidence also ``score_low, score_high`` (where the score lies of a further model, with 95 %:
        Student's *t* prediction interval over the models, nan with fewer than three), ``class_share`` (of all
        records, those of its class: low = rare), ``outlier_rank`` and ``posterior_without``.

    Raises
    ------
    InputError
        Input that does not fit, ids that repeat, or too few non-members for the level.

    Examples
    --------
    >>> member = np.repeat([True, False], [3, 40])
    >>> scores = np.r_[9, 5, 0.5, np.linspace(0, 1, 40)]
    >>> table = record_risk(member, scores, evidence=RecordEvidence({"other": -scores}))
    >>> table[["id", "rank", "p_value", "named", "agreement"]].head(3).round(3).values.tolist()
    [[0, 1, 0.024, True, 0.5], [1, 2, 0.024, True, 0.5], [42, 3, 0.025, False, 0.0]]
    """
    sides, numbers = checked_sides(member, scores)
    extra = evidence or RecordEvidence()
    everything = [numbers, *(checked_numbers(values, name) for name, values in extra.attacks.items())]
    named = name_members(sides, numbers, level=level, prior=prior).named
    table = pd.DataFrame(
        {
            "id": checked_ids(ids, len(sides)),
            "member": sides,
            "score": numbers,
            "rank": rankdata(-numbers, method="min").astype(np.int64),
            "p_value": record_p_values(sides, numbers),
            "named": named,
            "agreement": agreement(sides, everything, level=level, prior=prior),
            **extra.columns(len(sides)),
        }
    )
    return table.sort_values("rank", kind="stable", ignore_index=True)
