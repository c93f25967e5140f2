"""Labellings by person: every choice of people is equally likely, and p-values of them are valid."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chisquare

from mlleaks.errors import InputError
from mlleaks.stats.labellings_by_person import labellings_by_person
from tests.stats.rows_of_people import rows_of_people


class TestByPerson:
    def test_all_choices_of_people_are_equally_likely(self):
        member, person = [True, True, True, False, False, False], list("aabccd")
        draws = labellings_by_person(member, person, draws=3000, rng=np.random.default_rng(0))
        counts = Counter(tuple(labelling.tolist()) for labelling in draws)
        assert len(counts) == 6
        assert chisquare(list(counts.values())).pvalue > 1e-3

    @given(st.integers(0, 10**6))
    def test_each_persons_records_stay_on_one_side(self, seed):
        rng = np.random.default_rng(seed)
        person = rng.integers(6, size=40)
        member = person < 3
        if member.all() or not member.any():
            return
        n_people = len(set(person[member]))
        for labelling in labellings_by_person(member, person, draws=5, rng=rng):
            sides = {(name, bool(labelling[person == name].all())) for name in set(person)}
            assert all(len(set(labelling[person == name])) == 1 for name in set(person))
            assert sum(side for _, side in sides) == n_people

    @pytest.mark.slow
    def test_their_p_values_are_valid_where_those_of_rows_are_not(self):
        rng, p = np.random.default_rng(9), {"people": [], "rows": []}
        for _ in range(150):
            member, scores, person = rows_of_people(rng, people=16, rows=10, correlation=0.5, shift=0)
            by_person = labellings_by_person(member, person, draws=99, rng=rng)
            draws = {"people": by_person, "rows": (rng.permutation(member) for _ in range(99))}
            for kind, memberships in draws.items():
                higher = sum(scores[drew].mean() >= scores[member].mean() for drew in memberships)
                p[kind].append((1 + higher) / 100)
        assert (np.array(p["people"]) <= 0.05).sum() <= binom.isf(1e-4, 150, 0.05)
        assert (np.array(p["rows"]) <= 0.05).mean() > 0.2

    def test_the_same_generator_draws_the_same(self):
        one, two = (
            list(labellings_by_person([True, False, True], [5, 6, 5], draws=4, rng=np.random.default_rng(1)))
            for _ in range(2)
        )
        np.testing.assert_array_equal(one, two)

    def test_no_draws_are_refused(self):
        with pytest.raises(InputError, match="0 draws; expected 1 or more"):
            labellings_by_person([1, 0], [1, 2], draws=0, rng=np.random.default_rng(0))
