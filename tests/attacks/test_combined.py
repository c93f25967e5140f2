"""The combined attack: it beats its parts, keeps its false-positive rate, and gets no hint of membership."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mlleaks.attacks.combined import combined_attack, rounds
from mlleaks.attacks.lira import lira_scores
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.stats.metrics import auc

N = 3000


def planted_target(models, *, seed=0, n=N, gap=2.0):
    """Reference models and a target whose records differ in difficulty, spread and how much training tells.

    Returns references, the target's signals and its membership.
    """
    rng = np.random.default_rng(seed)
    half = np.stack([rng.permutation(n) % 2 == 0 for _ in range(models // 2 + 1)])
    trained_on = np.stack([half, ~half], axis=1).reshape(-1, n)
    level, spread = rng.normal(0, 3, size=n), np.exp(rng.normal(0, 0.7, size=n))
    rise = gap * rng.exponential(size=n) * spread
    values = level + rise * trained_on + spread * rng.normal(size=trained_on.shape)
    signals = ReferenceSignals(values[2:], trained_on[2:], np.zeros(n, int), np.arange(n))
    return References(signals, np.repeat(np.arange(models // 2), 2)), values[0], trained_on[0]


@pytest.fixture(scope="module")
def eight():
    references, target, member = planted_target(8)
    return references, target, member, combined_attack(references, np.random.default_rng(0))


def test_it_is_better_than_lira_where_records_differ(eight):
    references, target, member, attack = eight
    scores = attack.formula(target, np.arange(N))
    signals = references.audited
    single = lira_scores(target, signals.values, trained_on=signals.trained_on)
    assert auc(member, scores) > auc(member, single) + 0.005


def test_its_threshold_keeps_the_false_positive_rate():
    rates = []
    for seed in range(4):
        references, target, member = planted_target(6, seed=seed)
        attack = combined_attack(references, np.random.default_rng(0))
        rates.append((attack.formula(target, np.arange(N)) > attack.threshold)[~member])
    rate = np.concatenate(rates).mean()  # 6,000 non-members: four standard deviations are .005
    assert 0.004 < rate < 0.016


def test_scores_know_nothing_of_other_records(eight):
    _, target, _, attack = eight
    rows = np.array([5, 900, 17])
    np.testing.assert_allclose(
        attack.formula(target[rows], rows), attack.formula(target, np.arange(N))[rows], rtol=0, atol=1e-12
    )


def test_without_a_leak_it_is_blind():
    references, target, member = planted_target(8, gap=0.0, seed=3)
    scores = combined_attack(references, np.random.default_rng(0)).formula(target, np.arange(N))
    assert abs(auc(member, scores) - 0.5) < 0.045  # more than four standard deviations


def test_models_without_a_complement_do_not_tell_membership_by_their_number():
    """With signals that say nothing, all that is left is how many models were trained on a record."""
    rng = np.random.default_rng(0)
    trained_on = np.stack([rng.permutation(8) < 4 for _ in range(N)], axis=1)
    signals = ReferenceSignals(rng.normal(size=(8, N)), trained_on, np.zeros(N, int), np.arange(N))
    attack = combined_attack(References(signals, np.arange(8)), np.random.default_rng(0))
    scores = attack.formula(rng.normal(size=N), np.arange(N))
    inside = trained_on.sum(axis=0)
    assert np.ptp(scores) < 2.5  # log-odds; with the count in sight they are beyond 5
    [turn, *_] = rounds(np.arange(8), trained_on, rng)
    left = turn.of(signals, np.arange(N)).trained_on.sum(axis=0)
    assert set(left) == {3}
    assert set(inside) == {4}


def test_offline_models_play_on_further_records():
    references, target, member = planted_target(8, n=2 * N)
    signals = references.audited
    audited, further = (signals.records(np.arange(start, start + N)) for start in (0, N))
    never = replace(audited, values=audited.values - 0.0, trained_on=np.zeros_like(audited.trained_on))
    level = np.where(audited.trained_on, np.nan, audited.values)
    values = np.where(np.isnan(level), np.nanmean(level, axis=0) + 0.0, level)
    offline = References(replace(never, values=values), references.pairs, further)
    scores = combined_attack(offline, np.random.default_rng(0)).formula(target[:N], np.arange(N))
    assert auc(member[:N], scores) > 0.6


def test_the_complement_never_helps():
    masks = np.ones((6, 2), dtype=bool)
    for turn in rounds(np.array([0, 1, 0, 1, 2, 2]), masks, np.random.default_rng(0)):
        assert len(turn.players) == 2
        assert not set(turn.players) & set(turn.references)
        assert len(turn.references) == 4


def test_the_same_seed_gives_the_same_scores(eight):
    references, target, _, attack = eight
    again = combined_attack(references, np.random.default_rng(0))
    np.testing.assert_array_equal(attack.formula(target, np.arange(N)), again.formula(target, np.arange(N)))
    assert attack.threshold == again.threshold
