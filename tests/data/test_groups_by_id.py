"""Whose record each is: from columns in the order of the records to persons by id."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.data.groups_by_id import groups_of_sides, groups_of_table
from mlleaks.data.records import parse_records
from mlleaks.errors import InputError


def sides(n=3, ids=(None, None)):
    names = ("members", "nonmembers")
    return [parse_records((np.zeros((n, 1)), None, own), name) for name, own in zip(names, ids, strict=True)]


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
