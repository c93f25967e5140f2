"""Moments of both sides in plain loops; models are read one at a time."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from mlleaks.attacks.bayes_optimal import base_scores
from mlleaks.attacks.class_proxies import class_proxy_scores
from mlleaks.attacks.difficulty_calibration import calibration_scores
from mlleaks.attacks.lira import lira_scores
from mlleaks.attacks.moments import mean_of, moments
from mlleaks.attacks.reference_quantile import reference_quantile_scores
from mlleaks.attacks.rmia import rmia_scores
from mlleaks.attacks.student_t import student_t_scores
from mlleaks.attacks.transformed import as_posteriors, clipped
from tests.attacks.reference_cases import sides, signals


@pytest.mark.parametrize("seed", range(3))
def test_equal_the_plain_loops(seed):
    _, references, trained_on = signals(seed)
    both = moments(references, trained_on)
    for record in range(references.shape[1]):
        for values, side in zip(
            sides(references, trained_on, record), (both.inside, both.outside), strict=True
        ):
            assert side.count[record] == len(values)
            if not values:
                assert np.isnan(side.mean[record])
                assert np.isnan(side.variance[record])
                continue
            assert side.mean[record] == pytest.approx(np.mean(values), rel=1e-12)
            assert side.variance[record] == pytest.approx(np.var(values), rel=1e-9, abs=1e-15)


def test_a_side_without_variance_has_exactly_none():
    _, references, trained_on = signals(0)
    both = moments(references, trained_on)
    assert both.inside.squares[4] == both.inside.squares[5] == both.outside.squares[5] == 0


def test_equal_large_signals_have_next_to_no_variance():
    values = np.full((7, 3), 103.61632918473207)
    assert moments(values, np.ones((7, 3), dtype=bool)).inside.variance.max() < 1e-24


def test_each_query_has_its_own_moments():
    _, references, trained_on = signals(1)
    _, other, _ = signals(2)
    both = moments(np.stack([references, other], axis=-1), trained_on)
    for query, values in enumerate((references, other)):
        alone = moments(values, trained_on)
        np.testing.assert_array_equal(both.outside.mean[:, query], alone.outside.mean)
        np.testing.assert_array_equal(both.inside.squares[:, query], alone.inside.squares)
    np.testing.assert_array_equal(both.inside.count, trained_on.sum(axis=0))


def test_without_any_model_that_counts_the_mean_is_nan():
    assert np.isnan(mean_of(np.zeros((2, 3)), np.zeros((2, 3), dtype=bool))).all()


def test_signals_are_transformed_when_they_are_read():
    values = np.array([[-9.0, 0.0, 9.0], [1.0, 2.0, 3.0]], dtype=np.float32)
    assert np.array_equal([*clipped(values, 2.5)], [[-2.5, 0.0, 2.5], [1.0, 2.0, 2.5]])
    np.testing.assert_allclose([*as_posteriors(values)], 1 / (1 + np.exp(-values.astype(float))), 1e-12)


class Stored:
    """Signals that are made when a model is read, as if from disk."""

    def __init__(self, n, m):
        self.n, self.m = n, m

    def __len__(self):
        return self.m

    def __getitem__(self, model):
        if model >= self.m:
            raise IndexError
        return np.random.default_rng(model).random(self.n, dtype=np.float32)


def proxy_scores(target, references, *, trained_on):
    labels = np.zeros(len(target), dtype=int)
    return class_proxy_scores(
        target,
        references,
        labels=labels,
        proxies=references,
        proxies_trained_on=trained_on,
        proxy_labels=labels,
    )


def relative(target, references, *, trained_on):
    population = np.full(10, 0.5), np.full((len(references), 10), 0.5)
    return rmia_scores(
        target,
        references,
        trained_on=trained_on,
        population_target=population[0],
        population_references=population[1],
    )


@pytest.mark.parametrize(
    "scores",
    [
        lira_scores,
        student_t_scores,
        base_scores,
        calibration_scores,
        reference_quantile_scores,
        proxy_scores,
        relative,
    ],
)
def test_models_are_read_one_at_a_time(scores):
    n, m = 20_000, 100
    trained_on = np.arange(m)[:, None] % 2 == np.arange(n) % 2
    target = np.random.default_rng(0).random(n)
    scores(target, Stored(n, 4), trained_on=trained_on[:4])  # imports and caches
    tracemalloc.start()
    result = scores(target, Stored(n, m), trained_on=trained_on)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.isfinite(result).all()
    # proxies take a bool per model; all signals together would be 50 arrays of float64
    assert peak < 40 * n * 8
