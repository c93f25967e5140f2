"""Lists by the best of several attacks: their level holds, which it would not if all non-members chose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from mlleaks.errors import InputError
from mlleaks.stats.chosen_list import CHOOSING, name_by_best_attack, nonmembers_to_choose
from mlleaks.stats.cutoffs import nonmembers_needed
from mlleaks.stats.naming import name_members

MEMBER = np.repeat([True, False], 100)
AUDITS, ATTACKS, SHIFT = 400, 15, 1.9


def scores(rng, shift=SHIFT, member=MEMBER):
    """Return normal scores of attacks that are alike; those of members are higher by ``shift``."""
    common = rng.normal(size=len(member))
    own = rng.normal(size=(ATTACKS, len(member)))
    return {f"attack {i}": (common + row) / np.sqrt(2) + shift * member for i, row in enumerate(own)}


def false_share(threshold, named):
    """Return the share of false names among fresh non-members at a prior of 50 %: the truth."""
    fpr = norm.sf(threshold)
    return fpr / (fpr + named) if named else 0.0


def false_shares(make):
    rng = np.random.default_rng(0)
    lists = [make(scores(rng)) for _ in range(AUDITS)]
    return np.array([false_share(listed.threshold, listed.share.value) for listed in lists])


def by_all_nonmembers(attacks):
    """Return the longest list of all, each compared with all non-members."""
    return max((name_members(MEMBER, s) for s in attacks.values()), key=lambda listed: listed.share.value)


def limits(values):
    half = 3 * values.std() / np.sqrt(len(values))
    return values.mean() - half, values.mean() + half


@pytest.mark.slow
def test_the_level_holds_for_fresh_nonmembers_and_would_not_if_all_chose():
    choice = false_shares(lambda attacks: name_by_best_attack(MEMBER, attacks).listed)
    assert choice.mean() > 0.01  # most lists name somebody
    assert limits(choice)[0] <= 0.05
    assert limits(false_shares(by_all_nonmembers))[0] > 0.05


def test_without_a_leak_nearly_all_lists_are_empty():
    rng = np.random.default_rng(1)
    lists = [name_by_best_attack(MEMBER, scores(rng, 0)).listed for _ in range(100)]
    assert sum(listed.cutoff > 0 for listed in lists) <= 3


def test_a_plain_leak_is_named():
    choice = name_by_best_attack(MEMBER, scores(np.random.default_rng(2), 4))
    assert choice.listed.named[MEMBER].mean() > 0.9


def test_the_attack_that_leaks_is_chosen():
    rng = np.random.default_rng(3)
    attacks = scores(rng, 0) | {"leaks": rng.normal(size=200) + 3 * MEMBER}
    assert name_by_best_attack(MEMBER, attacks).attack == "leaks"


def test_nonmembers_that_chose_do_not_count():
    attacks = scores(np.random.default_rng(4), 3)
    choice = name_by_best_attack(MEMBER, attacks)
    assert not (choice.calibration & MEMBER).any()
    assert choice.calibration.sum() == 100 - round(CHOOSING * 100)
    rows = MEMBER | choice.calibration
    alone = name_members(MEMBER[rows], attacks[choice.attack][rows])
    np.testing.assert_array_equal(choice.listed.named[rows], alone.named)
    assert choice.listed.threshold == alone.threshold


def test_every_record_has_a_p_value_and_the_list_holds_the_small_ones():
    choice = name_by_best_attack(MEMBER, scores(np.random.default_rng(4), 3))
    assert (choice.p_values > 0).all()
    assert (choice.p_values <= 1).all()
    np.testing.assert_array_equal(
        choice.listed.named[MEMBER], choice.p_values[MEMBER] <= choice.listed.cutoff
    )


def test_the_same_scores_have_the_same_list_and_another_generator_another_quarter():
    attacks = scores(np.random.default_rng(5), 2)
    first, again = (name_by_best_attack(MEMBER, attacks) for _ in range(2))
    np.testing.assert_array_equal(first.calibration, again.calibration)
    other = name_by_best_attack(MEMBER, attacks, rng=np.random.default_rng(6))
    assert (other.calibration != first.calibration).any()


def test_one_attack_needs_no_choice():
    values = scores(np.random.default_rng(7), 2)["attack 0"]
    choice, alone = name_by_best_attack(MEMBER, {"a": values}), name_members(MEMBER, values)
    np.testing.assert_array_equal(choice.listed.named, alone.named)
    assert choice.calibration.sum() == 100


@given(st.sampled_from([1, 2, 30]), st.sampled_from([0.5, 0.1, 0.02]))
def test_the_number_of_nonmembers_that_it_takes_is_the_smallest(attacks, prior):
    least, left = nonmembers_to_choose(attacks, prior=prior), nonmembers_needed(prior=prior)
    chooses = CHOOSING if attacks > 1 else 0

    def rest(m):
        return m - round(chooses * m)

    assert rest(least) >= left
    assert rest(least - 1) < left


def test_too_few_nonmembers_are_refused_with_the_number_that_it_takes():
    member = np.repeat([True, False], [50, 23])
    attacks = {"a": np.arange(73.0), "b": -np.arange(73.0)}
    with pytest.raises(InputError, match="23 non-members for a list by the best of 2 attacks.*at least 24"):
        name_by_best_attack(member, attacks)
    more = np.r_[member, False], {name: np.r_[s, 0] for name, s in attacks.items()}
    assert name_by_best_attack(*more).calibration.sum() == 18
    with pytest.raises(InputError, match="no attack"):
        name_by_best_attack(member, {})
