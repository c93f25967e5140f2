"""Scores of several attacks: checked, ranked, and one chosen by records that make no bound."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from mlleaks.errors import InputError
from mlleaks.stats.attack_choice import ranked_scores


def auc_alone(records):
    return 0.0


def choose(member, scores, *, stratified=True, seed=0):
    return ranked_scores(
        member, scores, evidence=auc_alone, stratified=stratified, rng=np.random.default_rng(seed)
    )


class TestOneAttack:
    def test_all_records_are_ranked(self):
        member, scores = np.array([1, 0, 1, 0]), np.array([0.3, -1, np.inf, 0.1])
        records = choose(member, scores)
        assert records.order.tolist() == [2, 0, 3, 1]
        assert records.member.tolist() == [True, False, True, False]
        assert records.attack == ""

    def test_its_name_is_kept(self):
        assert choose(np.array([True, False]), {"loss": np.zeros(2)}).attack == "loss"

    def test_ties_are_in_random_order(self):
        """The member comes first in half of the draws."""
        member, scores = np.array([True, False, False]), np.array([1.0, 1.0, 0.0])
        first = sum(choose(member, scores, seed=seed).order[0] == 2 for seed in range(200))
        assert binom.ppf(1e-5, 200, 0.5) <= first <= binom.ppf(1 - 1e-5, 200, 0.5)

    def test_without_a_generator_it_is_reproducible(self):
        member, scores = np.arange(50) % 2 == 0, np.zeros(50)
        a, b = (
            ranked_scores(member, scores, evidence=auc_alone, stratified=True, rng=None) for _ in range(2)
        )
        assert (a.order == b.order).all()


class TestSeveralAttacks:
    member = np.repeat([True, False], [100, 40])

    def test_the_best_is_chosen_and_the_others_make_the_bound(self):
        rng = np.random.default_rng(0)
        attacks = {name: rng.normal(size=140) + d * self.member for name, d in (("a", 0), ("b", 2), ("c", 1))}
        records = choose(self.member, attacks)
        assert records.attack == "b"
        assert records.member.sum() == 75
        assert (~records.member).sum() == 30

    @pytest.mark.parametrize("seed", range(20))
    def test_the_records_that_make_the_bound_have_no_part_in_the_choice(self, seed):
        rng = np.random.default_rng(seed)
        attacks = {name: rng.normal(size=140) for name in "abc"}
        choosing = np.random.default_rng(seed).choice(np.arange(140), 35, replace=False)
        other = ~self.member
        other[choosing] = self.member[choosing]
        before = choose(self.member, attacks, stratified=False, seed=seed)
        after = choose(other, attacks, stratified=False, seed=seed)
        assert before.attack == after.attack
        assert (before.member == ~after.member).all()

    def test_evidence_comes_before_the_auc(self):
        marks = {"a": self.member * 1.0, "b": self.member * -1.0}
        records = ranked_scores(
            self.member,
            marks,
            evidence=lambda trial: float(trial.attack == "b"),
            stratified=True,
            rng=None,
        )
        assert records.attack == "b"

    def test_unless_stratified_the_numbers_of_members_vary(self):
        scores = {"a": np.zeros(140), "b": np.zeros(140)}
        draws = [choose(self.member, scores, stratified=False, seed=seed) for seed in range(30)]
        assert {len(records.member) for records in draws} == {105}
        assert len({int(records.member.sum()) for records in draws}) > 1


class TestBadInput:
    two = np.array([True, False])

    @pytest.mark.parametrize(
        ("member", "scores", "message"),
        [
            ([True, True], np.zeros(2), "2 members and 0 non-members; expected at least 1 of each"),
            ([False, False], np.zeros(2), "0 members and 2 non-members"),
            ([], np.zeros(0), "0 members and 0 non-members"),
            ([[True, False]], np.zeros(2), "membership of shape"),
            ([2, 0], np.zeros(2), "one-dimensional array of booleans"),
            ([True, False], np.zeros(3), r"scores of shape \(3,\) for 2 records"),
            ([True, False], np.array([0.1, np.nan]), "1 scores that are nan"),
            ([True, False], {"loss": np.array([np.nan, np.nan])}, "2 scores of 'loss' that are nan"),
            ([True, False], {}, "no attack"),
            ([True, False], {"a": np.zeros(2), "b": np.zeros(2)}, "at least 2 of each"),
        ],
    )
    def test_it_says_what_is_wrong(self, member, scores, message):
        with pytest.raises(InputError, match=message):
            choose(np.array(member), scores)
