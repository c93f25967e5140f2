"""What is certain above all non-members."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from mlleaks.stats.metrics import roc
from mlleaks.stats.strictest import strictest_cut


@pytest.mark.parametrize("decimals", [6, 0])
@pytest.mark.parametrize(("n", "m", "gap"), [(20, 20, 1.0), (60, 40, 2.0), (200, 30, 0.0)])
def test_both_limits_hold_together(n, m, gap, decimals):
    """Scores are normal, rounded or not; what lies above a cut is known."""
    rng, missed, runs = np.random.default_rng(0), 0, 2_000
    member = np.repeat([True, False], [n, m])
    for _ in range(runs):
        scores = np.round(rng.normal(gap * member), decimals)
        cut = strictest_cut(roc(member, scores))
        beyond = scores[~member].max() + 0.5 * 10.0**-decimals  # rounded scores above it
        tpr, fpr = norm.sf(beyond - gap), norm.sf(beyond)
        missed += tpr < cut.least_tpr or fpr > cut.highest_fpr
    assert missed / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


def test_without_a_member_above_all_nothing_is_found():
    member = np.repeat([True, False], 10)
    cut = strictest_cut(roc(member, -member.astype(float)))
    assert cut.members == 0
    assert cut.least_tpr == 0.0
    assert 0.25 < cut.highest_fpr < 0.35
