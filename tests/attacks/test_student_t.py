"""The Student-t predictive against its equations in plain loops; its tail."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t

from mlleaks.attacks.moments import Side
from mlleaks.attacks.student_t import student_t_scores
from mlleaks.attacks.student_t_density import FAR, StudentT
from mlleaks.attacks.variance_prior import fit_prior
from mlleaks.errors import InputError
from mlleaks.stats import metrics
from tests.attacks.reference_cases import sides, signals


def slow_predictive(side, prior):
    """Murphy, equations 86 to 89 and 100, for one record's signals."""
    n = len(side)
    mean = sum(side) / n if n else prior.mean
    strength, shape = prior.strength + n, prior.shape + n / 2
    scale = prior.scale + sum((x - mean) ** 2 for x in side) / 2
    scale += prior.strength * n * (mean - prior.mean) ** 2 / (2 * strength)
    location = (prior.strength * prior.mean + n * mean) / strength
    return t(2 * shape, location, math.sqrt(scale * (strength + 1) / (shape * strength)))


def slow_side(references, trained_on, inside):
    """Return the moments of one side, as the prior is fitted to."""
    values = [
        sides(references, trained_on, record)[0 if inside else 1] for record in range(trained_on.shape[1])
    ]
    means = [sum(v) / len(v) if v else math.nan for v in values]
    squares = [sum((x - mean) ** 2 for x in v) for v, mean in zip(values, means, strict=True)]
    return Side(np.array([len(v) for v in values]), np.array(means), np.array(squares))


@pytest.mark.parametrize("mode", ["online", "offline"])
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_equations(seed, mode):
    target, references, trained_on = signals(seed)
    priors = [fit_prior(slow_side(references, trained_on, inside)) for inside in (True, False)]
    expected = []
    for record, x in enumerate(target):
        inside, outside = (
            slow_predictive(side, prior)
            for side, prior in zip(sides(references, trained_on, record), priors, strict=True)
        )
        expected.append(-outside.logsf(x) if mode == "offline" else inside.logpdf(x) - outside.logpdf(x))
    scores = student_t_scores(target, references, trained_on=trained_on, mode=mode)
    np.testing.assert_allclose(scores, expected, 1e-6, 1e-9)  # the prior's fit ends within 1e-7


@pytest.mark.parametrize("freedom", [0.3, 1.0, 2.0, 7.5, 60.0, 840.0])
def test_the_surprise_never_stops_rising(freedom):
    z = np.concatenate([np.linspace(-3, 60, 3000), np.geomspace(61, 1e30, 3000)])
    ones = np.ones(len(z))
    surprise = StudentT(freedom * ones, 0 * ones, ones).surprise(z)
    assert np.isfinite(surprise).all()
    assert (np.diff(surprise) > 0).all()


def test_the_surprise_far_out_is_exact():
    """With 2 degrees of freedom the probability is elementary: 1 / (s (s + z)) with s^2 = 2 + z^2."""
    z = np.geomspace(2e2, 1e140, 50)
    root, ones = np.sqrt(2 + z**2), np.ones(50)
    assert (1 / root[-20:] ** 2 < FAR).all()
    surprise = StudentT(2 * ones, 0 * ones, ones).surprise(z)
    np.testing.assert_allclose(surprise, np.log(root) + np.log(root + z), 1e-13)


def test_both_ways_to_the_surprise_meet():
    """Where one takes over from the other there is no step: the slope falls steadily."""
    z, ones = np.linspace(300, 1500, 4001), np.ones(4001)
    assert t(50).sf(z[0]) > FAR > t(50).sf(z[-1])
    slopes = np.diff(StudentT(50 * ones, 0 * ones, ones).surprise(z))
    assert (slopes > 0).all()
    assert (np.diff(slopes) < 0).all()


def test_records_without_variance_do_not_rule_the_others():
    """Half of the records have equal signals from all models, as with a forest; the others still rank."""
    rng = np.random.default_rng(0)
    n, m = 4000, 16
    trained_on = np.repeat(rng.random((m // 2, n)) < 0.5, 2, axis=0)
    trained_on[1::2] ^= True
    references = rng.normal(2.0 * trained_on)
    references[:, ::2] = 4.0
    member = rng.random(n) < 0.5
    target = rng.normal(2.0 * member)
    scores = student_t_scores(target, references, trained_on=trained_on)[1::2]
    assert metrics.auc(member[1::2], scores) > 0.88  # Phi(2 / sqrt 2) = .921 at best


def test_refuses_what_does_not_fit():
    target, references, trained_on = signals()
    with pytest.raises(InputError, match="reference model 3 that are not finite, the first at"):
        student_t_scores(
            target, np.where(np.arange(9)[:, None] == 3, np.nan, references), trained_on=trained_on
        )
    with pytest.raises(InputError, match="for the same records in the same order"):
        student_t_scores(target[:5], references, trained_on=trained_on)
