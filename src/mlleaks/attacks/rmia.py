"""RMIA: how many records of the population the target favours less than this one.

Source: Zarifzadeh, Liu, Shokri, *Low-Cost High-Power Membership Inference Attacks*, ICML 2024: equations (2)
to (4), the offline approximation of ``Pr(x)`` by ``a`` in section 3.1 and appendix B.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
from scipy.special import expit

from mlleaks.attacks.bayes_optimal import mean_posterior
from mlleaks.attacks.needs import Labels, Population, ReferenceModels
from mlleaks.attacks.offline_prior import approximate_prior, choose_offline_a, offline_constant
from mlleaks.attacks.reference_attack import Fit, Formula, Mode, reference_attack
from mlleaks.attacks.reference_checks import check_posteriors, check_references
from mlleaks.attacks.spec import AttackSpec
from mlleaks.attacks.transformed import as_posteriors
from mlleaks.errors import InputError
from mlleaks.outputs.references import References
from mlleaks.types import Bools, Floats


def rmia_scores(
    target: Floats,
    references: Floats | Sequence[Floats],
    *,
    trained_on: Bools,
    population_target: Floats,
    population_references: Floats | Sequence[Floats],
    mode: Mode = "online",
    gamma: float = 1.0,
    offline_a: float | None = None,
) -> Floats:
    """Return the share of population records ``z`` that lose against each record ``(n,)``, in 0..1.

    A record ``x`` wins if ``p(x) / Pr(x) > gamma * p(z) / Pr(z)``; ``Pr`` is the mean over the reference
    models. Higher = more likely a member. It takes ``O((n + z) log z)`` beside the means.

    Parameters
    ----------
    target : float array (n,)
        The target's posteriors of the true class, in 0..1.
    references : float array (m, n), or a sequence of m arrays
        Those of each reference model.
    trained_on : bool array (m, n)
        Which records each model was trained on.
    population_target : float array (z,)
        The target's posteriors for records of the population.
    population_references : float array (m, z), or a sequence of m arrays
        Those of the reference models, none of which was trained on these records.
    mode : {"online", "offline"}
        Offline, only models that were not trained on ``x`` count: ``Pr(x) = ((1 + a) out + (1 - a)) / 2``.
    gamma : float
        By how much ``x`` has to win, above 0.
    offline_a : float, optional
        ``a`` in 0..1. By default it is chosen by `choose_offline_a`, on the reference models alone.

    Raises
    ------
    InputError
        Shapes that do not fit, posteriors outside of 0..1, no population, or a bad constant.

    Examples
    --------
    >>> trained_on = np.array([[True], [False]])
    >>> references = np.array([[0.8], [0.4]])
    >>> z, others = np.array([0.5, 0.9]), np.array([[0.5, 0.6], [0.5, 0.6]])
    >>> rmia_scores(np.array([0.75]), references, trained_on=trained_on, population_target=z,
    ...             population_references=others)
    array([0.5])
    """
    target, z = (np.asarray(values, dtype=np.float64) for values in (target, population_target))
    check_references(target, references, trained_on)
    check_references(z, population_references, np.zeros((len(references), len(z)), dtype=bool))
    check_posteriors(chain([target, z], references, population_references), "posteriors")
    _check_constants(mode, gamma, offline_a, len(z))
    if mode == "offline" and offline_a is None:
        offline_a = choose_offline_a(references, trained_on)
    out = None if mode == "online" else ~np.asarray(trained_on)
    prior = approximate_prior(mean_posterior(references, out), offline_a)
    prior_z = approximate_prior(mean_posterior(population_references), offline_a)
    return relative_ranks(target / prior, np.sort(z / prior_z), gamma)


def relative_ranks(ratios: Floats, population: Floats, gamma: float = 1.0) -> Floats:
    """Return the share of the population's sorted ratios that ``ratio / gamma`` exceeds ``(n,)``.

    Examples
    --------
    >>> relative_ranks(np.array([1.0, 2.5]), np.array([1.0, 2.0]))
    array([0., 1.])
    """
    below = np.searchsorted(population, np.asarray(ratios) / gamma, side="left")
    return np.asarray(below / len(population))


def _check_constants(mode: str, gamma: float, offline_a: float | None, z: int) -> None:
    fits = mode in ("online", "offline") and gamma > 0 and (offline_a is None or 0 <= offline_a <= 1)
    if not fits or (mode == "online" and offline_a is not None) or not z:
        raise InputError(
            f"mode={mode!r}, gamma={gamma}, offline_a={offline_a} and {z} population records",
            expected='"online" or "offline", gamma above 0, offline_a in 0..1 and only offline, a population',
            fix="Pass other values.",
        )


def rmia(mode: Mode) -> Fit:
    """Return how RMIA is fitted to reference models; see `mlleaks.attacks.reference_attack`."""

    def fit(references: References, population: Floats | None) -> Formula:
        audited, further = references.audited, references.further
        if population is None or further is None or not np.isfinite(population).any():
            raise InputError(
                "no record of a population that both the target and the reference models answered",
                expected="further records that the target was not trained on",
                fix="Pass such records, or skip RMIA.",
            )
        answered = np.flatnonzero(np.isfinite(population))
        of_models, of_z = as_posteriors(audited.values), as_posteriors(further.records(answered).values)
        out, out_z = None, None
        if mode == "offline":
            out, out_z = ~audited.trained_on, ~further.trained_on[:, answered]
        a = offline_constant(references) if mode == "offline" else None
        prior = approximate_prior(mean_posterior(of_models, out), a)
        prior_z = approximate_prior(mean_posterior(of_z, out_z), a)
        ratios = np.sort(expit(population[answered]) / prior_z)
        return lambda signals, rows: relative_ranks(expit(signals) / prior[rows], ratios)

    return fit


def _spec(name: str, mode: Mode) -> AttackSpec:
    return AttackSpec(
        name=name,
        title=f"RMIA, {mode}: relative to a population",
        source="Zarifzadeh et al., ICML 2024, equations 2 to 4",
        needs=(ReferenceModels(2, online=mode == "online"), Population(), Labels()),
        build=lambda evidence, rng: reference_attack(evidence, rmia(mode)),
        threshold_from="reference models",
    )


ATTACKS = (_spec("rmia", "online"), _spec("rmia-offline", "offline"))
