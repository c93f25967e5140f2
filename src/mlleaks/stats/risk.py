"""The risk of each record: how plainly it is exposed, to how many attacks, and what may be the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from mlleaks.errors import InputError
from mlleaks.stats.checks import checked_names, checked_numbers, checked_sides
from mlleaks.stats.conformal import record_p_values
from mlleaks.stats.intervals import LEVEL as COVERAGE
from mlleaks.stats.intervals import t_half_width
from mlleaks.stats.naming import LEVEL, PRIORS, name_members
from mlleaks.types import Floats

FEWEST_MODELS = 3
"""A record whose score is known of fewer models has no interval."""


@dataclass(frozen=True)
class RecordEvidence:
    """What else is known of each record; each part is optional and gives columns of its own.

    Parameters
    ----------
    attacks : mapping of str to array-like (n,)
        The scores of further attacks, by name; higher = more likely a member.
    over_models : float array (k, n), optional
        The score of each record if another model were the target: reference models that were trained on the
        record if it is a member, and models that were not if it is none. Nan where a model does not count.
    labels : array-like (n,), optional
        The class of each record.
    outlier_rank : array-like (n,), optional
        How far each record lies from the others, as the share of records that lie nearer: 1 = the farthest.
    posterior_without : array-like (n,), optional
        The mean posterior of the true class in models that were not trained on the record. Near 0, the label
        is probably wrong or the record hard, and a model can only be right by remembering it.
    """

    attacks: Mapping[str, Any] = field(default_factory=dict)
    over_models: Any = None
    labels: Any = None
    outlier_rank: Any = None
    posterior_without: Any = None


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
    lists = [name_members(sides, values, level=level, prior=prior).named for values in everything]
    table = pd.DataFrame(
        {
            "id": _names(ids, len(sides)),
            "member": sides,
            "score": numbers,
            "rank": rankdata(-numbers, method="min").astype(np.int64),
            "p_value": record_p_values(sides, numbers),
            "named": lists[0],
            "agreement": np.mean(lists, axis=0),
            **_further(extra, len(sides)),
        }
    )
    return table.sort_values("rank", kind="stable", ignore_index=True)


def _names(ids: Any, n: int) -> Any:
    if ids is None:
        return np.arange(n)
    code, names = checked_names(ids, n, "ids")
    if len(names) < n:
        raise InputError(
            f"{n - len(names)} ids that repeat another, such as {names[np.bincount(code).argmax()]!r}",
            expected="a name of its own for each record",
            fix="Pass row numbers, or figures per person: see `mlleaks.stats.groups`.",
        )
    return np.asarray(ids)


def _further(extra: RecordEvidence, n: int) -> dict[str, Any]:
    """Return the columns of what is known."""
    columns: dict[str, Any] = {}
    if extra.over_models is not None:
        columns["score_low"], columns["score_high"] = _prediction(extra.over_models, n)
    if extra.labels is not None:
        code, _ = checked_names(extra.labels, n, "labels")
        columns["class_share"] = (np.bincount(code) / n)[code]
    for name in ("outlier_rank", "posterior_without"):
        values = getattr(extra, name)
        if values is not None:
            columns[name] = _shares(values, name, n)
    return columns


def _shares(values: Any, name: str, n: int) -> Floats:
    shares = checked_numbers(values, name)
    if len(shares) != n or shares.min() < 0 or shares.max() > 1:
        raise InputError(
            f"{len(shares)} values of {name} from {shares.min():g} to {shares.max():g} for {n} records",
            expected="one in 0..1 for each record",
            fix="Pass them in the order of the records.",
        )
    return shares


def _prediction(over_models: Any, n: int) -> tuple[Floats, Floats]:
    """Return where the score of one more model lies, with 95 % if a record's scores are normal."""
    values = np.asarray(over_models, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != n:
        raise InputError(
            f"scores over models of shape {values.shape} for {n} records",
            expected=f"(models, {n})",
            fix="Pass one row per model, with the records in the order of the scores.",
        )
    counted = (~np.isnan(values)).sum(axis=0)
    enough = counted >= FEWEST_MODELS
    low, high = np.full((2, n), np.nan)
    some, k = values[:, enough], counted[enough]
    mean = np.nanmean(some, axis=0)
    half = t_half_width(np.nanstd(some, axis=0, ddof=1), k, (1 + COVERAGE) / 2) * np.sqrt(k + 1)
    low[enough], high[enough] = mean - half, mean + half
    return low, high
