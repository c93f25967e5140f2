"""Trade-off functions: values by hand, their inverses, their order."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlleaks.stats.gaussian_dp import gaussian_epsilon
from mlleaks.stats.tradeoff import APPROXIMATE, GAUSSIAN

shares = st.floats(0.001, 0.999)
families = pytest.mark.parametrize("family", [APPROXIMATE, GAUSSIAN], ids=["approximate", "gaussian"])


class TestCurves:
    @families
    @given(tpr=shares, strength=st.floats(0.01, 3), delta=st.sampled_from([0.0, 1e-5, 0.1]))
    def test_the_two_directions_are_inverses(self, family, tpr, strength, delta):
        fpr = family.lowest_fpr(tpr, strength, delta)
        if fpr > 0:
            assert family.highest_tpr(fpr, strength, delta) == pytest.approx(tpr)
        else:
            assert family.highest_tpr(0.0, strength, delta) >= tpr

    @families
    @given(fpr=shares, strength=st.floats(0.01, 3))
    def test_members_and_nonmembers_have_the_same_curve(self, family, fpr, strength):
        """A test at (fpr, tpr) is one of non-membership at (1 - tpr, 1 - fpr)."""
        tpr = family.highest_tpr(fpr, strength, 1e-5)
        assert family.highest_tpr(1 - tpr, strength, 1e-5) == pytest.approx(1 - fpr, abs=1e-6)

    @families
    def test_they_are_concave_and_rise_with_the_strength(self, family):
        fpr = np.linspace(0.001, 0.999, 500)
        curves = np.array([family.highest_tpr(fpr, s, 1e-5) for s in (0.1, 0.5, 1, 2)])
        assert (np.diff(curves, axis=0) >= -1e-12).all()
        assert (np.diff(curves, 2, axis=1) <= 1e-12).all()
        assert (curves >= fpr).all()

    @given(fpr=shares, mu=st.floats(0.05, 3), delta=st.floats(1e-6, 0.1))
    def test_a_gaussian_curve_is_below_that_of_its_epsilon(self, fpr, mu, delta):
        epsilon = gaussian_epsilon(mu, delta)
        assert GAUSSIAN.highest_tpr(fpr, mu, delta) <= APPROXIMATE.highest_tpr(fpr, epsilon, delta) + 1e-9

    def test_pure_dp_by_hand(self):
        """At epsilon = log 4 the corner is at an FPR of 1/5."""
        tpr = APPROXIMATE.highest_tpr(np.array([0.1, 0.2, 0.6]), math.log(4), 0.0)
        assert tpr == pytest.approx([0.4, 0.8, 0.9])
