"""Three-valued answers against every way in which undecided ones could turn out."""

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlleaks.stats.criteria import all_hold, any_holds, at_least, is_above, is_below

ANSWERS = st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=5)


def outcomes(answers):
    """All lists of yes and no that the answers allow."""
    return product(*([answer] if answer is not None else [True, False] for answer in answers))


def what_all_outcomes_say(answers, decide):
    said = {decide(outcome) for outcome in outcomes(answers)}
    return said.pop() if len(said) == 1 else None


@given(ANSWERS)
def test_an_answer_is_given_only_if_nothing_undecided_can_change_it(answers):
    assert all_hold(answers) is what_all_outcomes_say(answers, all)
    assert any_holds(answers) is what_all_outcomes_say(answers, any)


@given(ANSWERS, st.integers(0, 6))
def test_so_many_hold(answers, number):
    assert at_least(answers, number) is what_all_outcomes_say(answers, lambda outcome: sum(outcome) >= number)


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(-1, 1))
def test_a_limit_inside_the_interval_decides_nothing(low, width, limit):
    interval = (low, low + width)
    above, below = is_above(interval, limit), is_below(interval, limit)
    if low < limit < low + width:
        assert above is below is None
    assert (above is True) == (low > limit)
    assert (below is True) == (low + width < limit)


@pytest.mark.parametrize("interval", [(math.nan, math.nan), (-1.0, math.nan), (math.nan, 1.0)])
def test_unknown_ends_decide_nothing(interval):
    assert is_above(interval, 0.0) is None
    assert is_below(interval, 0.0) is None
