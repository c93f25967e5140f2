"""The search for the strongest refuted guarantee."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlleaks.stats.refuting import STEP, STRONGEST, largest_refuted


@given(st.floats(0, 400), st.floats(0, 400))
def test_it_errs_downward_and_by_no_more_than_a_step(limit, start):
    bound = largest_refuted(lambda strength: strength <= limit, start)
    if limit <= start:
        assert bound == start
    else:
        assert bound <= max(limit, start)
        assert bound >= limit - 1.001 * STEP


def test_nothing_refuted_is_the_start():
    assert largest_refuted(lambda strength: False) == 0
    assert largest_refuted(lambda strength: False, 1.5) == 1.5


def test_it_ends_where_everything_is_refuted():
    assert STRONGEST / 2 < largest_refuted(lambda strength: True) <= STRONGEST
