"""LiRA with proxies against its equations in plain loops, and which records are proxies."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.stats import norm

from mlleaks.attacks.class_proxies import class_proxies, class_proxy_scores
from mlleaks.attacks.class_shifts import STRENGTH
from mlleaks.errors import InputError
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.stats import metrics
from tests.attacks.reference_cases import sides, signals


def slow(target, out, labels, proxies):
    """Record by record; ``out`` has the signals of models that were not trained on it."""
    values, trained_on, classes = proxies
    both = [(*sides(values, trained_on, r), classes[r]) for r in range(len(classes))]
    both = [(i, o, c) for i, o, c in both if i and o]
    each = [(np.mean(i) - np.mean(o), c) for i, o, c in both]
    overall = np.mean([shift for shift, _ in each])

    def shift_of(label):
        of_class = [shift for shift, c in each if c == label]
        return (sum(of_class) + STRENGTH * overall) / (len(of_class) + STRENGTH)

    inside = np.mean([(x - np.mean(o) - shift_of(c)) ** 2 for i, o, c in both for x in i])
    some = [values for values in out if len(values)]
    unbiased = sum(np.var(v) * len(v) for v in some) / sum(len(v) - 1 for v in some)
    outside = unbiased * (1 + np.mean([1 / len(v) for v in some]))
    scores = []
    for x, v, c in zip(target, out, labels, strict=True):
        mean = np.mean(v) if len(v) else np.nan
        score = norm(mean + shift_of(c), inside**0.5).logpdf(x) - norm(mean, outside**0.5).logpdf(x)
        scores.append(0.0 if np.isnan(score) else score)
    return scores


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_equations(seed):
    target, references, _ = signals(seed)
    _, proxies, trained_on = signals(seed + 5, n=70)
    rng = np.random.default_rng(seed)
    labels, classes = rng.integers(4, size=40), rng.integers(3, size=70)  # one class has no proxy
    scores = class_proxy_scores(
        target,
        references,
        labels=labels,
        proxies=proxies,
        proxies_trained_on=trained_on,
        proxy_labels=classes,
    )
    expected = slow(target, references.T, labels, (proxies, trained_on, classes))
    np.testing.assert_allclose(scores, expected, 1e-9, 1e-9)


def evidence(seed, *, online, further):
    target, values, trained_on = signals(seed)
    _, other, other_trained_on = signals(seed + 5, n=70)
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=110)
    audited = ReferenceSignals(
        values, trained_on if online else np.zeros_like(trained_on), labels[:40], np.arange(40)
    )
    rest = ReferenceSignals(
        other, other_trained_on if further else np.zeros_like(other_trained_on), labels[40:], np.arange(70)
    )
    return target, References(audited, np.arange(9), rest)


@pytest.mark.parametrize(("online", "further"), [(False, True), (True, True), (True, False)])
def test_proxies_are_further_records_or_else_the_audited_ones(online, further):
    target, references = evidence(1, online=online, further=further)
    audited, rest = references.audited, references.further
    out = [sides(audited.values, audited.trained_on, r)[1] for r in range(40)]
    proxies = rest if further else audited
    expected = slow(target, out, audited.labels, (proxies.values, proxies.trained_on, proxies.labels))
    scores = class_proxies(np.inf, references, None)(target, np.arange(40))
    np.testing.assert_allclose(scores, expected, 1e-9, 1e-9)


def test_without_proxies_it_refuses():
    _, references = evidence(1, online=False, further=False)
    with pytest.raises(InputError, match="no proxy record with a model that was trained on it and one"):
        class_proxies(np.inf, references, None)


def test_shifts_of_a_class_help():
    """Where classes differ in what training adds, the attack beats one that knows of no classes."""
    rng = np.random.default_rng(0)
    n, m = 4000, 16
    labels = rng.integers(2, size=2 * n)
    trained_on = np.repeat(rng.random((m // 2, 2 * n)) < 0.5, 2, axis=0)
    trained_on[1::2] ^= True
    trained_on[:, :n] = False
    member = rng.random(n) < 0.5
    shift = np.where(labels == 0, 0.2, 3.0)
    references, target = rng.normal(shift * trained_on), rng.normal(shift[:n] * member)
    score = partial(
        class_proxy_scores,
        target,
        references[:, :n],
        proxies=references[:, n:],
        proxies_trained_on=trained_on[:, n:],
    )
    classes = score(labels=labels[:n], proxy_labels=labels[n:])
    one = score(labels=np.zeros(n, int), proxy_labels=np.zeros(n, int))
    assert metrics.auc(member, classes) > metrics.auc(member, one) + 0.01


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": np.zeros(3, int)}, r"labels of shape \(3,\) and \(70,\); expected \(40,\) and \(70,\)"),
        ({"proxy_labels": np.zeros(3, int)}, r"labels of shape \(40,\) and \(3,\)"),
        ({"proxies_trained_on": np.zeros((9, 70), bool)}, "no proxy record with a model"),
        ({"proxies_trained_on": np.zeros((9, 7), bool)}, r"trained_on of shape \(9, 7\)"),
        ({"proxies": []}, "0 references"),
    ],
)
def test_refuses_what_does_not_fit(change, message):
    target, references, _ = signals(0)
    _, proxies, trained_on = signals(5, n=70)
    arguments = {
        "labels": np.zeros(40, int),
        "proxies": proxies,
        "proxies_trained_on": trained_on,
        "proxy_labels": np.zeros(70, int),
    } | change
    with pytest.raises(InputError, match=message):
        class_proxy_scores(target, references, **arguments)
