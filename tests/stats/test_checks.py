"""What the statistics of records and persons are given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlleaks.errors import InputError
from mlleaks.stats.checks import checked_numbers, checked_share, checked_sides


@pytest.mark.parametrize(
    "member", [[True, False, True], [1, 0, 1], pd.Series([True, False, True]), [1.0, 0.0, 1.0]]
)
def test_memberships_may_be_written_in_several_ways(member):
    sides, scores = checked_sides(member, (3, 2, 1))
    assert (sides.dtype, sides.tolist()) == (bool, [True, False, True])
    assert scores.dtype == np.float64


@pytest.mark.parametrize("member", [["in", "out", "in"], [1, 0, 2], [True, None, False], [[1, 0, 1]]])
def test_other_memberships_are_refused(member):
    with pytest.raises(InputError, match="memberships .*expected True or False for every score"):
        checked_sides(member, [3, 2, 1])


def test_infinite_scores_are_numbers_and_text_is_none():
    assert checked_numbers([1, np.inf], "scores").tolist() == [1, np.inf]
    with pytest.raises(InputError, match="scores that are no numbers .*Convert them first"):
        checked_numbers(["high"], "scores")


@pytest.mark.parametrize("value", [0, 1, 5, float("nan")])
def test_a_share_lies_between_0_and_1(value):
    with pytest.raises(InputError, match="above 0 and below 1. Pass 0.05 for 5 %"):
        checked_share(value, "level")
