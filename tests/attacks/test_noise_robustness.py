"""Variants of records, the share of them that keeps the class, and how it becomes a score."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.stats import norm

from mlleaks.attacks.augmentations import AUGMENTATIONS, Augmentation, are_images, shifted
from mlleaks.attacks.label_attack import READINGS, ROBUST, best_reading, best_threshold, label_attack
from mlleaks.attacks.noise_robustness import STRENGTHS, variant_agreement
from mlleaks.attacks.variants import features_of
from mlleaks.errors import InputError
from mlleaks.outputs.label_robustness import LabelEvidence, LabelRobustness, ShadowRobustness
from mlleaks.types import Outputs


def stream(seed=0):
    return np.random.default_rng(seed)


def varied(X, strength, draws=400, seed=0):
    """Return many variants of the records ``(draws, n, ...)``."""
    features, rng = features_of(X), stream(seed)
    return np.array([features.vary(X, rng, strength=strength) for _ in range(draws)])


def sign(X):
    return (X[:, 0] > 0).astype(int)


def test_the_share_under_gaussian_noise_is_that_of_the_normal_distribution():
    X = np.linspace(-2, 2, 41)[:, None]
    share = variant_agreement(
        sign,
        X,
        np.ones(41, int),
        stream(),
        vary=partial(features_of(X).vary, strength=0.5),
        count=4000,
    )
    expected = norm.cdf(X[:, 0] / (0.5 * X.std()))
    assert np.abs(share - expected).max() < 0.035


def test_it_sends_that_many_queries_the_record_first():
    calls = []

    def predict(X):
        calls.append(X)
        return sign(X)

    X = stream().normal(size=(5, 2))
    share = variant_agreement(
        predict, X, sign(X), stream(), vary=partial(features_of(X).vary, strength=1), count=9
    )
    assert [len(call) for call in calls] == [5] * 9
    np.testing.assert_array_equal(calls[0], X)
    np.testing.assert_array_equal(share * 9, np.round(share * 9))
    with pytest.raises(InputError, match="0 queries per record"):
        variant_agreement(sign, X, sign(X), stream(), vary=lambda X, rng: X, count=0)


def test_it_is_the_same_for_the_same_generator_and_for_equal_records_in_any_order():
    X = stream().normal(size=(50, 3))
    X[9] = X[4]
    vary = partial(features_of(X).vary, strength=1)

    def share(rows):
        return variant_agreement(sign, X[rows], np.ones(len(rows)), stream(1), vary=vary, count=30)

    everything = share(np.arange(50))
    order = stream(2).permutation(50)
    np.testing.assert_array_equal(share(order), everything[order])
    assert everything[9] == everything[4]


def test_a_constant_model_keeps_every_class():
    X = stream().normal(size=(8, 2))
    vary = partial(features_of(X).vary, strength=1)
    labels = np.repeat([0, 1], 4)
    share = variant_agreement(lambda Z: np.zeros(len(Z)), X, labels, stream(), vary=vary, count=10)
    np.testing.assert_array_equal(share, 1 - labels)


@pytest.mark.parametrize("dtype", [np.float32, np.int8, bool])
def test_bits_stay_bits_and_flip_as_often_as_their_deviation_says(dtype):
    X = np.column_stack([np.arange(200) % 2, np.arange(200) % 20 == 0, np.ones(200)]).astype(dtype)
    variants = varied(X, 0.5, draws=4000)
    assert variants.dtype == X.dtype
    assert np.isin(variants, [0, 1]).all()
    flips = (variants != X).mean(axis=(0, 1))
    np.testing.assert_allclose(flips, [0.25, 0.5 * np.sqrt(0.05 * 0.95), 0], atol=0.02)


def test_two_values_that_are_not_zero_and_one_change_into_each_other():
    X = np.where(np.arange(60) % 2, 3.5, -1.0)[:, None]
    assert set(np.unique(varied(X, 1.0)).tolist()) == {-1.0, 3.5}


def test_counts_and_coded_categories_stay_on_their_grid_and_in_their_range():
    X = np.column_stack([np.arange(90) % 3, np.arange(90) % 31]).astype(np.int64)
    variants = varied(X, 0.25)
    assert variants.dtype == np.int64
    assert variants.min(axis=(0, 1)).tolist() == [0, 0]
    assert variants.max(axis=(0, 1)).tolist() == [2, 30]
    middle = (X[:, 0] == 1) & (X[:, 1] > 10) & (X[:, 1] < 20)
    step = (variants - X)[:, middle].reshape(-1, 2)
    np.testing.assert_allclose(step.mean(axis=0), 0, atol=0.15)
    assert 0.1 < (step[:, 0] != 0).mean() < 0.3  # a small deviation still changes something


def test_what_is_missing_stays_missing_and_what_is_constant_stays():
    X = stream().normal(size=(30, 4))
    X[:, 1] = 2.5
    X[3, 0], X[:, 2], X[5, 3] = np.nan, np.nan, np.inf
    variants = varied(X, 1.0, draws=20)
    assert np.isnan(variants[:, 3, 0]).all()
    assert np.isnan(variants[:, :, 2]).all()
    assert (variants[:, :, 1] == 2.5).all()
    assert np.isfinite(np.delete(variants[:, :, 0], 3, axis=1)).all()


def test_tables_get_values_of_their_columns():
    frame = pd.DataFrame(
        {
            "real": stream().normal(size=40),
            "whole": np.arange(40) % 7,
            "category": pd.Categorical(["a", "b"] * 20),
            "text": ["x", "y", "z", None] * 10,
            "flag": [True, False] * 20,
        },
        index=np.arange(100, 140),
    )
    features, rng = features_of(frame), stream()
    variants = [features.vary(frame, rng, strength=1.0) for _ in range(60)]
    for variant in variants:
        assert list(variant.dtypes) == list(frame.dtypes)
        assert (variant.index == frame.index).all()
        assert variant["whole"].isin(range(7)).all()
        assert set(variant["text"].dropna()) <= {"x", "y", "z"}
    assert 15 < sum(not variant["category"].equals(frame["category"]) for variant in variants) < 45
    assert not features.continuous


def test_sparse_rows_lose_columns_and_stay_sparse():
    X = sparse.random_array((50, 200), density=0.2, rng=stream(), format="csr")
    features = features_of(X)
    variant = features.vary(X, stream(), strength=0.5)
    assert sparse.issparse(variant)
    dense, before = variant.toarray(), X.toarray()
    lost = (dense == 0).all(axis=0)
    assert 0.15 < lost.mean() < 0.35
    np.testing.assert_array_equal(dense[:, ~lost], before[:, ~lost])


def test_only_numbers_are_read_from_arrays():
    with pytest.raises(InputError, match="records of dtype <U1"):
        features_of(np.array([["a"], ["b"]]))


def test_what_can_be_moved_by_small_amounts():
    real = stream().normal(size=(50, 3))
    assert features_of(real).continuous
    assert not features_of(np.column_stack([real[:, :1], real > 0])).continuous
    assert features_of(np.zeros((4, 8, 8), dtype=np.uint8)).continuous


@pytest.mark.parametrize("kind", AUGMENTATIONS)
@pytest.mark.parametrize("shape", [(6, 12, 12), (6, 12, 12, 3), (6, 3, 12, 12)])
def test_augmented_images_are_other_images_of_the_same_form(kind, shape):
    X = stream().integers(256, size=shape).astype(np.uint8)
    features, rng = features_of(X), stream()
    for _ in range(30):
        variant = kind(X, rng, features)
        assert variant.shape == X.shape
        assert variant.dtype == X.dtype
        assert (variant != X).any()


def test_a_shift_repeats_the_edge_and_a_mirror_leaves_rows():
    X = np.arange(16.0).reshape(1, 4, 4)
    assert shifted(X, (1, 0), (1, 2))[0].tolist() == [*X[0, :1].tolist(), *X[0, :3].tolist()]
    np.testing.assert_array_equal(Augmentation(mirrored=True)(X, stream())[0], X[0, :, ::-1])
    shifts = {tuple(Augmentation(pixels=1)(X, stream(seed))[0].ravel()) for seed in range(200)}
    assert len(shifts) == 8


def test_a_rotation_keeps_the_middle_and_turns_the_rest():
    X = np.zeros((1, 21, 21))
    X[0, 10, 10:] = 1
    turned = Augmentation(degrees=10)(X, stream(3))
    assert turned[0, 10, 10] == pytest.approx(1, abs=0.05)
    assert turned[0, 10, 20] < 0.9
    assert turned.sum() == pytest.approx(X.sum(), rel=0.25)


def test_rows_of_numbers_are_no_images():
    assert [are_images(np.zeros(shape)) for shape in ((5, 64), (5, 8, 8), (5, 8, 8, 3), (5, 3, 8, 8))] == [
        *(False, True, True, True)
    ]
    assert not are_images(np.zeros((5, 3, 2)))
    assert not are_images(pd.DataFrame(np.zeros((5, 3))))


MEMBER = np.arange(400) % 2 == 0
IDS = np.arange(400)


def outputs(right):
    return Outputs(np.eye(2)[np.where(right, 0, 1)], np.zeros(len(right), int), IDS)


def test_the_strength_that_tells_the_shadows_members_best_is_read():
    rng = stream()
    values = rng.random((3, 400))
    values[1] += MEMBER
    attack = label_attack(
        LabelEvidence(
            LabelRobustness(values, IDS), ShadowRobustness(values, MEMBER, np.ones(400, dtype=bool))
        )
    )
    flagged = attack.score(outputs(np.ones(400, dtype=bool))) > attack.threshold
    np.testing.assert_array_equal(flagged, MEMBER)


def test_where_fragile_correct_records_are_members_they_come_first():
    rng = stream(1)
    right = MEMBER | (rng.random(400) < 0.5)
    values = right * np.where(MEMBER, rng.uniform(0.1, 0.6, 400), rng.uniform(0.4, 1, 400))
    shadow = ShadowRobustness(values[None], MEMBER, right)
    assert best_reading(shadow)[1] == READINGS[2]
    attack = label_attack(LabelEvidence(LabelRobustness(values[None], IDS), shadow))
    assert ((attack.score(outputs(right)) > attack.threshold) == MEMBER).mean() > 0.85


def test_without_a_shadow_the_mean_of_all_rows_ranks_and_nobody_is_flagged():
    values = stream().random((2, 400))
    attack = label_attack(LabelEvidence(LabelRobustness(values, IDS)))
    assert np.isnan(attack.threshold)
    assert attack.reading == ROBUST
    scores = attack.score(outputs(MEMBER))
    np.testing.assert_array_equal(np.argsort(scores), np.argsort(values.mean(axis=0)))


def test_records_that_were_not_measured_and_outputs_without_ids_are_refused():
    attack = label_attack(LabelEvidence(LabelRobustness(np.ones((1, 3)), np.arange(3))))
    with pytest.raises(InputError, match=r"397 records without label-only queries \(first: 3\)"):
        attack.score(outputs(MEMBER))
    with pytest.raises(InputError, match="outputs without labels or ids"):
        attack.score(Outputs(np.eye(2)))


def test_the_threshold_separates_best_and_equal_scores_flag_nobody():
    scores = np.array([0.0, 0.0, 1.0, 2.0, 2.0])
    assert best_threshold(scores, np.array([False, False, False, True, True])) == 1.5
    assert best_threshold(np.ones(4), np.array([True, False, True, False])) == 1.0
    assert len(STRENGTHS) == len(set(STRENGTHS))
