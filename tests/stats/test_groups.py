"""One score per person: by hand, with interval, and where the number of records must not matter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from mlleaks.errors import InputError
from mlleaks.stats import intervals, metrics
from mlleaks.stats.groups import by_person
from mlleaks.stats.metrics import roc
from tests.stats.rows_of_people import rows_of_people

ROWS = {
    "member": np.array([True, False, True, True, False, True]),
    "scores": np.array([3.0, -1, 4, 1, 2, 7]),
    "person": np.array(["bo", "cy", "ann", "bo", "cy", "ann"]),
}


class TestByPerson:
    @pytest.mark.parametrize(
        ("how", "scores"), [("mean", [2, 0.5, 5.5]), ("max", [3, 2, 7]), ("sum", [4, 1, 11])]
    )
    def test_hand_computed(self, how, scores):
        people = by_person(**ROWS, how=how)
        assert people.ids.tolist() == ["bo", "cy", "ann"]
        assert people.member.tolist() == [True, False, True]
        assert people.scores.tolist() == scores
        assert (people.rows.tolist(), people.note) == ([2, 2, 2], "")

    @pytest.mark.parametrize("how", ["mean", "max", "sum"])
    def test_people_with_one_record_keep_it(self, how):
        people = by_person([True, False, True], [-3, 5, 1], [30, 10, 20], how=how)
        assert (people.ids.tolist(), people.scores.tolist()) == ([30, 10, 20], [-3, 5, 1])

    def test_a_person_on_both_sides_is_split_if_asked_for(self):
        member = np.array([True, False, True, False])
        people = by_person(member, [1, 2, 3, 4], ["ann", "ann", "ann", "bo"], both_sides="split")
        assert people.ids.tolist() == ["ann", "ann", "bo"]
        assert people.member.tolist() == [True, False, False]
        assert people.scores.tolist() == [2, 2, 4]
        assert people.note == "1 persons have records on both sides; each counts once per side."

    def test_the_figures_are_those_of_people(self):
        rng = np.random.default_rng(0)
        people = by_person(*rows_of_people(rng, people=300))
        curve = roc(people.member, people.scores)
        estimates = people.estimates(0.9)
        assert estimates["auc"] == intervals.area(curve, 0.9)
        assert list(estimates) == ["auc", *metrics.TPR_NAMES]
        assert estimates["tpr@10%fpr"] == intervals.tpr_at_fpr(curve, 0.1, 0.9)
        assert math.isnan(estimates["tpr@0.1%fpr"].value)

    def test_without_a_leak_the_mean_alone_ignores_how_many_records_people_have(self):
        """Members have ten records, non-members two; no record leaks."""
        rng = np.random.default_rng(1)
        person = np.r_[np.repeat(np.arange(1000), 10), np.repeat(np.arange(1000, 2000), 2)]
        scores = rng.normal(0.3, 1, len(person))
        auc = {
            how: by_person(person < 1000, scores, person, how=how).estimates()["auc"]
            for how in ("mean", "max", "sum")
        }
        assert auc["mean"].low < 0.5 < auc["mean"].high
        assert auc["max"].low > 0.8
        assert auc["sum"].low > 0.6

    def test_the_sum_of_log_likelihood_ratios_is_the_best_of_the_three(self):
        """The lemma of Neyman and Pearson, for people with unequal numbers of independent records."""
        rng, n_rows = np.random.default_rng(2), np.tile([1, 20], 2000)
        person = np.repeat(np.arange(4000), n_rows)
        member = (person // 2) % 2 == 0
        signal = rng.normal(0.4 * member)
        ratio = norm.logpdf(signal, 0.4) - norm.logpdf(signal)
        auc = {
            how: by_person(member, ratio, person, how=how).estimates()["auc"].value for how in ("mean", "max")
        }
        best = by_person(member, ratio, person, how="sum").estimates()["auc"].value
        assert best > max(auc.values()) + 0.01


def test_an_unknown_aggregate_is_refused():
    with pytest.raises(InputError, match='how=\'median\'; expected "mean", "max" or "sum"'):
        by_person(**ROWS, how="median")
