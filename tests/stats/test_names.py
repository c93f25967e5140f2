"""Names of records, persons, classes and groups."""

from __future__ import annotations

import pandas as pd
import pytest

from mlleaks.errors import InputError
from mlleaks.stats.names import checked_ids, checked_names


@pytest.mark.parametrize(
    "names", [["x", "y", "x"], pd.Series(["x", "y", "x"], index=[5, 6, 7]), [2.5, 1.5, 2.5]]
)
def test_names_are_numbered_in_order_of_their_first_record(names):
    codes, distinct = checked_names(names, 3, "persons")
    assert codes.tolist() == [0, 1, 0]
    assert distinct.tolist() == list(dict.fromkeys(names))


def test_missing_names_and_other_lengths_are_refused():
    with pytest.raises(InputError, match="2 classes for 2 records, 1 of them missing.*a name of their own"):
        checked_names(["x", None], 2, "classes")
    with pytest.raises(InputError, match="1 classes for 2 records, 0 of them missing"):
        checked_names(["x"], 2, "classes")


def test_ids_are_as_they_were_and_do_not_repeat():
    assert checked_ids(pd.Series(["b", "a"], index=[4, 5]), 2).tolist() == ["b", "a"]
    with pytest.raises(InputError, match="2 ids that repeat another, such as 7;"):
        checked_ids([5, 7, 7, 7], 4)
