"""The risk of each record of an audit: can it be named, how many attacks agree, what may be the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from mlleaks.results import decision
from mlleaks.results.audit import AuditResult
from mlleaks.results.exposure import exposure_of
from mlleaks.stats.cutoffs import PRIORS
from mlleaks.stats.record_evidence import RecordEvidence
from mlleaks.stats.risk import agreement
from mlleaks.types import Ints

RARE = 0.5
"""A class is rare if it has fewer than this share of the records that a class has on average."""
HARD = 0.1
"""A record is hard if models that were not trained on it answer its class with a posterior below this."""
FAR = 0.95
"""A record is an outlier if more than this share of the records lie nearer to the others."""


def risk_columns(result: AuditResult, evidence: RecordEvidence | None = None) -> dict[str, Any]:
    """Return the risk of each record by the name of its column, in the order of the records.

    Returns
    -------
    dict
        ``rank`` (1 = the highest score of the attack that makes the lists; ties share the best), ``p_value``
        (conformal: the share of non-members that score as high), ``named_prior_50`` and ``named_prior_10``
        (whether an attacker can name the record, see `mlleaks.results.exposure`), ``agreement`` (the share of
        the attacks whose own list holds it), what is known of the record (see
        `mlleaks.stats.record_evidence`), and ``reasons``, a text, which may be empty. What takes more
        non-members than there are is missing (nan or NA).
    """
    exposure, n = exposure_of(result), len(result.member)
    attacks = {v.attack: v.scores for v in result.verdicts}
    evidence = _with_stored(result, attacks, evidence)
    if exposure.enough():
        names = exposure.names()
        scores, p_values = attacks[names.attack], names.p_values
        agreeing = agreement(result.member, [*attacks.values(), *evidence.attacks.values()])
    else:
        scores, p_values = decision.best(result).scores, np.full(n, np.nan)
        agreeing = p_values
    more = evidence.columns(n)
    return {
        "rank": rankdata(-scores, method="min").astype(np.int64),
        "p_value": p_values,
        **{f"named_prior_{100 * prior:.0f}": _named(result, prior) for prior in PRIORS},
        "agreement": agreeing,
        **more,
        "reasons": _reasons(result, more),
    }


def risk_frame(result: AuditResult, evidence: RecordEvidence | None = None) -> pd.DataFrame:
    """Return one row per record, the most exposed first: id, truth, classes and `risk_columns`."""
    table = pd.DataFrame(identity_columns(result) | risk_columns(result, evidence))
    return table.sort_values("rank", kind="stable", ignore_index=True)


def identity_columns(result: AuditResult) -> dict[str, Any]:
    """Return what each record is: id, truth, its class where known, and the class that the target answers."""
    columns: dict[str, Any] = {"record_id": result.ids, "member": result.member}
    if result.labels is not None:
        columns["label"] = _class_names(result, result.labels)
    return columns | {"predicted": _class_names(result, result.predicted)}


def _class_names(result: AuditResult, classes: Ints) -> Any:
    """Return classes by their names; as numbers where these are their names."""
    numbered = result.class_names == tuple(map(str, range(len(result.class_names))))
    return classes if numbered else np.array(result.class_names)[classes]


def _named(result: AuditResult, prior: float) -> Any:
    exposure = exposure_of(result)
    if not exposure.enough(prior=prior):
        return pd.array([pd.NA] * len(result.member), dtype="boolean")
    return pd.array(exposure.names(prior=prior).listed.named, dtype="boolean")


def _with_stored(
    result: AuditResult, attacks: dict[str, Any], evidence: RecordEvidence | None
) -> RecordEvidence:
    """Return what is known of the records: what the caller knows, and what the result says."""
    from mlleaks.attacks.difficulty_calibration import posterior_without

    evidence = evidence or RecordEvidence()
    if evidence.labels is None:
        evidence = replace(evidence, labels=result.labels)
    if evidence.posterior_without is None:
        evidence = replace(evidence, posterior_without=posterior_without(attacks))
    return evidence


def _reasons(result: AuditResult, columns: dict[str, Any]) -> list[str]:
    """Return why each record may be exposed, in plain words."""
    reasons: dict[str, Any] = {}
    if "class_share" in columns:
        average = 1 / len(np.unique(result.predicted if result.labels is None else result.labels))
        reasons["rare class"] = columns["class_share"] < RARE * average
    if "outlier_rank" in columns:
        reasons["outlier"] = columns["outlier_rank"] > FAR
    if "posterior_without" in columns:
        reasons["other models do not expect its class"] = columns["posterior_without"] < HARD
    if result.labels is not None:
        reasons["this model answers another class"] = result.predicted != result.labels
    texts, table = list(reasons), np.column_stack([*reasons.values(), np.zeros(len(result.member), bool)])
    return ["; ".join(texts[i] for i in np.flatnonzero(row)) for row in table]
