"""The risk of each record of an audit: can it be named, how many attacks agree, what may be the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from mlleaks.report.audit.reasons import possible_reasons
from mlleaks.results import decision
from mlleaks.results.audit import AuditResult
from mlleaks.results.exposure import exposure_of
from mlleaks.stats.agreement import agreement
from mlleaks.stats.cutoffs import PRIORS
from mlleaks.stats.record_evidence import RecordEvidence
from mlleaks.types import Ints


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
    listing = exposure.names().attack if exposure.enough() else decision.best(result).attack
    evidence, scores = _with_stored(result, attacks, evidence, listing), attacks[listing]
    if exposure.enough():
        p_values = exposure.names().p_values
        agreeing = agreement(result.member, [*attacks.values(), *evidence.attacks.values()])
    else:
        agreeing = p_values = np.full(n, np.nan)
    more = evidence.columns(n)
    return {
        "rank": rankdata(-scores, method="min").astype(np.int64),
        "p_value": p_values,
        **{f"named_prior_{100 * prior:.0f}": _named(result, prior) for prior in PRIORS},
        "agreement": agreeing,
        **more,
        "reasons": possible_reasons(result, more),
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
    result: AuditResult, attacks: dict[str, Any], evidence: RecordEvidence | None, attack: str
) -> RecordEvidence:
    """Return what is known of the records: what the caller knows, and what the result says.

    Scores over models count if they are those of the ``attack`` that makes the lists.
    """
    from mlleaks.attacks.posterior_without import posterior_without

    evidence = evidence or RecordEvidence()
    if evidence.labels is None:
        evidence = replace(evidence, labels=result.labels)
    if evidence.outlier_rank is None:
        evidence = replace(evidence, outlier_rank=result.outlier_rank)
    if evidence.over_models is None and attack == result.headline:
        evidence = replace(evidence, over_models=result.over_models)
    if evidence.posterior_without is None:
        evidence = replace(evidence, posterior_without=posterior_without(attacks))
    return evidence
