"""LiRA against its equations in plain loops, a closed form, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from mlleaks.attacks.lira import lira_scores
from mlleaks.attacks.normals import LEAST
from mlleaks.attacks.student_t import student_t_scores
from mlleaks.errors import InputError
from mlleaks.stats import metrics
from tests.attacks.reference_cases import pooled_variance, sides, signals


def slow(target, references, trained_on, mode, variance):
    """Equations 3 and 4 of the paper, record by record."""
    pooled = [pooled_variance(references, trained_on, inside) for inside in (True, False)]
    scores = []
    for record, x in enumerate(target):
        both = sides(references, trained_on, record)
        if not both[1] or (mode == "online" and not both[0]):
            scores.append(0.0 if mode == "online" else np.log(2))
            continue
        deviations = [
            np.sqrt(max(np.var(side), LEAST))
            if len(side) > 1 and variance == "per-record"
            else np.sqrt(common)
            for side, common in zip(both, pooled, strict=True)
        ]
        out = norm(np.mean(both[1]), deviations[1])
        if mode == "offline":
            scores.append(-out.logsf(x))
        else:
            scores.append(norm(np.mean(both[0]), deviations[0]).logpdf(x) - out.logpdf(x))
    return scores


@pytest.mark.parametrize("variance", ["global", "per-record"])
@pytest.mark.parametrize("mode", ["online", "offline"])
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_equations(seed, mode, variance):
    target, references, trained_on = signals(seed)
    scores = lira_scores(target, references, trained_on=trained_on, mode=mode, variance=variance)
    np.testing.assert_allclose(scores, slow(target, references, trained_on, mode, variance), 1e-9, 1e-9)


def test_several_queries_count_by_their_mean():
    target, references, trained_on = signals(n=20)
    trained_on[:4] = np.array([[True], [True], [False], [False]])  # two models or more on either side
    other = np.random.default_rng(1).normal(size=(10, 20))
    each = [
        lira_scores(x, r, trained_on=trained_on, variance="per-record")
        for x, r in ((target, references), (other[0], other[1:]))
    ]
    both = lira_scores(
        np.stack([target, other[0]], axis=-1),
        np.stack([references, other[1:]], axis=-1),
        trained_on=trained_on,
        variance="per-record",
    )
    np.testing.assert_allclose(both, np.mean(each, axis=0))


def test_equal_records_have_equal_scores():
    target, references, trained_on = signals(n=15)
    twice = lira_scores(np.tile(target, 2), np.tile(references, 2), trained_on=np.tile(trained_on, 2))
    np.testing.assert_array_equal(twice[:15], twice[15:])


def test_the_offline_score_rises_with_the_signal_without_end():
    x = np.linspace(-10, 200, 2000)
    references = np.random.default_rng(0).normal(size=(6, 1)).repeat(2000, axis=1)
    scores = lira_scores(x, references, trained_on=np.zeros((6, 2000), dtype=bool), mode="offline")
    assert np.isfinite(scores).all()
    assert (np.diff(scores) > 0).all()


@pytest.mark.parametrize("scores", [lira_scores, student_t_scores])
def test_reaches_the_best_auc_that_there_is(scores):
    """Signals N(0, 1) without and N(d, 1) with the record: no test has a larger AUC than Phi(d / sqrt 2)."""
    rng = np.random.default_rng(0)
    n, m, d = 10_000, 128, 1.2
    trained_on = np.repeat(rng.random((m // 2, n)) < 0.5, 2, axis=0)
    trained_on[1::2] ^= True
    hard, member = 3 * rng.normal(size=n), rng.random(n) < 0.5
    references = rng.normal(hard + d * trained_on)
    auc = metrics.auc(member, scores(rng.normal(hard + d * member), references, trained_on=trained_on))
    error = 5 * np.sqrt(1 / (6 * n))  # 5 standard errors of an AUC, at most; 64 models a side cost < 0.004
    best = norm.cdf(d / np.sqrt(2))
    assert best - 0.004 - error < auc < best + error


def test_a_memory_map_a_list_and_float32_do():
    target, references, trained_on = signals()
    references = references.astype(np.float32)
    scores = lira_scores(target, references, trained_on=trained_on)
    np.testing.assert_array_equal(scores, lira_scores(target, list(references), trained_on=trained_on))
    np.testing.assert_allclose(
        scores, lira_scores(target, references.astype(float), trained_on=trained_on), 1e-9
    )


def changed(values, index, value):
    values = np.array(values, dtype=float)
    values[index] = value
    return values


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t, r, m: (t[:-1], r, m), r"a target of shape \(39,\), 9 references of shape \(40,\)"),
        (lambda t, r, m: (t, r[:-1], m), r"8 references .* trained_on of shape \(9, 40\)"),
        (lambda t, r, m: (t, [*r[:-1], r[-1][:3]], m), r"references of shape \(3,\) and \(40,\)"),
        (lambda t, r, m: (t, r, m[:, :-1]), r"trained_on of shape \(9, 39\); expected \(n,\), \(models, n\)"),
        (lambda t, r, m: (t, r, m.astype(int)), r"trained_on of type int64.*Pass trained_on.astype\(bool\)"),
        (lambda t, r, m: (changed(t, 5, np.nan), r, m), r"the target's signals .* the first at \(5,\)"),
        (lambda t, r, m: (t, changed(r, (2, 7), np.inf), m), r"reference model 2 .* the first at \(7,\)"),
        (lambda t, r, m: (t, r.astype(object), m), "reference model 0 of type object; expected real numbers"),
        (lambda t, r, m: (t, [], m[:0]), r"0 references of shape \(\)"),
    ],
)
def test_refuses_what_does_not_fit(change, message):
    target, references, trained_on = change(*signals())
    with pytest.raises(InputError, match=f"(?s){message}"):
        lira_scores(target, references, trained_on=trained_on)


@pytest.mark.parametrize("setting", [{"mode": "both"}, {"variance": "fixed"}])
def test_refuses_unknown_settings(setting):
    target, references, trained_on = signals()
    with pytest.raises(InputError, match='"online" or "offline", "global" or "per-record"'):
        lira_scores(target, references, trained_on=trained_on, **setting)


def test_a_single_model_on_a_side_has_the_common_variance():
    """Its own would be zero, and every target would be impossible there."""
    rng = np.random.default_rng(0)
    trained_on = np.zeros((8, 2000), dtype=bool)
    trained_on[0] = trained_on[:4, :1000] = True
    references, target = rng.normal(size=(8, 2000)), rng.normal(size=2000)
    scores = lira_scores(target, references, trained_on=trained_on, variance="per-record")
    assert np.abs(scores[1000:]).max() < 100
