"""What is known of each record besides its score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mlleaks.errors import InputError
from mlleaks.stats.checks import checked_numbers
from mlleaks.stats.intervals import LEVEL, t_half_width
from mlleaks.stats.names import checked_names
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

    def columns(self, n: int) -> dict[str, Any]:
        """Return the columns of `risk.record_risk` for ``n`` records that follow from what is known.

        Raises
        ------
        InputError
            Values that do not fit the records.

        Examples
        --------
        >>> RecordEvidence(labels=["cat", "cat", "dog", "cat"]).columns(4)
        {'class_share': array([0.75, 0.75, 0.25, 0.75])}
        """
        columns: dict[str, Any] = {}
        if self.over_models is not None:
            columns["score_low"], columns["score_high"] = _prediction(self.over_models, n)
        if self.labels is not None:
            code, _ = checked_names(self.labels, n, "labels")
            columns["class_share"] = (np.bincount(code) / n)[code]
        for name in ("outlier_rank", "posterior_without"):
            values = getattr(self, name)
            if values is not None:
                columns[name] = _shares(values, name, n)
        return columns


def _shares(values: Any, name: str, n: int) -> Floats:
    shares = checked_numbers(values, name)
    if len(shares) != n or shares.min() < 0 or shares.max() > 1:
        raise InputError(
            f"{len(shares)} values of {name} from {shares.min():g} to {shares.max():g} for {n} records",
            expected="one in 0..1 for each record, in their order",
            fix="Pass shares.",
        )
    return shares


def _prediction(over_models: Any, n: int) -> tuple[Floats, Floats]:
    """Return where the score of one more model lies, with 95 % if a record's scores are normal."""
    values = np.asarray(over_models, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != n or np.isinf(values).any():
        raise InputError(
            f"scores over models of shape {values.shape}, {int(np.isinf(values).sum())} of them infinite",
            expected=f"shape (models, {n}), finite or nan",
            fix="Pass one row per model, with the records in the order of the scores.",
        )
    counted = (~np.isnan(values)).sum(axis=0)
    enough = counted >= FEWEST_MODELS
    low, high = np.full((2, n), np.nan)
    some, k = values[:, enough], counted[enough]
    mean = np.nanmean(some, axis=0)
    half = t_half_width(np.nanstd(some, axis=0, ddof=1), k, (1 + LEVEL) / 2) * np.sqrt(k + 1)
    low[enough], high[enough] = mean - half, mean + half
    return low, high
