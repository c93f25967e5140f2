"""Student-t predictive: LiRA with variances that learn from each other, so that few models are enough.

Source: R. Braennvall, *Exponential-Family Membership Inference: From LiRA and RMIA to BaVarIA*, arXiv
2603.11799 (2026): a normal-inverse-gamma prior on each record's mean and variance, and the predictive density
that follows from it (K. Murphy, *Conjugate Bayesian analysis of the Gaussian distribution*, 2007, eq. 100).
`mlleaks.attacks.variance_prior` fits the prior to the reference models' signals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from mlleaks.attacks.clipping import choose_limit, is_saturated
from mlleaks.attacks.lira import LEAST_MODELS
from mlleaks.attacks.moments import Side, moments
from mlleaks.attacks.needs import Evidence, Labels, ReferenceModels
from mlleaks.attacks.reference_attack import Fit, Formula, Mode, reference_attack
from mlleaks.attacks.reference_checks import check_references
from mlleaks.attacks.spec import Attack, AttackSpec
from mlleaks.attacks.student_t_density import StudentT
from mlleaks.attacks.transformed import clipped
from mlleaks.attacks.variance_prior import Prior, fit_prior, posterior
from mlleaks.outputs.references import References
from mlleaks.types import Bools, Floats

LEAST = (0.0, 5e-3, 2e-2, 5e-2)
"""Where logits may be cut off if posteriors are exactly 0 or 1; see `mlleaks.attacks.clipping`."""


def student_t_scores(
    target: Floats, references: Floats | Sequence[Floats], *, trained_on: Bools, mode: Mode = "online"
) -> Floats:
    """Return the log-ratio of two Student-t predictive densities per record ``(n,)``; higher = a member.

    Parameters
    ----------
    target : float array (n,)
        The target's scaled logits.
    references : float array (m, n), or a sequence of m arrays
        Those of each reference model; read one model at a time.
    trained_on : bool array (m, n)
        Which records each model was trained on.
    mode : {"online", "offline"}
        Offline: ``-log Pr[more than the target]`` among models that were not trained on the record.

    Raises
    ------
    InputError
        Shapes that do not fit, or values that are not finite.

    Notes
    -----
    A record without a model on one side has the prior's predictive density there.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> trained_on = rng.random((8, 300)) < 0.5
    >>> references = rng.normal(3.0 * trained_on)
    >>> scores = student_t_scores(np.array([3.0, 0.0] * 150), references, trained_on=trained_on)
    >>> bool(scores[::2].mean() > 2 > -2 > scores[1::2].mean())
    True
    """
    target = np.asarray(target, dtype=np.float64)
    check_references(target, references, trained_on)
    both = moments(references, trained_on)
    outside = predictive(both.outside)
    if mode == "offline":
        return outside.surprise(target)
    return predictive(both.inside).log_density(target) - outside.log_density(target)


def predictive(side: Side, prior: Prior | None = None) -> StudentT:
    """Return each record's predictive density, by default under the prior that `fit_prior` finds."""
    prior = fit_prior(side) if prior is None else prior
    strength, shape, scale = posterior(side, prior)
    mean = np.where(side.count > 0, side.mean, prior.mean)
    location = (prior.strength * prior.mean + side.count * mean) / strength
    return StudentT(2 * shape, location, np.sqrt(scale * (strength + 1) / (shape * strength)))


def student_t(mode: Mode, limit: float = np.inf) -> Fit:
    """Return how the attack is fitted to reference models; see `mlleaks.attacks.reference_attack`.

    Scaled logits count within plus or minus ``limit``.
    """

    def fit(references: References, population: Floats | None) -> Formula:
        audited = references.audited
        both = moments(clipped(audited.values, limit), audited.trained_on)
        outside = predictive(both.outside)
        if mode == "offline":
            return lambda x, rows: outside.take(rows).surprise(np.clip(x, -limit, limit))
        inside = predictive(both.inside)
        return lambda x, rows: (
            inside.take(rows).log_density(np.clip(x, -limit, limit))
            - outside.take(rows).log_density(np.clip(x, -limit, limit))
        )

    return fit


def _build(mode: Mode) -> Callable[[Evidence, np.random.Generator], Attack]:
    attack = partial(student_t, mode)

    def build(evidence: Evidence, rng: np.random.Generator) -> Attack:
        references = evidence[ReferenceModels]
        limit = choose_limit(references, attack, least=LEAST) if is_saturated(references) else np.inf
        return reference_attack(evidence, attack(limit), least=LEAST_MODELS)

    return build


def _spec(name: str, how: str, mode: Mode) -> AttackSpec:
    return AttackSpec(
        name=name,
        title=f"Student-t predictive, {mode}: {how}",
        source="Braennvall, arXiv 2603.11799 (2026)",
        needs=(ReferenceModels(LEAST_MODELS, online=mode == "online"), Labels()),
        build=_build(mode),
        threshold_from="reference models",
    )


ATTACKS = (
    _spec("student-t", "likelihood ratio, variances with a common prior", "online"),
    _spec("student-t-offline", "models without the record", "offline"),
)
