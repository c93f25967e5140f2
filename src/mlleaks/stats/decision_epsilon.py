"""A lower bound on epsilon from one decision that was fixed beforehand."""

from __future__ import annotations

import numpy as np

from mlleaks.errors import InputError
from mlleaks.stats.binomial import exact_high, exact_low
from mlleaks.stats.epsilon import INDEPENDENT
from mlleaks.stats.gaussian_dp import check_delta, check_level
from mlleaks.stats.refuting import EpsilonBound, largest_refuted
from mlleaks.stats.tradeoff import APPROXIMATE, TradeOff
from mlleaks.types import Bools


def epsilon_of_decision(
    member: Bools,
    flagged: Bools,
    *,
    delta: float = 1e-5,
    level: float = 0.95,
    tradeoff: TradeOff = APPROXIMATE,
) -> EpsilonBound:
    """Return an epsilon that the mechanism exceeds with the probability ``level``, from one decision.

    The decision must not have been fitted to these records; a threshold from shadow models is not.
    One-sided Clopper-Pearson limits of TPR and FPR, each with half of the allowed error, are compared with
    the trade-off function. Both "flagged, so a member" and "not flagged, so a non-member" count.

    Sources: M. Jagielski, J. Ullman, A. Oprea, NeurIPS (2020); for mu-GDP M. Nasr et al., USENIX Security
    (2023).

    Parameters
    ----------
    member, flagged : bool arrays (n,)
        At least one member and one non-member.
    delta, level, tradeoff
        As in `epsilon.epsilon_lower_bound`.

    Raises
    ------
    InputError
        As in `epsilon.epsilon_lower_bound`.

    Examples
    --------
    >>> import numpy as np
    >>> member = np.repeat([True, False], 1000)
    >>> flagged = np.arange(2000) % 1000 < np.where(member, 200, 20)  # TPR 20 %, FPR 2 %
    >>> round(epsilon_of_decision(member, flagged).epsilon, 2)
    1.74
    """
    check_delta(delta)
    check_level(level)
    member, flagged = np.asarray(member, dtype=bool), np.asarray(flagged, dtype=bool)
    n = int(member.sum())
    if member.shape != flagged.shape or not 0 < n < len(member):
        got = f"{n} members among {member.shape} records, decisions of shape {flagged.shape}"
        fix = "Pass one decision per record."
        raise InputError(got, expected="members, non-members and as many decisions", fix=fix)
    error = (1 - level) / 2
    tpr = float(exact_low(int(flagged[member].sum()), n, error))
    fpr = float(exact_high(int(flagged[~member].sum()), len(member) - n, error))

    def refutes(strength: float) -> bool:
        return bool(tradeoff.highest_tpr(np.array(fpr), strength, delta) < tpr)

    return EpsilonBound(
        tradeoff.epsilon(largest_refuted(refutes), delta),
        delta,
        level,
        "",
        "flagged records, by a rule fixed beforehand",
        "Clopper-Pearson limits of TPR and FPR (Bonferroni)",
        f"{INDEPENDENT}; {tradeoff.assumption}",
    )
