"""What may be the reason that a record is exposed, in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlleaks.results.audit import AuditResult

RARE = 0.5
"""A class is rare if it has fewer than this share of the records that a class has on average."""
HARD = 0.1
"""A record is hard if models that were not trained on it answer its class with a posterior below this."""
FAR = 0.95
"""A record is an outlier if more than this share of the records lie nearer to the others."""


def possible_reasons(result: AuditResult, columns: dict[str, Any]) -> list[str]:
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
