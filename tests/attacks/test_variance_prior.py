"""The prior of means and variances: its gradient, what it finds, and where signals have atoms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import invgamma, norm, t

from mlleaks.attacks import variance_prior
from mlleaks.attacks.moments import moments
from mlleaks.attacks.variance_prior import VAGUE, Prior, fit_prior


def sampled(prior, n=20_000, m=12, seed=0):
    """Return one side's moments of signals whose means and variances come from a prior."""
    rng = np.random.default_rng(seed)
    variance = invgamma(prior.shape, scale=prior.scale).rvs(n, random_state=rng)
    mean = rng.normal(prior.mean, np.sqrt(variance / prior.strength))
    values = rng.normal(mean, np.sqrt(variance), size=(m, n))
    return moments(values, rng.random((m, n)) < 0.7).inside, values


def test_the_gradient_is_that_of_the_loss():
    side, _ = sampled(Prior(1.0, 0.5, 3.0, 2.0), n=50)
    x, step = np.array([0.7, -0.4, 0.9, 0.2]), 1e-5
    _, gradient = variance_prior._loss(x, side)
    for i in range(4):
        shift = step * np.eye(4)[i]
        slope = variance_prior._loss(x + shift, side)[0] - variance_prior._loss(x - shift, side)[0]
        assert gradient[i] == pytest.approx(slope / (2 * step), rel=1e-6)


def test_the_loss_is_the_marginal_likelihood():
    """Of one signal per record: a Student-t density, up to a constant that the prior does not change."""
    values = np.array([[0.3, -2.0, 5.0]])
    side = moments(values, np.ones((1, 3), dtype=bool)).inside
    x, y = np.array([0.5, 0.1, 0.4, 0.3]), np.array([-1.0, 0.6, 1.1, -0.2])

    def slow(x):
        strength, shape, scale = np.exp(x[1:])
        return -t(2 * shape, x[0], np.sqrt(scale * (strength + 1) / (shape * strength))).logpdf(values).mean()

    losses = [variance_prior._loss(point, side)[0] for point in (x, y)]
    assert losses[0] - losses[1] == pytest.approx(slow(x) - slow(y), rel=1e-9)


@pytest.mark.parametrize("prior", [Prior(2.0, 0.3, 4.0, 6.0), Prior(-1.0, 2.0, 1.5, 0.1)])
def test_finds_the_prior_that_signals_come_from(prior):
    fitted = fit_prior(sampled(prior)[0])
    deviation = np.sqrt(prior.scale / prior.shape / prior.strength)
    assert abs(fitted.mean - prior.mean) < 0.05 * deviation  # 5 standard errors of the mean at 10,000
    for name in ("strength", "shape", "scale"):
        assert getattr(fitted, name) == pytest.approx(getattr(prior, name), rel=0.15)


def test_moments_find_it_where_signals_have_atoms():
    prior = Prior(2.0, 0.3, 6.0, 6.0)
    side, values = sampled(prior, n=variance_prior.SAMPLE)
    values[:, ::4] = 3.0  # a quarter of the records has the same signal from all models
    atoms = moments(values, np.ones(values.shape, dtype=bool)).inside
    fitted = fit_prior(atoms)
    assert fitted.shape > 2
    mean = fitted.scale / (fitted.shape - 1)
    assert mean == pytest.approx(0.75 * prior.scale / (prior.shape - 1), rel=0.05)
    assert fit_prior(side).scale / (fit_prior(side).shape - 1) == pytest.approx(6 / 5, rel=0.05)


def test_without_records_it_is_vague():
    never = moments(np.zeros((2, 5)), np.zeros((2, 5), dtype=bool)).inside
    assert fit_prior(never) == VAGUE


@pytest.mark.parametrize("values", [np.zeros((4, 6)), np.arange(24.0).reshape(4, 6), np.zeros((1, 3))])
def test_any_signals_have_a_finite_prior(values):
    prior = fit_prior(moments(values, np.ones(values.shape, dtype=bool)).inside)
    assert np.isfinite([prior.mean, prior.strength, prior.shape, prior.scale]).all()
    assert min(prior.strength, prior.shape, prior.scale) > 0


def test_a_single_model_gives_a_prior_of_means():
    values = norm(3, 2).rvs((1, 5000), random_state=0)
    prior = fit_prior(moments(values, np.ones((1, 5000), dtype=bool)).inside)
    assert prior.mean == pytest.approx(3, abs=0.15)
