"""RMIA's prior probability of a record's answer where no model was trained on the record."""

from __future__ import annotations

import numpy as np

from mlleaks.attacks.bayes_optimal import mean_posterior
from mlleaks.attacks.sampling import evenly
from mlleaks.attacks.transformed import Signals, as_posteriors
from mlleaks.outputs.references import References
from mlleaks.stats.metrics import auc
from mlleaks.types import Bools, Floats

LEAST = 1e-45
"""Posteriors below this count as that."""
CANDIDATES = tuple(round(0.1 * step, 1) for step in range(11))
"""The values of the offline constant that are tried."""
USUAL = 0.3
"""The offline constant where no reference model was trained on any of the records."""
PLAYERS = 8
"""Reference models that play the target to choose the offline constant."""


def choose_offline_a(references: Signals, trained_on: Bools) -> float:
    """Return the offline constant that tells members best where one reference model is the target.

    Each of the first `PLAYERS` models plays the target; the others but its complement are its references. No
    target is looked at. Some records count, see `mlleaks.attacks.sampling`. Where no model was trained on
    any of the records, the usual value, 0.3.

    Parameters
    ----------
    references : float array (m, n), or a sequence of m arrays
        Posteriors of the true class.
    trained_on : bool array (m, n)

    Examples
    --------
    >>> choose_offline_a(np.zeros((2, 3)), np.zeros((2, 3), dtype=bool))
    0.3
    """
    rows = evenly(np.shape(trained_on)[1])
    member = np.asarray(trained_on)[:, rows]
    players = [i for i in range(min(len(member), PLAYERS)) if 0 < member[i].sum() < len(rows)]
    if not players or len(member) < 3:
        return USUAL
    posteriors = np.array([values[rows] for values in references], dtype=np.float64)
    total = np.zeros(len(CANDIDATES))
    for player in players:
        rest = [i for i in range(len(member)) if i != player and (member[i] == member[player]).any()]
        if rest:
            out = mean_posterior(posteriors[rest], ~member[rest])
            p = np.maximum(posteriors[player], LEAST)
            total += [auc(member[player], p / approximate_prior(out, a)) for a in CANDIDATES]
    return CANDIDATES[int(np.argmax(total))] if total.any() else USUAL


def approximate_prior(mean: Floats, offline_a: float | None) -> Floats:
    """Return ``Pr(x)``: the mean, or offline its approximation from models that never saw the record."""
    return mean if offline_a is None else ((1 + offline_a) * mean + (1 - offline_a)) / 2


def offline_constant(references: References) -> float:
    """Return `choose_offline_a` for the records that models were trained on: audited ones or further ones."""
    signals = references.audited
    if not references.online and references.further is not None:
        signals = references.further
    return choose_offline_a(as_posteriors(signals.values), signals.trained_on)
