"""Quantile regression: an honest threshold, and signals that are unusual for their record."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import binom

from mlleaks.attacks.quantile_regression import FOLDS, fit_population, learn_from_population
from mlleaks.errors import InputError
from mlleaks.stats import metrics
from mlleaks.types import Dataset, Outputs


def made(n, seed, gap=0.0, width=4):
    """Records whose first column says how high their signal is, and whose second how widely it varies."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, width))
    member = np.arange(n) % 2 == 0
    labels = rng.integers(3, size=n)
    signals = 3 * X[:, 0] + 2 * labels + np.exp(0.7 * X[:, 1]) * rng.normal(size=n) + gap * member
    return X, labels, signals, member


def answers(signals, labels, ids=None):
    p = np.repeat((expit(-signals) / 2)[:, None], 3, axis=1)
    p[np.arange(len(labels)), labels] = expit(signals)
    return Outputs(p, labels, ids)


@pytest.mark.parametrize("size", [300, 1200])
def test_one_percent_of_records_that_are_new_exceed_the_threshold(size):
    flagged, n = 0, 4000
    for seed in range(3):
        X, labels, signals, _ = made(size + n, seed)
        old, new = slice(0, size), slice(size, None)
        models = fit_population(signals[old], X[old], labels[old], rng=np.random.default_rng(seed))
        flagged += int((models.score(signals[new], X[new], labels[new]) > models.threshold).sum())
    # the threshold itself is a quantile of 3 * size scores: its FPR varies by about 1 / sqrt(0.01 * 3 * size)
    spread = 4 * np.sqrt(0.01 / (3 * size))
    low = binom.ppf(1e-4, 3 * n, max(0.01 - spread, 0.002))
    high = binom.ppf(1 - 1e-4, 3 * n, 0.01 + spread)
    assert low <= flagged <= high


def test_the_fpr_would_be_off_without_folds():
    """What the folds are for: scores by the models that were trained on a record are too low for it."""
    X, labels, signals, _ = made(300, 0)
    models = fit_population(signals, X, labels, rng=np.random.default_rng(0))
    assert len(models.models) == FOLDS
    in_sample = models.score(signals, X, labels)
    assert np.quantile(in_sample, 0.99) < models.threshold


def test_it_finds_a_leak_that_the_signal_alone_hardly_shows():
    X, labels, signals, member = made(4000, 1, gap=2.0)
    rest = made(2000, 2)
    models = fit_population(rest[2], rest[0], rest[1], rng=np.random.default_rng(0))
    plain, regressed = metrics.auc(member, signals), metrics.auc(member, models.score(signals, X, labels))
    assert regressed > plain + 0.1
    assert regressed > 0.8


def test_a_prediction_is_scaled_by_how_widely_signals_vary():
    rest = made(4000, 3)
    models = fit_population(rest[2], rest[0], rest[1], rng=np.random.default_rng(0))
    steady, wide = np.array([[0, -1.5, 0, 0]]), np.array([[0, 1.5, 0, 0]])
    label = np.array([1])

    def step(x):
        return models.score(np.array([4.0]), x, label) - models.score(np.array([2.0]), x, label)

    assert step(steady)[0] > 1.5 * step(wide)[0]


def test_records_are_found_by_id():
    X, labels, signals, _ = made(400, 4)
    ids = np.array([f"record {i}" for i in range(400)])
    outputs, records = answers(signals, labels, ids), Dataset("made", X, labels, 3, ids)
    order = np.random.default_rng(0).permutation(400)
    population = outputs.take(np.arange(300))
    attack = learn_from_population(population, records, np.random.default_rng(1))
    again = learn_from_population(population, records.take(order), np.random.default_rng(1))
    assert again.threshold == attack.threshold
    audited = np.arange(300, 400)
    scores = attack.score(outputs.take(audited))
    np.testing.assert_array_equal(scores, again.score(outputs.take(audited)))
    np.testing.assert_array_equal(scores[::-1], attack.score(outputs.take(audited[::-1])))


def test_saturated_answers_have_finite_scores():
    X, labels, _, member = made(200, 5)
    hard = np.eye(3)[np.where(member, labels, (labels + 1) % 3)]
    records = Dataset("made", X, labels, 3)
    for posteriors in (hard, np.eye(3)[labels]):
        outputs = Outputs(posteriors, labels, records.ids)
        attack = learn_from_population(outputs.take(np.arange(100)), records, np.random.default_rng(0))
        assert np.isfinite(attack.score(outputs)).all()


def test_what_is_missing_is_named():
    X, labels, signals, _ = made(60, 6)
    ids = np.arange(60)
    outputs, records = answers(signals, labels, ids), Dataset("made", X, labels, 3, ids)

    def learned(population):
        return learn_from_population(population, records, np.random.default_rng(0))

    attack = learned(outputs)
    with pytest.raises(InputError, match="outputs without ids"):
        attack.score(answers(signals, labels))
    with pytest.raises(InputError, match="outputs without labels"):
        attack.score(Outputs(outputs.posteriors, None, ids))
    with pytest.raises(InputError, match="1 records .*first: 99"):
        attack.score(answers(signals[:1], labels[:1], np.array([99])))
    with pytest.raises(InputError, match="a population of 1 records; expected two or more"):
        learned(outputs.take(np.arange(1)))
    assert np.isfinite(learned(outputs.take(np.arange(2))).score(outputs)).all()
