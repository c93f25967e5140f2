"""Rounds in which models play the target: how many references saw a record must not tell what they saw."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.attacks.combined import combined_attack
from mlleaks.attacks.rounds import rounds
from mlleaks.data.reference_plan import pairs_of, plan_references
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.stats.metrics import auc
from tests.synthetic import masks_of

N = 2000


def signals_of(trained_on, rng):
    shape = trained_on.shape[1]
    return ReferenceSignals(
        rng.normal(size=trained_on.shape), trained_on, np.zeros(shape, int), np.arange(shape)
    )


def odd_plan(models):
    plan = plan_references(np.zeros(N, int), models, np.random.default_rng(models), size=N // 2)
    return masks_of(plan)


def mixed_plan():
    """A complementary pair beside models of which every record is in exactly half."""
    rng = np.random.default_rng(0)
    half = rng.permutation(N) % 2 == 0
    rest = np.stack([rng.permutation(6) < 3 for _ in range(N)], axis=1)
    return np.concatenate([[half, ~half], rest])


@pytest.mark.parametrize("trained_on", [odd_plan(5), odd_plan(9), mixed_plan()], ids=["5", "9", "mixed"])
def test_the_number_of_references_that_saw_a_record_does_not_tell_what_a_player_saw(trained_on):
    rng = np.random.default_rng(1)
    signals = signals_of(trained_on, rng)
    turns = rounds(pairs_of(trained_on), trained_on, rng)
    assert len(turns) > 1
    for turn in turns:
        number = turn.of(signals, np.arange(N)).trained_on.sum(axis=0)
        for player in turn.players:
            member = trained_on[player]
            difference = number[member].mean() - number[~member].mean()
            assert abs(difference) < 6 * np.sqrt(number.var() * 4 / N) + 1e-9


def test_with_an_odd_number_of_models_the_attack_is_as_good_and_keeps_its_false_positive_rate():
    """Four models of the five are those of a smaller audit: one more model takes nothing away."""
    rng = np.random.default_rng(0)
    trained_on = odd_plan(5)
    member = rng.permutation(N) % 2 == 0
    level = rng.normal(0, 3, size=N)
    values, target = (
        level + 2 * inside + rng.normal(size=np.shape(inside)) for inside in (trained_on, member)
    )
    signals = ReferenceSignals(values, trained_on, np.zeros(N, int), np.arange(N))
    five = References(signals, pairs_of(trained_on))
    aucs, rates = [], []
    for references in (five.models(np.arange(4)), five):
        attack = combined_attack(references, np.random.default_rng(0))
        scores = attack.formula(target, np.arange(N))
        aucs.append(auc(member, scores))
        rates.append((scores > attack.threshold)[~member].mean())
    assert aucs[1] > aucs[0] - 0.02
    assert max(rates) < 0.03


def test_models_that_were_trained_on_all_records_or_on_none_do_not_play():
    trained_on = np.random.default_rng(0).random((6, 50)) < 0.5
    trained_on[1], trained_on[4] = True, False
    turns = rounds(pairs_of(trained_on), trained_on, np.random.default_rng(0))
    assert [turn.players.tolist() for turn in turns] == [[0], [2], [3], [5]]
    assert all({1, 4} <= set(turn.references.tolist()) for turn in turns)
