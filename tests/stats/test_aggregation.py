"""Means over seeds: which interval, cut to what a metric can be, settings kept apart."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from mlleaks.stats.aggregation import summarize


def runs(values, metric="auc", width=0.05, **setting):
    """One setting's rows, a seed each."""
    return [
        setting | {"seed": seed, "metric": metric, "value": v, "low": v - width, "high": v + width}
        for seed, v in enumerate(values)
    ]


def summary(*settings):
    return summarize(pd.DataFrame([row for rows in settings for row in rows]))


def test_the_mean_over_seeds_with_students_interval_and_what_seeds_share():
    [row] = summary(runs([0.5, 0.6, 0.7])).to_dict("records")
    between = 4.302652729911275 * 0.1 / math.sqrt(3)  # t with two degrees of freedom, deviation 0.1
    half = math.hypot(between, 0.05 / 2)  # a quarter of the variance of a run's own interval
    assert row["value"] == pytest.approx(0.6)
    assert (row["low"], row["high"]) == (pytest.approx(0.6 - half), pytest.approx(0.6 + half))
    assert (row["seeds"], row["interval"]) == (3, "over seeds")


def test_records_that_are_no_sample_leave_students_interval():
    [row] = summarize(pd.DataFrame(runs([0.5, 0.6, 0.7])), share=0.0).to_dict("records")
    half = 4.302652729911275 * 0.1 / math.sqrt(3)
    assert (row["low"], row["high"]) == (pytest.approx(0.6 - half), pytest.approx(0.6 + half))


@pytest.mark.parametrize(("values", "mean"), [([0.6], 0.6), ([0.6, 0.8], 0.7)])
def test_with_few_seeds_the_interval_is_the_runs_own(values, mean):
    [row] = summary(runs(values)).to_dict("records")
    assert row["value"] == pytest.approx(mean)
    assert (row["low"], row["high"]) == (pytest.approx(0.55), pytest.approx(values[-1] + 0.05))
    assert (row["seeds"], row["interval"]) == (len(values), "one run")


@pytest.mark.parametrize("value", [1.0, 0.0, 0.1])
def test_seeds_that_all_agree_do_not_make_a_figure_certain(value):
    [row] = summary(runs([value] * 3, metric="recall", width=0.04)).to_dict("records")
    half = 0.04 * math.sqrt(1 / 4 + 3 / 4 / 3)  # what sampling alone makes the mean of three quarters
    assert row["value"] == pytest.approx(value)
    assert row["low"] == pytest.approx(max(0.0, value - half))
    assert row["high"] == pytest.approx(min(1.0, value + half))
    assert (row["seeds"], row["interval"]) == (3, "over seeds")


def test_an_advantage_may_be_negative_though_no_seed_was():
    [row] = summary(runs([0.0, 0.01, 0.05], metric="advantage")).to_dict("records")
    assert row["low"] < 0


def test_seeds_that_nearly_agree_are_like_seeds_that_agree():
    nearly, wholly = (
        summary(runs(values, width=0.04)).to_dict("records")[0] for values in ([0.5, 0.5, 0.501], [0.5] * 3)
    )
    assert nearly["high"] - nearly["low"] == pytest.approx(wholly["high"] - wholly["low"], rel=0.01)


def test_undefined_runs_do_not_count():
    some, none = summary(
        runs([math.nan, 0.4, 0.6, math.nan], name="some"), runs([math.nan] * 3, name="none")
    ).to_dict("records")
    assert (some["value"], some["seeds"], some["interval"]) == (pytest.approx(0.5), 2, "one run")
    assert (some["low"], some["high"]) == (pytest.approx(0.35), pytest.approx(0.65))
    assert (none["seeds"], none["interval"]) == (0, "")
    assert math.isnan(none["value"])
    assert math.isnan(none["low"])


def test_intervals_are_cut_to_what_a_metric_can_be():
    wide = [0.01, 0.5, 0.99]
    auc, level = summary(runs(wide), runs(wide, metric="overfitting", width=0.0)).to_dict("records")
    assert (auc["low"], auc["high"]) == (0, 1)
    assert level["low"] == pytest.approx(0.5 - 4.302652729911275 * 0.49 / math.sqrt(3))
    [negative] = summary(runs([-0.02, 0.01, 0.01], metric="overfitting", width=0.0)).to_dict("records")
    assert negative["value"] == pytest.approx(0)
    assert -0.05 < negative["low"] < -0.02


def test_settings_stay_in_order_and_apart():
    means = summary(
        runs([0.5, 0.7], name="z", t=2), runs([0.1], name="a", t=1), runs([0.2], name="z", t=math.nan)
    )
    assert means["name"].tolist() == ["z", "a", "z"]
    np.testing.assert_allclose(means["value"], [0.6, 0.1, 0.2])
