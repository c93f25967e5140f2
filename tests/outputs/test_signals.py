"""Signals of the true class, against their definitions in exact arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from mlleaks.outputs.signals import log_odds, log_posterior, modified_entropy, scaled_logit


def table(n=60, k=5, seed=0):
    """Posteriors that are multiples of 2**-40: their sums are exact, also in confident rows."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(k, 0.05), size=n)
    p = np.round(p * 2**40) / 2**40
    p[np.arange(n), p.argmax(axis=1)] += 1 - p.sum(axis=1)
    return p, rng.integers(k, size=n)


def log(x):
    return math.log(max(float(x), 1e-45))


def defined_entropy(row, label):
    exact = [Fraction(float(value)) for value in row]
    total = -float(1 - exact[label]) * log(exact[label])
    return total - sum(float(q) * log(1 - q) for i, q in enumerate(exact) if i != label)


def test_modified_entropy_is_its_definition():
    p, labels = table()
    expected = [defined_entropy(row, label) for row, label in zip(p, labels, strict=True)]
    assert max(expected) > 100  # a posterior of zero for the true class is among them
    np.testing.assert_allclose(modified_entropy(p, labels), expected, rtol=1e-9, atol=1e-15)


def test_modified_entropy_is_exact_where_one_class_has_nearly_all():
    p = np.array([[1 - 1e-12, 1e-12], [1.0, 1e-30]])
    values = modified_entropy(p, np.array([0, 0]))
    np.testing.assert_allclose(values, [2e-24, 2e-60], rtol=1e-3)
    wrong = modified_entropy(p[:1], np.array([1]))
    np.testing.assert_allclose(wrong, 2 * -math.log(1e-12), rtol=1e-3)


def test_modified_entropy_falls_with_the_true_posterior_and_rises_with_a_wrong_one():
    p = np.linspace(0, 1, 101)
    two = np.column_stack([p, 1 - p])
    assert (np.diff(modified_entropy(two, np.zeros(101, dtype=int))) < 0).all()
    assert (np.diff(modified_entropy(two, np.ones(101, dtype=int))) > 0).all()


def test_modified_entropy_does_not_depend_on_the_order_of_the_classes():
    p, labels = table()
    order = np.array([3, 0, 4, 1, 2])
    np.testing.assert_allclose(
        modified_entropy(p[:, order], np.argsort(order)[labels]), modified_entropy(p, labels)
    )


@pytest.mark.parametrize("block", [1, 7, 10_000])
def test_blocks_of_rows_change_nothing(monkeypatch, block):
    p, labels = table()
    whole = modified_entropy(p, labels), log_odds(p)
    monkeypatch.setattr("mlleaks.outputs.posteriors._BLOCK", block)
    np.testing.assert_array_equal(modified_entropy(p, labels), whole[0])
    np.testing.assert_array_equal(log_odds(p), whole[1])


def test_the_log_posterior_is_the_logarithm_and_keeps_the_order_of_confident_answers():
    p, labels = table()
    true = p[np.arange(60), labels]
    some = true > 0
    np.testing.assert_allclose(log_posterior(p, labels)[some], np.log(true[some]), rtol=1e-9, atol=1e-12)
    confident = np.array([[1, 1e-20], [1, 1e-25]])
    assert np.diff(log_posterior(confident, np.array([0, 0])))[0] > 0


def test_log_odds_of_the_true_class_are_its_scaled_logit_within_the_limits():
    p, labels = table(seed=1)
    own = log_odds(p, least=1e-45)[np.arange(60), labels]
    np.testing.assert_allclose(own, scaled_logit(p, labels), rtol=1e-9)
    limited = log_odds(p, least=1e-3)
    assert np.abs(limited).max() <= -math.log(1e-3)
    np.testing.assert_array_equal(np.sign(limited), np.sign(log_odds(p)))


def test_hard_answers_have_finite_signals():
    hard, labels = np.eye(3, dtype=np.float32), np.array([0, 0, 2])
    for values in (modified_entropy(hard, labels), log_posterior(hard, labels), log_odds(hard)):
        assert np.isfinite(values).all()
