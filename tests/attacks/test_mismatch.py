"""References that answer otherwise are noticed, and honest ones are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mlleaks.attacks.mismatch import mismatch
from mlleaks.outputs.references import References, ReferenceSignals


def references(n=600, models=8, seed=0):
    rng = np.random.default_rng(seed)
    trained_on = rng.random((models, n)) < 0.5
    signals = ReferenceSignals(rng.normal(2.0 * trained_on), trained_on, np.zeros(n, int), np.arange(n))
    return References(signals, np.arange(models))


def target(share, n=600, shift=0.0, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(2.0 * (rng.random(n) < share)) + shift


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_honest_references_are_not_flagged_at_any_share_of_members(share):
    fired = [mismatch(target(share, seed=s), references(seed=s), share).fires for s in range(20, 40)]
    assert sum(fired) == 0


@pytest.mark.parametrize("shift", [0.8, -0.8])
def test_another_level_of_confidence_is_flagged(shift):
    assert mismatch(target(0.5, shift=shift), references(), 0.5).fires


def test_the_share_of_members_is_allowed_for():
    """Without it, a set of few members looks like models of less confidence."""
    assert mismatch(target(0.05), references(), 0.5).fires
    assert not mismatch(target(0.05), references(), 0.05).fires


def test_a_forests_equal_answers_are_not_split_by_rounding():
    rng = np.random.default_rng(0)
    steps = np.log(np.arange(1, 10) / np.arange(9, 0, -1))
    signals = references().audited
    values = steps[rng.integers(9, size=signals.values.shape)].astype(np.float32)
    some = References(replace(signals, values=values), np.arange(8))
    assert not mismatch(steps[rng.integers(9, size=600)], some, 0.5).fires


def test_the_distance_is_between_zero_and_one():
    far = mismatch(target(0.5, shift=50.0), references(), 0.5)
    assert far.distance == pytest.approx(1.0)
    assert 0 < far.usual < 0.2
