"""Whose record each is: by record id, checked before anything is queried."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.data.record_groups import RecordGroups, groups_of_sides, groups_of_table
from mlleaks.data.records import parse_records
from mlleaks.errors import InputError
from mlleaks.types import Dataset, MemberSplit


def sides(n=3, ids=(None, None)):
    names = ("members", "nonmembers")
    return [parse_records((np.zeros((n, 1)), None, own), name) for name, own in zip(names, ids, strict=True)]


def of_ids(persons):
    return RecordGroups(persons=dict(persons))


def checked(persons, member):
    ids = np.arange(len(persons))
    return of_ids(zip(map(str, ids), persons, strict=True)).checked(ids, np.array(member, dtype=bool))


class TestGroupsOfSides:
    def test_ids_that_stand_on_both_sides_are_told_apart(self):
        groups = groups_of_sides(*sides(ids=([1, 2, 3], [3, 2, 1])), (["a", "b", "b"], ["c", "d", "e"]), None)
        ids = np.array(["nonmembers 1", "members 1", "members 3", "nonmembers 3"])
        assert groups.persons_of(ids).tolist() == ["e", "a", "b", "c"]
        assert groups.slices_of(ids) is None

    def test_ids_of_two_kinds_are_found_as_text(self):
        groups = groups_of_sides(
            *sides(ids=([1, 2, 3], ["x", "y", "z"])), ([7, 7, 8], [9.0, 9.0, 10.0]), None
        )
        assert groups.persons_of(np.array(["z", "2", "x"])).tolist() == ["10", "7", "9"]

    @pytest.mark.parametrize("groups", ["patient", ([1, 1, 2],), np.arange(6), ([1], [2], [3])])
    def test_only_a_pair_is_taken(self, groups):
        with pytest.raises(InputError, match="groups of type .*expected groups=\\(those of the members"):
            groups_of_sides(*sides(), groups, None)

    @pytest.mark.parametrize("values", [["a", "b"], ["a", None, "b"], [1.0, np.nan, 2.0]])
    def test_each_record_has_a_value(self, values):
        with pytest.raises(InputError, match="slices of nonmembers for 3 records"):
            groups_of_sides(*sides(), None, (["a", "b", "c"], values))


class TestGroupsOfTable:
    def test_rows_of_several_models_say_the_same(self):
        ids = np.array([4, 5, 4, 5])
        groups = groups_of_table(np.array([5, 4]), {"slices": (ids, ["n", "s", "n", "s"])})
        assert groups.slices_of(np.array([5, 4])).tolist() == ["s", "n"]

    def test_two_values_of_one_record_are_refused(self):
        with pytest.raises(InputError, match="the record '4' with two groups, 'ann' and 'bo'"):
            groups_of_table(np.array([4]), {"groups": (np.array([4, 4]), ["ann", "bo"])})

    def test_rows_of_other_records_may_have_none(self):
        rows = {"groups": (np.array([4, 9]), np.array(["ann", None], dtype=object))}
        assert groups_of_table(np.array([4]), rows).persons_of(np.array([4])).tolist() == ["ann"]

    def test_an_audited_record_needs_one(self):
        with pytest.raises(InputError, match="1 records without a value among the groups \\(first: 5\\)"):
            groups_of_table(np.array([4, 5]), {"groups": (np.array([4]), ["ann"])})


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
    for drawn in draws:
        assert sorted(groups.persons_of(drawn.members.ids).tolist()) == ["p0", "p1", "p2", "p3"]
        np.testing.assert_array_equal(drawn.nonmembers.X[:, 0], drawn.nonmembers.ids)
    assert len({tuple(drawn.members.ids.tolist()) for drawn in draws}) > 10
