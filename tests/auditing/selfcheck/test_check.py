"""The bounds of a check are those of a binomial count, at the error that the docs state."""

from __future__ import annotations

import pytest
from scipy.stats import binom

from mlleaks.auditing.selfcheck.check import ERROR, at_most, fewest, guarded, most, unchecked
from mlleaks.errors import missing_extra

CHECK = ("p-value", "name", "truth")


@pytest.mark.parametrize(("trials", "share"), [(40, 0.05), (600, 0.05), (500, 0.94), (24, 0.1)])
def test_counts_within_the_bounds_are_all_that_chance_shows(trials, share):
    assert binom.sf(most(trials, share), trials, share) <= ERROR
    assert binom.sf(most(trials, share) - 1, trials, share) > ERROR
    assert binom.cdf(fewest(trials, share) - 1, trials, share) <= ERROR
    assert binom.cdf(fewest(trials, share), trials, share) > ERROR


def test_the_bounds_belong_to_what_passes():
    bound = most(100, 0.05)
    assert [at_most(CHECK, hits, 100, share=0.05).status for hits in (bound, bound + 1)] == ["ok", "FAILED"]


def test_an_error_becomes_a_failed_check_and_a_missing_extra_an_unchecked_one():
    def checks(error):
        yield unchecked("a", "b", "c")
        raise error

    assert [c.status for c in guarded("a", "b", lambda: checks(ValueError("no")))] == [
        "not checked",
        "FAILED",
    ]
    [_, last] = guarded("a", "b", lambda: checks(missing_extra("torch", "torch")))
    assert (last.status, "torch" in last.got) == ("not checked", True)
