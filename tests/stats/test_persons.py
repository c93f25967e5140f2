"""Whose record each is: persons on one side, and what is refused wherever persons are passed."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.errors import InputError
from mlleaks.stats.clustered import clustered_auc
from mlleaks.stats.groups import by_person
from mlleaks.stats.labellings_by_person import labellings_by_person
from mlleaks.stats.persons import checked_persons

BOTH = {"member": [True, False, True, False], "person": ["ann", "ann", "bo", "bo"]}
SCORES = np.arange(4.0)
CALLS = {
    "by_person": lambda member, person: by_person(member, SCORES, person),
    "clustered_auc": lambda member, person: clustered_auc(member, SCORES, person),
    "labellings": lambda member, person: labellings_by_person(
        member, person, draws=1, rng=np.random.default_rng(0)
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
class TestBadPeople:
    def test_people_on_both_sides_are_named(self, call):
        with pytest.raises(InputError, match=r"2 persons with members and non-members \('ann', 'bo'\)"):
            call(**BOTH)

    def test_one_person_for_all_records_says_what_to_do(self, call):
        with pytest.raises(InputError, match="one person, 7, for all 4 records; .*Pass another column"):
            call(BOTH["member"], [7] * 4)

    @pytest.mark.parametrize(
        ("person", "message"),
        [
            (["a", "b", None, "c"], "4 persons for 4 records, 1 of them missing"),
            (["a", "b"], "2 persons for 4"),
        ],
    )
    def test_each_record_has_a_person(self, call, person, message):
        with pytest.raises(InputError, match=message):
            call(BOTH["member"], person)


def test_many_people_on_both_sides_are_counted_and_some_named():
    with pytest.raises(InputError, match=r"9 persons .*\(0, 1, 2, 3, 4, \.\.\.\)"):
        by_person(np.tile([True, False], 9), np.zeros(18), np.repeat(np.arange(9), 2))


def test_persons_are_numbered_in_order_of_their_first_record():
    code, names = checked_persons([7, 5, 7, 9], np.array([True, False, True, True]), "error")
    assert (code.tolist(), names.tolist()) == ([0, 1, 0, 2], [7, 5, 9])


def test_an_unknown_way_with_both_sides_is_refused():
    with pytest.raises(InputError, match='both_sides=\'drop\'; expected "error" or "split"'):
        checked_persons([1, 2], np.array([True, False]), "drop")
