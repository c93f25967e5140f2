"""Whose record each is: by record id, checked before anything is queried."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.data.record_groups import RecordGroups
from mlleaks.errors import InputError
from mlleaks.types import Dataset, MemberSplit


def of_ids(persons):
    return RecordGroups(persons=dict(persons))


def checked(persons, member):
    ids = np.arange(len(persons))
    return of_ids(zip(map(str, ids), persons, strict=True)).checked(ids, np.array(member, dtype=bool))


class TestChecked:
    def test_one_record_each_changes_nothing_and_says_so(self):
        groups = checked(list("abcdefgh"), [1, 0] * 4)
        assert groups.persons is None
        assert groups.notes == ("Each person has one record, so figures by record are figures by person.",)

    def test_few_people_are_noted(self):
        groups = checked([i // 3 for i in range(24)], np.arange(24) < 12)
        assert "4 people among the members and 4 among the non-members" in groups.notes[0]

    def test_many_people_are_not(self):
        assert checked([i // 2 for i in range(80)], np.arange(80) < 40).notes == ()

    @pytest.mark.parametrize(
        ("persons", "message"),
        [
            (["a"] * 8, "groups with one value, 'a', for all records"),
            (list("aabbccda"), "1 of 4 persons with members and non-members \\('a'\\).*--slice COLUMN"),
            (list("aabbccdd"), "2 persons among the members, and of 2 among the non-members"),
        ],
    )
    def test_what_says_nothing_of_people_is_refused(self, persons, message):
        with pytest.raises(InputError, match=message):
            checked(persons, np.arange(8) < 4)

    def test_one_slice_for_all_is_refused(self):
        groups = RecordGroups(slices={"0": "north", "1": "north"})
        with pytest.raises(InputError, match="slices with one value, 'north'"):
            groups.checked(np.arange(2), np.array([True, False]))


def test_one_record_of_each_person_is_chosen():
    data = Dataset("toy", np.arange(40.0)[:, None], np.zeros(40, int), 1)
    split = MemberSplit(data.take(np.arange(20)), data.take(np.arange(20, 40)))
    groups = of_ids((str(i), f"p{i // 5}") for i in range(40))
    draws = [groups.one_record_per_person(split, np.random.default_rng(seed)) for seed in range(20)]
    for picks in draws:
        assert sorted(groups.persons_of(picks.members.ids).tolist()) == ["p0", "p1", "p2", "p3"]
        np.testing.assert_array_equal(picks.nonmembers.X[:, 0], picks.nonmembers.ids)
    assert len({tuple(picks.members.ids.tolist()) for picks in draws}) > 10
