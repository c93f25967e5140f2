"""Plans of reference models: balance, pairs, sizes, rare classes."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.data.reference_plan import pairs_of, plan_offline, plan_references
from mlleaks.errors import InputError
from tests.synthetic import masks_of

CLASSES = np.random.default_rng(0).integers(30, size=600)


def plan(models, *, size=300, further=0, classes=CLASSES):
    return masks_of(plan_references(classes, models, np.random.default_rng(1), size=size, further=further))


def test_each_audited_record_is_in_half_of_the_models():
    masks = plan(8)
    assert (masks.sum(axis=0) == 4).all()
    assert (masks.sum(axis=1) == 300).all()
    assert (masks[::2] != masks[1::2]).all()


def test_a_longer_plan_begins_like_a_shorter_one():
    np.testing.assert_array_equal(plan(9)[:4], plan(4))


def test_further_records_fill_up_to_the_targets_size():
    masks = plan(6, size=400, further=500)
    assert (masks.sum(axis=1) == 400).all()
    assert (masks[:, :600].sum(axis=0) == 3).all()
    assert not (masks[::2, 600:] & masks[1::2, 600:]).any()


def test_models_are_smaller_where_there_is_nothing_to_fill_up_with():
    assert (plan(4, size=500, further=20).sum(axis=1) == 320).all()


def test_a_smaller_target_has_smaller_models_and_pairs_stay_disjoint():
    masks = plan(6, size=120)
    assert (masks.sum(axis=1) == 120).all()
    assert not (masks[::2] & masks[1::2]).any()


@pytest.mark.parametrize("size", [20, 150, 300])
def test_no_class_is_missing_that_has_two_records(size):
    classes = np.concatenate([np.zeros(580, int), np.repeat(np.arange(1, 11), 2)])
    for seed in range(20):
        masks = masks_of(plan_references(classes, 2, np.random.default_rng(seed), size=300))
        assert all(len(np.unique(classes[mask])) == 11 for mask in masks)


def test_membership_of_different_models_is_independent():
    masks = plan(40, classes=np.zeros(600, int))[::2].astype(float)
    correlations = np.corrcoef(masks)[np.triu_indices(20, 1)]
    assert np.abs(correlations).max() < 6 / np.sqrt(600)


def test_an_offline_plan_has_disjoint_pairs_of_the_targets_size():
    masks = masks_of(plan_offline(1000, 6, np.random.default_rng(0), size=300))
    assert (masks.sum(axis=1) == 300).all()
    assert not (masks[::2] & masks[1::2]).any()
    assert (masks_of(plan_offline(100, 2, np.random.default_rng(0), size=300)).sum(axis=1) == 50).all()


def test_pairs_are_found_in_any_order():
    masks = plan(6)[[0, 2, 5, 1, 3, 4]]
    assert pairs_of(masks).tolist() == [0, 1, 2, 0, 1, 2]


def test_models_without_a_complement_are_alone():
    masks = np.random.default_rng(0).random((4, 100)) < 0.5
    assert pairs_of(masks).tolist() == [0, 1, 2, 3]
    assert pairs_of(np.zeros((2, 5), dtype=bool)).tolist() == [0, 1]


@pytest.mark.parametrize(("models", "records"), [(1, 600), (0, 600), (4, 3)])
def test_too_few_of_anything_is_refused(models, records):
    with pytest.raises(InputError, match=f"got {models} reference models for {records} audited records"):
        plan_references(CLASSES[:records], models, np.random.default_rng(0), size=10)
    if records > 3:
        with pytest.raises(InputError, match="two of each or more"):
            plan_offline(records, models, np.random.default_rng(0), size=10)


def test_numbers_of_a_rare_class_vary_as_they_do_among_the_targets_members():
    """With equal numbers, a record that is in would have fewer others of its class beside it."""
    classes = np.repeat(np.arange(80), 5)
    masks = plan(40, size=200, classes=classes)
    assert (masks.sum(axis=1) == 200).all()
    numbers = np.array([np.bincount(classes[mask], minlength=80) for mask in masks])
    assert set(np.unique(numbers)) == {1, 2, 3, 4}
    draws = [np.random.default_rng(seed).permutation(classes)[:200] for seed in range(40)]
    numbers_of_draws = np.array([np.bincount(draw, minlength=80) for draw in draws])
    assert abs(numbers.var() - numbers_of_draws[(numbers_of_draws > 0) & (numbers_of_draws < 5)].var()) < 0.1
