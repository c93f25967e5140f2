"""Decimals of scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlleaks.outputs.posteriors import TOLERANCE
from mlleaks.targets.http.rounding import FEWEST_VALUES, decimals_of, sum_tolerance


@given(st.integers(1, 6), st.integers(0, 2**32 - 1), st.sampled_from([float, np.float32, repr]))
def test_decimals_are_counted_whatever_the_type(decimals, seed, kind):
    scores = np.random.default_rng(seed).uniform(0.1, 0.9, size=200).round(decimals)
    written = [repr(v) if kind is repr else float(kind(v)) for v in scores.tolist()]
    assert decimals_of(written) == decimals


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_full_scores_have_no_decimals(kind):
    scores = np.random.default_rng(0).uniform(size=50).astype(kind)
    assert decimals_of([float(v) for v in scores]) is None


def test_small_numbers_are_not_called_rounded():
    assert decimals_of([1e-5] * 20) == 5
    assert decimals_of([1e-12] * 20) is None
    assert decimals_of(["1e-3"] * 20) == 3


def test_zero_and_one_say_nothing():
    assert decimals_of([0, 1.0, 0.0, 1] * 20) is None
    assert decimals_of([0.5] * (FEWEST_VALUES - 1)) is None
    assert decimals_of([0.5] * FEWEST_VALUES) == 1


def test_percentages_count_as_shares():
    assert decimals_of([12.5] * 20, scale=100) == 3
    assert decimals_of(["7%"] * 20, scale=100) == 2


@given(st.integers(2, 40), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_rounding_never_moves_a_sum_further_than_the_tolerance(k, decimals, seed):
    p = np.random.default_rng(seed).dirichlet(np.ones(k), size=50)
    off = np.abs(p.round(decimals).sum(axis=1) - 1).max()
    assert off <= max(k * 0.5 * 10.0**-decimals, TOLERANCE) + 1e-12
    assert off <= sum_tolerance(k, decimals) + 1e-12 or sum_tolerance(k, decimals) == 0.25
