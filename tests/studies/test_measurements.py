"""Figures made of many rows: the same as by hand, and intervals that cover."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from mlleaks.studies.engine.measurements import Measurements


def rows(values, dataset="a", own=0.02, **setting):
    """A row for each seed."""
    return [
        {"dataset": dataset, "seed": seed, "metric": "auc", "value": v, "low": v - own, "high": v + own}
        | setting
        for seed, v in enumerate(values)
    ]


def measured(*parts):
    return Measurements(pd.DataFrame([row for part in parts for row in part]))


def gain(table):
    values = table.set_index(["dataset", "attack"])["value"].unstack()
    return values["one"] - values["other"]


def test_a_difference_is_paired_within_seeds():
    """Both figures vary by 0.1, their difference by 0.01."""
    both = measured(
        rows([0.6, 0.7, 0.8], attack="one", own=0.0), rows([0.51, 0.6, 0.69], attack="other", own=0.0)
    )
    estimate = both.estimate(gain)
    assert estimate.value == pytest.approx(0.1)
    assert estimate.spread == pytest.approx(0.01)
    assert estimate.half_width() == pytest.approx(4.302653 * 0.01 / math.sqrt(3))


def test_rows_of_one_seed_count_with_their_own_intervals():
    both = measured(
        rows([0.6, 0.61, 0.62], attack="one", own=0.0),
        rows([0.5, 0.51, 0.52], attack="other", own=0.0),
        rows([0.9], dataset="b", attack="one", own=0.03),
        rows([0.5], dataset="b", attack="other", own=0.04),
    )
    estimate = both.estimate(gain)
    assert estimate.value == pytest.approx(0.25)
    assert estimate.spread == 0.0
    assert estimate.half_width() == pytest.approx(
        0.05 / 2
    )  # the root of 0.03 and 0.04 in squares, of two sets
    assert both.once == ["b"]


def test_seeds_that_agree_leave_the_intervals_of_the_runs():
    both = measured(rows([0.6] * 3, attack="one", own=0.03), rows([0.5] * 3, attack="other", own=0.04))
    assert both.estimate(gain).half_width() == pytest.approx(0.05 * math.sqrt(0.5))


def test_data_sets_that_share_their_records_are_not_counted_as_independent():
    """Twice the same figures say no more than once."""
    once = [rows([0.6, 0.7, 0.8], attack="one"), rows([0.5, 0.55, 0.6], attack="other")]
    again = [[row | {"dataset": "b"} for row in part] for part in once]
    assert measured(*once, *again).estimate(gain).spread == pytest.approx(
        measured(*once).estimate(gain).spread
    )


def test_an_undefined_figure_has_no_interval():
    estimate = measured(rows([math.nan] * 3)).estimate(lambda table: table["value"])
    assert math.isnan(estimate.value)
    assert all(map(math.isnan, estimate.interval()))


def test_undefined_runs_keep_the_mean_of_the_others():
    estimate = measured(rows([0.4, 0.5, 0.6, math.nan])).estimate(lambda table: table["value"])
    assert estimate.value == pytest.approx(0.5)
    assert estimate.seeds == 3


def test_settings_are_selected_by_one_value_or_several():
    both = measured(
        rows([0.6] * 3, attack="one"), rows([0.5] * 3, attack="other"), rows([0.4], attack="more")
    )
    assert both.only(attack=["one", "other"]).tidy["value"].tolist() == [0.6] * 3 + [0.5] * 3
    assert both.only(attack="more", seed=0).tidy["value"].tolist() == [0.4]


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 0.01, 0.05])
def test_the_mean_of_differences_over_data_sets_covers_the_truth(spread):
    """Three data sets with three seeds whose cuts share records, one with a single seed and training."""
    rng = np.random.default_rng(round(1000 * spread))
    truth, own, covered, trials = 0.05, 0.01, 0, 300
    for _ in range(trials):
        parts = []
        for name in "abcd":
            seeds = 1 if name == "d" else 3
            for attack, level in (("one", 0.7), ("other", 0.7 - truth)):
                shared = rng.normal(0, own / 2)
                errors = rng.normal(0, math.hypot(own * math.sqrt(0.75), spread * (seeds > 1)), seeds)
                parts.append(rows(level + shared + errors, dataset=name, attack=attack, own=1.96 * own))
        low, high = measured(*parts).estimate(gain).interval()
        covered += low <= truth <= high
    assert covered >= trials * (0.93 - 3 * math.sqrt(0.93 * 0.07 / trials))
