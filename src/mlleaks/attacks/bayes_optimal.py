"""BASE: the posterior of the true class against its mean over the reference models.

Source: Lassila, Oestman, Ngo, Graell i Amat, *Practical Bayes-Optimal Membership Inference Attacks*, NeurIPS
2025: the optimal score with the evidence estimated by the mean likelihood over models. RMIA (online, gamma 1)
ranks records alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
from scipy.special import log_expit

from mlleaks.attacks.moments import mean_of
from mlleaks.attacks.needs import Labels, ReferenceModels
from mlleaks.attacks.reference_attack import Formula, Mode, reference_attack
from mlleaks.attacks.reference_checks import check_posteriors, check_references
from mlleaks.attacks.spec import AttackSpec
from mlleaks.attacks.transformed import Signals, as_posteriors
from mlleaks.outputs.references import References
from mlleaks.types import Bools, Floats

LEAST = 1e-45
"""A mean posterior below this counts as that."""


def base_scores(
    target: Floats,
    references: Floats | Sequence[Floats],
    *,
    trained_on: Bools,
    mode: Mode = "online",
) -> Floats:
    """Return ``log p(target) - log mean p(references)`` per record ``(n,)``; higher = more likely a member.

    Parameters
    ----------
    target : float array (n,)
        The target's posteriors of the true class, in 0..1.
    references : float array (m, n), or a sequence of m arrays
        Those of each reference model.
    trained_on : bool array (m, n)
        Which records each model was trained on.
    mode : {"online", "offline"}
        Offline the mean is over models that were not trained on the record.

    Raises
    ------
    InputError
        Shapes that do not fit, or values outside of 0..1.

    Examples
    --------
    >>> trained_on = np.array([[True], [False]])
    >>> base_scores(np.array([0.5]), np.array([[0.75], [0.25]]), trained_on=trained_on)
    array([0.])
    """
    target = np.asarray(target, dtype=np.float64)
    check_references(target, references, trained_on)
    check_posteriors(chain([target], references), "posteriors")
    mean = mean_posterior(references, ~np.asarray(trained_on) if mode == "offline" else None)
    return np.log(np.maximum(target, LEAST)) - np.log(mean)


def mean_posterior(references: Signals, counted: Bools | None = None) -> Floats:
    """Return the mean posterior of each record ``(n,)`` over the models that count; all by default.

    A record for which none counts has the mean of the other records, or 1 if there are none.
    """
    mean = mean_of(references, counted)
    return np.maximum(np.where(np.isnan(mean), 1.0, mean), LEAST)


def _fit(references: References, population: Floats | None) -> Formula:
    """Fit BASE to reference models; offline none was trained on an audited record, so all count."""
    mean = np.log(mean_posterior(as_posteriors(references.audited.values)))
    return lambda signals, rows: log_expit(signals) - mean[rows]


ATTACKS = (
    AttackSpec(
        name="base",
        title="BASE: posterior against reference models",
        source="Lassila et al., NeurIPS 2025",
        needs=(ReferenceModels(2, online=False), Labels()),
        uses=(ReferenceModels(2),),
        build=lambda evidence, rng: reference_attack(evidence, _fit),
        threshold_from="reference models",
        leads="under mismatch",
    ),
)
