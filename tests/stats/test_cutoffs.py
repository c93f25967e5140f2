"""The p-value up to which records may be named, by the formula as it is written down."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlleaks.errors import InputError
from mlleaks.stats.conformal import conformal_p_values
from mlleaks.stats.cutoffs import largest_cutoff, nonmembers_needed, p_value_cutoff
from mlleaks.stats.significance import benjamini_hochberg

LEVELS, PRIORS = st.sampled_from([0.05, 0.2, 0.5]), st.sampled_from([0.1, 0.5, 0.8])


class TestCutoff:
    @given(st.lists(st.integers(1, 50), min_size=1, max_size=40), LEVELS, PRIORS)
    def test_it_is_the_largest_that_will_do(self, numerators, level, prior):
        p = np.array(numerators) / 50

        def will_do(cut):
            false = (1 - prior) * cut
            return false / (false + prior * (p <= cut).mean()) <= level + 1e-12

        expected = max((cut for cut in p if will_do(cut)), default=0)
        assert p_value_cutoff(p, level=level, prior=prior) == expected

    def test_bounds_that_are_met_exactly_count(self):
        assert p_value_cutoff([1 / 19], level=0.05) == 1 / 19
        assert p_value_cutoff([1 / 18.99], level=0.05) == 0
        assert largest_cutoff(0.05, 0.5) == pytest.approx(1 / 19)

    @pytest.mark.parametrize(("prior", "m"), [(0.5, 59), (0.1, 179)])
    def test_it_is_the_limit_of_benjamini_hochberg(self, prior, m):
        """With as many further non-members as the prior says, spread as p-values are, both name the same."""
        rng, n = np.random.default_rng(1), 60
        further = np.tile(np.arange(1, m + 2) / (m + 1), round(n * (1 - prior) / prior) // (m + 1))
        for level in (0.05, 0.08):
            p = conformal_p_values(rng.normal(5, 1, n), rng.normal(0, 1, m))
            named = benjamini_hochberg(np.concatenate([p, further]), level / (1 - prior))
            assert named[:n].any()
            np.testing.assert_array_equal(named[:n], p <= p_value_cutoff(p, level=level, prior=prior))


class TestHowManyItTakes:
    @given(LEVELS, PRIORS, st.sampled_from([0.05, 0.1, 0.5, 1]))
    def test_it_is_the_fewest_with_a_small_enough_p_value(self, level, prior, share):
        def is_enough(m):
            false = (1 - prior) / (m + 1)
            return false / (false + prior * share) <= level + 1e-12

        fewest = next(m for m in range(1, 10**6) if is_enough(m))
        assert nonmembers_needed(level=level, prior=prior, share=share) == fewest


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
@pytest.mark.parametrize("name", ["level", "prior"])
def test_levels_and_priors_are_shares(name, share):
    for call in (nonmembers_needed, lambda **arguments: p_value_cutoff([0.5], **arguments)):
        with pytest.raises(InputError, match=f"got {name} {share}; expected a share above 0 and below 1"):
            call(**{name: share})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: p_value_cutoff([0.0, 0.5]), "p-values from 0.0 to 0.5; expected above 0"),
        (lambda: p_value_cutoff([0.5, 1.5]), "to 1.5; expected above 0, up to 1"),
        (lambda: nonmembers_needed(share=0), "share 0; expected above 0"),
        (lambda: nonmembers_needed(share=1.1), "share 1.1; expected above 0, at most 1"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
