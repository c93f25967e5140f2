"""Rank correlation: direction, ties, and its p-value."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import rankdata

from mlleaks.stats.correlation import rank_correlation

X = np.array([0.1, 0.4, 0.4, 0.7, 0.9, 1.3])
Y = np.array([2.0, 1.0, 3.0, 5.0, 4.0, 9.0])


def test_it_is_pearsons_correlation_of_the_ranks():
    expected = np.corrcoef(rankdata(X), rankdata(Y))[0, 1]
    assert rank_correlation(X, Y).value == pytest.approx(expected)


def test_only_the_order_matters_and_the_direction_gives_the_sign():
    rising, falling = rank_correlation(np.exp(X), Y), rank_correlation(-X, Y)
    assert rising == rank_correlation(X, Y)
    assert falling.value == pytest.approx(-rising.value)
    assert falling.p_value == pytest.approx(rising.p_value)
    assert rising.p_value < 0.05


@pytest.mark.filterwarnings("ignore:An input array is constant")
def test_a_constant_has_none():
    assert all(math.isnan(figure) for figure in rank_correlation(X, np.ones(6)))
