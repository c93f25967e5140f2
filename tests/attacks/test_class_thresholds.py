"""Song and Mittal's attacks: thresholds against an exhaustive search, one per class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlleaks.attacks.class_thresholds import (
    FEW,
    best_threshold,
    class_thresholds,
    entropy_statistic,
    learn_thresholds,
    modified_entropy_statistic,
)
from mlleaks.errors import InputError
from mlleaks.outputs.signals import true_posterior
from mlleaks.types import Observations, Outputs
from tests.synthetic import planted

STATISTICS = [true_posterior, entropy_statistic, modified_entropy_statistic]


def balanced_accuracy(values, member, threshold):
    flagged = values > threshold
    return (flagged[member].mean() + (~flagged)[~member].mean()) / 2


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40))
def test_no_threshold_is_better(records):
    values = np.array([value for value, _ in records], dtype=float)
    member = np.array([inside for _, inside in records])
    member[:2] = True, False
    best = best_threshold(values, member)
    reached = balanced_accuracy(values, member, best)
    every = [(balanced_accuracy(values, member, t), t) for t in np.arange(0, 7, 0.5)]
    assert reached == pytest.approx(max(accuracy for accuracy, _ in every))
    highest = max(t for accuracy, t in every if accuracy == pytest.approx(reached))
    assert (values > best).sum() == (values > highest).sum()


def test_rounding_does_not_choose_between_equally_good_thresholds():
    values = np.array([1, 0, 0, 0, 1, 1, 1, 2], dtype=float)
    member = np.array([True, False, True, True, False, True, True, True])
    assert best_threshold(values, member) == 1.5


def test_neighbouring_numbers_are_still_separated():
    values = np.array([1.0, np.nextafter(1.0, 2)])
    for low in values, -values[::-1], np.array([0.0, 5e-324]):
        threshold = best_threshold(low, np.array([False, True]))
        assert (low > threshold).tolist() == [False, True]


def test_each_class_has_its_own_and_one_of_few_records_the_common_one():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [400, 400, 2 * FEW - 1])
    member = np.tile([True, False], len(labels))[: len(labels)]
    values = member + 10.0 * labels + rng.uniform(-0.4, 0.4, size=len(labels))
    thresholds = class_thresholds(values, labels, member=member, n_classes=4)
    common = best_threshold(values, member)
    assert 0.4 < thresholds[0] < 0.6
    assert 10.4 < thresholds[1] < 10.6
    assert thresholds[2:].tolist() == [common] * 3
    enough = class_thresholds(
        np.append(values, 20.0), np.append(labels, 2), member=np.append(member, False), n_classes=4
    )
    assert 20.0 < enough[2] < 21.0


def shifted(seed, n=4000):
    """Each class is easy or hard; members' posteriors are a little higher than others' of their class."""
    rng = np.random.default_rng(seed)
    member, labels = rng.random(n) < 0.5, rng.integers(4, size=n)
    true = 1 / (1 + np.exp(-(2.0 * labels - 4 + 1.5 * member + rng.normal(size=n))))
    p = np.repeat((1 - true)[:, None] / 3, 4, axis=1)
    p[np.arange(n), labels] = true
    return Observations(Outputs(p, labels), member)


@pytest.mark.parametrize("statistic", [true_posterior, modified_entropy_statistic])
def test_thresholds_per_class_beat_one_for_all_where_classes_differ(statistic):
    shadow, target = shifted(1), shifted(2)
    attack = learn_thresholds(shadow, statistic)
    own = balanced_accuracy(attack.score(target.outputs), target.member, attack.threshold)
    values = statistic(target.outputs.posteriors, target.outputs.labels)
    common = balanced_accuracy(values, target.member, attack.thresholds[-1])
    assert own > 0.74
    assert own > common + 0.05


@pytest.mark.parametrize("statistic", STATISTICS)
def test_zero_is_the_threshold_of_every_class(statistic):
    attack, outputs = learn_thresholds(planted(2, seed=1), statistic), planted(2, seed=2).outputs
    values = statistic(outputs.posteriors, outputs.labels)
    flagged = attack.score(outputs) > attack.threshold
    np.testing.assert_array_equal(flagged, values > attack.thresholds[outputs.labels])
    assert len(np.unique(attack.thresholds[:-1])) == 5


def test_labels_are_needed():
    shadow = planted(1, n=50)
    bare = Outputs(shadow.outputs.posteriors)
    with pytest.raises(InputError, match="shadows' answers without labels"):
        learn_thresholds(Observations(bare, shadow.member), true_posterior)
    with pytest.raises(InputError, match="outputs without labels"):
        learn_thresholds(shadow, true_posterior).score(bare)
