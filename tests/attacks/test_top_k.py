"""Adversary 1's attack model by the number of posteriors, and its network as plain numbers."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.attacks.attack_model import fit
from mlleaks.attacks.top_k import learn
from mlleaks.errors import InputError
from mlleaks.stats import metrics
from tests.synthetic import planted


@pytest.mark.parametrize(("k", "width"), [(1, 1), (2, 2), (3, 3), (10, 10), (None, 5)])
def test_any_number_of_posteriors_finds_a_planted_leak(k, width):
    attack = learn(planted(3, seed=1), np.random.default_rng(0), k=k)
    target = planted(3, seed=2)
    assert attack.features(target.outputs.posteriors).shape == (2000, width)
    assert metrics.auc(target.member, attack.score(target.outputs)) > 0.8
    for classes in (2, 40):
        assert attack.features(planted(1, n=10, k=classes).outputs.posteriors).shape == (10, width)


def test_the_default_is_three():
    shadow, outputs = planted(2, n=500), planted(2, n=100, seed=1).outputs
    three, default = (learn(shadow, np.random.default_rng(4), **more) for more in ({"k": 3}, {}))
    np.testing.assert_array_equal(three.score(outputs), default.score(outputs))


def test_no_posteriors_are_refused():
    with pytest.raises(InputError, match="k=0; expected at least one posterior"):
        learn(planted(1, n=50), np.random.default_rng(0), k=0)


def test_the_place_of_a_row_changes_no_bit_of_its_answer():
    observations = planted(2, n=1000, k=7)
    net = fit(observations.outputs.posteriors, observations.member, np.random.default_rng(0))
    rows = np.tile(observations.outputs.posteriors[:1], (10_007, 1))
    assert len(np.unique(net.predict_proba(rows)[:, 1])) == 1
