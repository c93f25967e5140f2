"""Paired differences of defenses: within seeds, at the promised levels, and what they are called."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from mlleaks.results.defense_effects import as_table, effects_of


def tidy(none, defenses, *, tpr=0.1, seeds=None):
    """AUCs by seed, without a defense and with each; all else is the same everywhere."""
    rows = []
    for defense, aucs in {"none": none, **defenses}.items():
        for seed, auc in zip(seeds or range(len(aucs)), aucs, strict=True):
            values = {"auc": ("gap", auc), "tpr@1%fpr": ("gap", tpr), "test_accuracy": ("target", 0.8)}
            rows += [
                {"seed": seed, "defense": defense, "adversary": "either", "attack": attack, "metric": metric}
                | {"value": value, "low": value, "high": value}
                for metric, (attack, value) in values.items()
            ]
    return pd.DataFrame(rows)


def test_splits_that_are_harder_than_others_do_not_count():
    """AUCs vary by 0.1 over seeds, their differences by 0.01."""
    table = as_table(effects_of(tidy([0.7, 0.8, 0.9], {"a": [0.61, 0.7, 0.79]})))
    half = t.ppf(1 - 0.025 / 2, 2) * 0.01 / math.sqrt(3)  # AUC and TPR share the error of one defense
    row = table.loc["a"]
    assert row["gain"] == pytest.approx(0.1)
    assert (row["gain_low"], row["gain_high"]) == pytest.approx((0.1 - half, 0.1 + half))
    assert (row["auc_rise_low"], row["auc_rise_high"]) == pytest.approx((-0.1 - half, -0.1 + half))


@pytest.mark.parametrize("number", [1, 2, 5])
def test_more_defenses_make_each_interval_wider(number):
    defenses = {f"d{i}": [0.61, 0.7, 0.79] for i in range(number)}
    row = as_table(effects_of(tidy([0.7, 0.8, 0.9], defenses))).loc["d0"]
    half = t.ppf(1 - 0.05 / number / 4, 2) * 0.01 / math.sqrt(3)
    assert row["gain_high"] - row["gain"] == pytest.approx(half)


@pytest.mark.parametrize(
    ("aucs", "word"),
    [
        ([0.61, 0.7, 0.79], "better"),
        ([0.81, 0.9, 0.99], "worse"),
        ([0.5, 0.9, 0.8], "inconclusive"),
    ],
)
def test_a_defense_is_called_what_its_interval_shows(aucs, word):
    row = as_table(effects_of(tidy([0.7, 0.8, 0.9], {"a": aucs}))).loc["a"]
    assert row["auc"] == row["leak"] == word
    assert row["tpr@1%fpr"] == "inconclusive"


def test_with_two_seeds_nothing_is_called_anything():
    row = as_table(effects_of(tidy([0.9, 0.91], {"a": [0.5, 0.5]}))).loc["a"]
    assert row["gain"] == pytest.approx(0.405)
    assert math.isnan(row["gain_low"])
    assert row["leak"] == "inconclusive"


def test_a_seed_without_a_value_does_not_count():
    none, other = [0.7, 0.8, 0.9, 0.7], [0.61, 0.7, 0.79, math.nan]
    effect = effects_of(tidy(none, {"a": other}))["a"]["gain"]
    assert effect.mean.seeds == 3
    assert effect.mean.value == pytest.approx(0.1)


def test_no_members_found_at_any_rate_leaves_the_rate_open():
    row = as_table(effects_of(tidy([0.7, 0.8, 0.9], {"a": [0.61, 0.7, 0.79]}, tpr=math.nan))).loc["a"]
    assert math.isnan(row["tpr_gain"])
    assert (row["tpr@1%fpr"], row["leak"]) == ("inconclusive", "better")


@pytest.mark.slow
def test_trainings_that_differ_by_chance_are_seldom_called_different():
    """Of 300 comparisons with three such defenses, 5 % may call one of them better or worse."""
    rng = np.random.default_rng(0)
    called = 0
    for _ in range(300):
        split = rng.normal(0.7, 0.1, 4)
        runs = {name: split + rng.normal(0, 0.02, 4) for name in ("none", "a", "b", "c")}
        table = as_table(effects_of(tidy(runs.pop("none"), runs, tpr=math.nan)))
        called += bool((table["leak"] != "inconclusive").any())
    assert called <= 300 * (0.05 + 3 * math.sqrt(0.05 * 0.95 / 300))
