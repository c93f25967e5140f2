"""Whether a model that does not leak could have given such scores.

Without a leak members and others are exchangeable: any labelling of the pooled records is as
likely as any other. Both tests condition on the pooled scores and ask for that alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import hypergeom, mannwhitneyu

from mlleaks.metrics import roc
from mlleaks.types import Bools, Floats

TAIL = 0.02
"""The share of all records, highest scores first, that the tail test looks at."""


def ranking(member: Bools, scores: Floats) -> float:
    """Return the p-value of "members do not score higher" (Mann-Whitney, one-sided, ties in).

    Examples
    --------
    >>> member = np.repeat([True, False], 50)
    >>> ranking(member, member * 1.0) < 1e-6, ranking(member, np.zeros(100))
    (True, 1.0)
    """
    if scores.min() == scores.max():
        return 1.0
    test = mannwhitneyu(scores[member], scores[~member], alternative="greater", method="asymptotic")
    return float(test.pvalue)


def tail(member: Bools, scores: Floats, share: float = TAIL) -> float:
    """Return the p-value of "the highest scores hold no more members than chance".

    It sees what the mean rank hides: a leak of a few records. The cut is chosen from the pooled
    scores, so the number of members above it is hypergeometric (Fisher's exact test).

    Examples
    --------
    >>> member = np.repeat([True, False], 500)
    >>> few = np.zeros(1000)
    >>> few[:15] = 1.0
    >>> tail(member, few) < 1e-4
    True
    """
    curve = roc(member, scores)
    accused = curve.true_positives + curve.false_positives
    cut = max(1, int(np.searchsorted(accused, share * len(member), side="right")) - 1)
    found, drawn = int(curve.true_positives[cut]), int(accused[cut])
    return float(hypergeom.sf(found - 1, len(member), curve.n_members, drawn))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return ``p_values`` corrected for their number, each valid for any dependence.

    Source: S. Holm, Scandinavian Journal of Statistics 6 (1979).

    Examples
    --------
    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1)
    return [float(value) for value in corrected]
