"""Plans are balanced, seeded and small."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlleaks.data.membership_plan import plan_members
from mlleaks.errors import InputError
from tests.synthetic import masks_of


def random_plan(records, models, seed=0):
    return plan_members(records, models, np.random.default_rng(seed))


@given(st.integers(16, 90), st.integers(1, 20), st.integers(0, 5))
def test_every_record_is_in_half_of_the_shadows_and_every_shadow_has_half(records, models, seed):
    masks = masks_of(random_plan(records, models, seed))
    assert masks.shape == (models, records)
    assert set(masks.sum(axis=1)) <= {records // 2, records - records // 2}
    assert (abs(2 * masks.sum(axis=0).astype(int) - models) <= 1).all()


def test_masks_and_positions_agree():
    some = random_plan(101, 7)
    for model in range(len(some)):
        assert some.members(model).tolist() == np.flatnonzero(masks_of(some)[model]).tolist()
        assert some.mask(model).dtype == bool


def test_same_seed_same_plan_other_seed_other_plan():
    assert (random_plan(50, 8, 1).bits == random_plan(50, 8, 1).bits).all()
    assert (random_plan(50, 8, 1).bits != random_plan(50, 8, 2).bits).any()


def test_more_shadows_change_none_of_the_first():
    assert (random_plan(50, 20).bits[:8] == random_plan(50, 8).bits).all()


def test_pairs_are_drawn_independently():
    masks = masks_of(random_plan(4000, 40))[::2] * 2.0 - 1
    overlap = masks @ masks.T / 4000
    np.fill_diagonal(overlap, 0)
    assert abs(overlap).max() < 5 / np.sqrt(4000)


def test_it_takes_one_bit_for_each_model_and_record():
    assert random_plan(8000, 64).bits.nbytes == 8000 * 64 / 8


@pytest.mark.parametrize(("records", "models"), [(4, 7), (1, 1), (10, 0)])
def test_more_shadows_than_records_allow_are_refused(records, models):
    with pytest.raises(InputError, match=f"{models} shadow models for {records} records"):
        random_plan(records, models)
