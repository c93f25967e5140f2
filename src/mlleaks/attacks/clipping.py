"""Where scaled logits are cut off for normal distributions, chosen on the reference models alone.

A forest of 100 trees answers 0 or 1 exactly where all agree: such a logit is infinite, and one beside it is a
matter of a single tree. A network's logits far from zero vary much and tell little. A normal distribution
fitted to such values is ruled by them. So the limit is chosen by letting reference models play the target.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import logit

from mlleaks.attacks.false_positives import threshold_above
from mlleaks.attacks.reference_attack import Fit, Formula, played
from mlleaks.attacks.sampling import evenly
from mlleaks.outputs.references import References
from mlleaks.stats.metrics import auc
from mlleaks.types import Bools, Floats

LEAST = (0.0, 1e-6, 1e-4, 1e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1)
"""Posteriors below these count as them; so do their distances from one."""
MODELS = 16
"""Reference models that the limit is chosen with."""
SATURATED = 60.0
"""Scaled logits beyond this come from posteriors of exactly 0 or 1."""


def choose_limit(
    references: References, attack: Callable[[float], Fit], *, least: Sequence[float] = LEAST
) -> float:
    """Return the limit of scaled logits with which an attack tells a reference model's members best.

    The first two pairs play the target; what counts is the AUC and the TPR at 1 % FPR. Where no model was
    trained on audited records, the further records count; where there are none or a single pair, nothing is
    cut off.

    Parameters
    ----------
    references : References
    attack : callable
        ``attack(limit) -> Fit``.
    least : sequence of float
        Posteriors below which is cut off, to choose from; 0 for nothing.

    Examples
    --------
    >>> from mlleaks.attacks.lira import lira
    >>> from mlleaks.outputs.references import ReferenceSignals
    >>> signals = ReferenceSignals(np.zeros((2, 3)), np.eye(2, 3, dtype=bool), np.zeros(3, int), np.arange(3))
    >>> choose_limit(References(signals, np.array([0, 0])), lambda limit: lira("global", "online", limit))
    inf
    """
    signals = references.audited if references.online else references.further
    if signals is None or not signals.trained_on.any() or len(np.unique(references.pairs)) < 2:
        return np.inf
    rows = evenly(len(signals))
    models = np.arange(min(MODELS, references.n_models))
    some = References(signals.models(models).records(rows), references.pairs[models])
    limits = [float(-logit(p)) for p in least]
    return limits[int(np.argmax(_powers(some, [attack(limit) for limit in limits])))]


def is_saturated(references: References) -> bool:
    """Return whether posteriors of exactly 0 or 1 are common, as with forests."""
    values = references.audited.values[:, evenly(len(references.audited))]
    return bool(np.mean(np.abs(values) > SATURATED) > 0.01)


def _powers(references: References, fits: Sequence[Fit]) -> Floats:
    """Return how well each attack ``(k,)`` tells members, over two pairs that play the target."""

    def fit_all(rest: References, population: Floats | None) -> Formula:
        formulas = [fit(rest, population) for fit in fits]
        return lambda target, rows: np.stack([formula(target, rows) for formula in formulas])

    values = []
    for model, of_fits in played(references, fit_all, 2):  # of_fits: (k, n)
        member = references.audited.trained_on[model]
        if member.any() and not member.all():
            values.append([auc(member, scores) + _tail(member, scores) for scores in of_fits])
    return np.mean(values, axis=0) if values else np.zeros(len(fits))


def _tail(member: Bools, scores: Floats) -> float:
    """Return the share of members above the threshold that an attacker would choose."""
    return float((scores[member] > threshold_above(scores[~member])).mean())
