"""Defenses side by side: the same splits for all, both kinds of adversaries, words from figures."""

from __future__ import annotations

import json
import math
from html import escape

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier
from torch import nn

import mlleaks
from mlleaks.comparisons.defenses import compare_defenses
from mlleaks.defenses import REGISTRY, Rounded, mask_trainer, memguard, stacking
from mlleaks.models import MLPTrainer, ModuleTrainer, SklearnTrainer
from mlleaks.report.comparison.charts import tradeoff_chart
from mlleaks.report.comparison.report import ComparisonReport
from mlleaks.results.recommendation import seeds_needed
from mlleaks.shadows import InProcess
from mlleaks.stats.pareto import front
from mlleaks.stats.sample_size import runs_needed
from mlleaks.types import Dataset


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    y = np.arange(400) % 2
    X = rng.normal(size=(400, 10)) + y[:, None] * 0.4
    return Dataset("coins", X, y, 2)


@pytest.fixture(scope="module")
def comparison(data):
    return compare_defenses(data, tree(), ["label-only", "stacking"], seeds=2, backend=InProcess())


def tree():
    return DecisionTreeClassifier(random_state=0)


def test_every_defense_has_both_adversaries_and_every_attack(comparison):
    attacks = set(comparison.attacks()["attack"])
    assert {"adversary-1", "adversary-2", "adversary-3-maximum", "gap", "shokri"} <= attacks
    adversaries = comparison.attacks().groupby("defense")["adversary"].unique().map(set).to_dict()
    assert adversaries == {
        "none": {"adaptive", "either"},  # adversary 2 knows of no defense, and there is none to know of
        "label-only": {"adaptive", "unaware", "either"},
        "stacking": {"adaptive", "unaware", "either"},
    }
    of_attack = comparison.attacks().groupby("attack")["adversary"].unique().map(set)
    assert of_attack["adversary-1"] == {"adaptive", "unaware"}
    assert of_attack["adversary-2"] == {"either", "unaware"}  # pretrained, learned without a defense
    # no shadow, nothing to be aware with
    assert of_attack["adversary-3-maximum"] == of_attack["gap"] == {"either"}
    assert set(comparison.tidy["seed"]) == {0, 1}


@pytest.mark.slow
def test_without_a_defense_it_is_the_audit_of_the_trainer(data):
    """A tree knows each of its records: the gap attack finds every member, here as in an audit."""
    one = compare_defenses(data, tree(), ["rounding"], seeds=1, backend=InProcess())
    rows = one.tidy[(one.tidy["defense"] == "none") & (one.tidy["attack"] == "gap")]
    gap = rows.set_index("metric")["value"]
    audited = mlleaks.audit_trainer(data, tree()).verdict("gap").estimates
    assert gap["recall"] == audited["recall"].value == 1.0
    assert gap["auc"] == pytest.approx(audited["auc"].value, abs=0.1)


def test_only_the_label_leaves_only_the_gap(comparison):
    wide = comparison.attacks().set_index(["defense", "adversary", "attack"])["auc"]
    assert wide["label-only", "either", "adversary-3-maximum"] == 0.5
    assert wide["label-only", "either", "gap"] == wide["none", "either", "gap"]


@pytest.mark.slow
def test_it_is_the_same_again_and_resumes(data, tmp_path):
    settings = {"seeds": 1, "folder": tmp_path, "backend": InProcess()}
    first = compare_defenses(data, tree(), ["rounding"], **settings)
    files = sorted(tmp_path.glob("*.npy"))
    times = [file.stat().st_mtime_ns for file in files]
    assert len(files) == 4  # a target and a shadow each
    again = compare_defenses(data, tree(), ["rounding"], **settings)
    assert [file.stat().st_mtime_ns for file in files] == times
    pd.testing.assert_frame_equal(first.tidy, again.tidy)


def test_a_defense_of_ones_own(data):
    own = compare_defenses(
        data, tree(), {"one digit": lambda t: mask_trainer(t, Rounded(1))}, seeds=1, backend=InProcess()
    )
    assert own.to_frame()["defense"].tolist() == ["none", "one digit"]


@pytest.mark.slow
def test_every_usual_defense_works(data):
    for trainer in (MLPTrainer(epochs=2), RandomForestClassifier(5)):
        full = compare_defenses(data, trainer, seeds=1, backend=InProcess())
        assert len(full.to_frame()) == 6
    for trainer in (SklearnTrainer(tree()), MLPTrainer()):
        assert sum(spec.is_usual_for(trainer) for spec in REGISTRY.values()) == 5


@pytest.mark.parametrize(
    ("trainer", "defenses", "seeds", "message"),
    [
        (RandomForestClassifier(), ["dropout"], 1, "Use stacking"),
        (tree(), ["wall"], 1, "the defense 'wall'; expected one of dropout, stacking"),
        (tree(), {"none": lambda t: t}, 1, "a defense called 'none'"),
        (tree(), ["stacking"], 0, "0 seeds"),
        (tree(), [], 1, "no defense; expected one or more"),
        (tree(), "stacking", 1, "the defenses 'stacking'; expected a list of names"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(
    trainer, defenses, seeds, message, data, tmp_path
):
    with pytest.raises(mlleaks.InputError, match=message):
        compare_defenses(data, trainer, defenses, seeds=seeds, folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_too_few_records_for_three_parts(data):
    rare = Dataset("rare", data.X, np.where(np.arange(400) < 4, 1, 0), 2)
    both = compare_defenses(rare, tree(), ["stacking", "rounding"], seeds=1, backend=InProcess())
    assert both.to_frame()["defense"].tolist() == ["none", "rounding"]
    assert any("stacking is skipped: got" in note for note in both.notes)
    assert any("A model here has 100 records, a quarter of the data" in note for note in both.notes)
    twice = {"one": stacking, "two": stacking}
    for defenses in (["stacking"], twice):
        with pytest.raises(mlleaks.InputError, match="at least 3 of each class, one for each of 3 "):
            compare_defenses(rare, tree(), defenses, seeds=1, backend=InProcess())


def made(spread=0.0, seeds=3, tpr=0.0, own=0.002, **defenses):
    """A comparison with made figures: (accuracy, adaptive AUC, unaware AUC) of each defense.

    Seeds differ a little at least. Each figure's own interval reaches ``own`` to each side.
    """
    rows = []
    for seed in range(seeds):
        away, little = spread * (seed - 1), 1e-4 * (seed - 1)
        for defense, (accuracy, adaptive, unaware, *rate) in defenses.items():
            for adversary, auc in (("adaptive", adaptive), ("unaware", unaware)):
                shift = 0 if defense == "none" else away + (little if adversary == "adaptive" else -little)
                values = {
                    "auc": auc + shift,
                    "tpr@1%fpr": (rate[0] if rate else tpr) + shift,
                    "precision": 0.5,
                    "recall": 0.5,
                }
                rows += [(seed, defense, adversary, "adversary-1", *value) for value in values.items()]
            rows.append((seed, defense, "adaptive", "target", "test_accuracy", accuracy))
    tidy = pd.DataFrame(rows, columns=["seed", "defense", "adversary", "attack", "metric", "value"])
    tidy = tidy.assign(low=tidy["value"] - own, high=tidy["value"] + own)
    unaware_of_nothing = (tidy["defense"] == "none") & (tidy["adversary"] == "unaware")
    tidy = tidy[~unaware_of_nothing]
    return ComparisonReport("made", tidy, {"data": "made"}, masks=("mask",))


NONE = (0.8, 0.9, math.nan)
CLEAN = (0.8, 0.52, math.nan)


@pytest.mark.parametrize(
    ("defenses", "first", "also"),
    [
        ({"none": CLEAN, "a": (0.8, 0.5, 0.5)}, "No defense is needed", ""),
        ({"none": CLEAN, "a": (0.8, 0.6, 0.5)}, "No defense is needed", "higher with a than without"),
        ({"none": CLEAN, "a": (0.8, 0.5, 0.5), "tpr": 0.3}, "The largest AUC is small, but 30.0%", ""),
        (
            {"none": NONE, "a": (0.8, 0.6, 0.6, 0.2)},
            "No defense is recommended",
            "of test accuracy, or raises the TPR at 1 % FPR (a).",
        ),
        ({"none": NONE, "a": (0.8, 0.7, 0.7), "b": (0.8, 0.6, 0.6, 0.2)}, "Use a.", "at 1 % FPR with b than"),
        (
            {"none": NONE, "mask": (0.8, 0.6, 0.6)},
            "Use mask.",
            "by changing the answers. It was not tested",
        ),
        ({"none": (0.8, 0.54, math.nan), "a": (0.8, 0.5, 0.5), "own": 0.02}, "Little leaks", ""),
        ({"none": NONE, "a": (0.79, 0.7, 0.7), "b": (0.785, 0.6, 0.6)}, "Use b.", "1.5 points"),
        ({"none": NONE, "a": (0.81, 0.7, 0.7), "b": (0.6, 0.5, 0.5)}, "Use a.", "b lowers the AUC most"),
        ({"none": NONE, "a": (0.81, 0.7, 0.7)}, "Use a.", "costs no test accuracy on average"),
        ({"none": NONE, "b": (0.6, 0.5, 0.5)}, "No defense is recommended", "20.0 points"),
        ({"none": NONE, "a": (0.8, 0.95, 0.9)}, "No defense is recommended", "higher with a than without"),
        ({"none": NONE, "a": (0.8, 0.8, 0.6)}, "Use a.", "against a, by 0.05 of AUC or more on average"),
        ({"none": NONE, "a": (0.8, 0.6, 0.8)}, "Use a.", "to 0.800"),
        ({"none": NONE, "a": (0.8, 0.85, 0.85), "spread": 0.01}, "Use a.", ""),
        (
            {"none": NONE, "a": (0.8, 0.85, 0.85), "spread": 0.1},
            "Inconclusive: no defense can be recommended yet.",
            "With 3 seeds, the intervals of a are too wide to decide.",
        ),
        (
            {"none": NONE, "a": (0.785, 0.6, 0.6), "own": 0.03},
            "Inconclusive",  # 1.5 points on average, but the records are too few to tell it from 2
            "For a, no number of seeds makes the intervals narrow enough",
        ),
        (
            {"none": NONE, "a": (0.8, 0.7, 0.7), "b": (0.8, 0.6, 0.6)},
            "Use b.",
            "b was chosen because its AUC falls most among the defenses that qualify",
        ),
        (
            {"none": NONE, "a": (0.8, 0.6, 0.6), "seeds": 2},
            "Too few seeds to recommend a defense: 2 instead",
            "cannot show whether",
        ),
        ({"none": NONE, "a": (0.8, 0.6, 0.6), "tpr": math.nan}, "Use a.", "0.600, and it costs"),
    ],
)
def test_the_words_follow_the_figures(defenses, first, also):
    advice = made(**defenses).recommendation
    assert advice[0].startswith(first)
    assert also in " ".join(advice)
    assert "nan" not in " ".join(advice)


def by_chance(rng, defenses="abcde", seeds=5):
    """A comparison of one training with itself: figures that differ by chance alone."""
    rows = []
    for seed in range(seeds):
        for defense in ("none", *defenses):
            for adversary in ("adaptive", *(() if defense == "none" else ("unaware",))):
                values = {"auc": rng.normal(0.7, 0.05), "tpr@1%fpr": rng.normal(0.1, 0.03)}
                rows += [(seed, defense, adversary, "adversary-1", *value) for value in values.items()]
            rows.append((seed, defense, "adaptive", "target", "test_accuracy", rng.normal(0.6, 0.03)))
    tidy = pd.DataFrame(rows, columns=["seed", "defense", "adversary", "attack", "metric", "value"])
    return ComparisonReport("chance", tidy.assign(low=tidy["value"], high=tidy["value"]), {})


@pytest.mark.slow
def test_useless_defenses_are_hardly_ever_called_better_worse_or_recommended():
    """Five of them, against bounds for all five and both figures together."""
    rng = np.random.default_rng(0)
    comparisons = [by_chance(rng) for _ in range(100)]
    recommendations = [" ".join(comparison.recommendation) for comparison in comparisons]
    for phrase in ("Use ", "lowers the AUC most", "look better than"):
        count = sum(phrase in text for text in recommendations)
        assert count <= 13, phrase  # 5 % of 100, and room for chance
    called = sum((comparison.gains()["leak"] != "inconclusive").any() for comparison in comparisons)
    assert called <= 13
    assert sum(text.startswith("Inconclusive") for text in recommendations) >= 80


@pytest.mark.parametrize("seeds", [1, 2])
def test_with_too_few_seeds_nothing_is_said_of_any_defense(seeds):
    advice = " ".join(by_chance(np.random.default_rng(1), seeds=seeds).recommendation)
    assert "Fewer than 3 seeds cannot show whether a defense makes a leak worse." in advice
    assert not any(phrase in advice for phrase in ("More members are found", "is higher with", "look better"))


def test_an_unaware_version_of_an_attack_makes_no_rise():
    """Without a defense every attack is there once: the larger of two would be larger by chance."""
    comparison = made(none=NONE, a=(0.8, 0.85, 0.95))
    row = comparison.gains().loc["a"]
    assert row["auc_rise"] == pytest.approx(-0.05)
    assert row["gain"] == pytest.approx(-0.05)  # a defender does not know who will attack


@pytest.mark.parametrize(("own", "word"), [(0.002, "worse"), (0.03, "inconclusive")])
def test_the_same_difference_in_every_seed_is_as_sure_as_the_records_are_many(own, word):
    """Few records make coarse figures: one more member of a hundred found, three times by chance."""
    comparison = made(none=NONE, a=(0.8, 0.9, 0.9), own=own)
    rates = (comparison.tidy["metric"] == "tpr@1%fpr") & (comparison.tidy["defense"] == "a")
    comparison.tidy.loc[rates, ["value", "low", "high"]] = 0.02, 0.02 - own, 0.02 + own
    row = comparison.gains().loc["a"]
    assert row["tpr_rise"] == pytest.approx(0.02)
    assert row["tpr_rise_high"] - row["tpr_rise_low"] > own
    assert row["tpr@1%fpr"] == row["leak"] == word
    assert ("More members are found" in " ".join(comparison.recommendation)) == (word == "worse")


def test_a_gain_on_which_all_seeds_agree_is_not_denied():
    comparison = made(none=(0.8, 1.0, math.nan), a=(0.8, 0.5, 0.5))
    for defense, value in (("none", 1.0), ("a", 0.5)):
        aucs = (comparison.tidy["metric"] == "auc") & (comparison.tidy["defense"] == defense)
        comparison.tidy.loc[aucs, ["value", "low", "high"]] = value, value - 0.02, value + 0.02
    assert comparison.recommendation[0] == "Use a."
    row = comparison.gains().loc["a"]
    assert row["gain_low"] < 0.49 < 0.51 < row["gain_high"]


def test_what_guessing_finds_is_no_leak_of_few():
    comparison = made(none=CLEAN, a=(0.8, 0.5, 0.5), tpr=0.0195)  # guessing with 100 nonmembers: 2 / 101
    assert comparison.recommendation[0].startswith("No defense is needed")


def test_what_it_costs_has_an_interval_over_seeds():
    comparison = made(none=(0.8, 0.9, math.nan), a=(0.79, 0.6, 0.6))
    comparison.tidy.loc[
        (comparison.tidy["defense"] == "a") & (comparison.tidy["seed"] == 0), ["value", "low", "high"]
    ] -= 0.03
    row = comparison.gains().loc["a"]
    assert row["cost"] == pytest.approx(0.02)
    over_seeds = 4.302653 * 0.01  # Student's t of two degrees of freedom, times 0.0173 / sqrt(3)
    half = math.hypot(over_seeds, 0.5 * 0.002 * math.sqrt(2))  # and what all seeds share of the records
    assert (row["cost_low"], row["cost_high"]) == pytest.approx((0.02 - half, 0.02 + half), abs=1e-6)
    advice = " ".join(comparison.recommendation)
    assert "95 % interval of the cost -2.4 to 6.4 points" in advice  # rounded outward


def test_a_comparison_that_is_open_says_how_many_seeds_would_decide():
    """Falls of 0.15, 0.05 and -0.05: a spread of 0.1; AUC and TPR share an error of 5 %."""
    advice = " ".join(made(none=NONE, a=(0.8, 0.85, 0.85), spread=0.1, own=0.0).recommendation)
    needed = runs_needed(0.1 + 1e-4, 0.05 + 1e-9, 0.9875)
    assert f"differ as much as these: about a {needed}." in advice
    decided = " ".join(made(none=NONE, a=(0.8, 0.6, 0.6)).recommendation)
    assert "Seeds needed" not in decided


def test_seeds_that_are_needed_allow_for_gain_and_cost():
    comparison = made(none=NONE, a=(0.79, 0.6, 0.6), b=(0.8, 0.6, 0.6), own=0.0)
    accuracies = (comparison.tidy["metric"] == "test_accuracy") & (comparison.tidy["defense"] == "a")
    comparison.tidy.loc[accuracies, ["value", "low", "high"]] += np.array([[-0.05], [0.0], [0.05]])
    needed = seeds_needed(comparison)
    assert needed == {"a": runs_needed(0.05, 0.01, 0.9875, least=3)}  # 0.01 from the limit; two share 5 %
    assert seeds_needed(made(none=NONE, a=NONE, seeds=2)) == {}
    assert f"<td>about {needed['a']:,}</td>" in comparison.to_html()
    few = made(none=NONE, a=(0.79, 0.6, 0.6), b=(0.75, 0.6, 0.6), own=0.02)
    assert seeds_needed(few) == {"a": None}  # b costs 5 points, whatever the seeds
    assert "<td>more records</td>" in few.to_html()


@pytest.mark.slow
def test_holding_records_out_is_no_protection(data):
    """MemGuard without noise is the tree itself, with 30 % of the members held out of training."""
    control = {"control": lambda t: memguard(t, share=0.3, budget=0.0)}
    comparison = compare_defenses(data, tree(), control, seeds=3, backend=InProcess())
    assert any("control fits no weight to 30% of the members" in note for note in comparison.notes)
    assert not comparison.recommendation[0].startswith("Use")
    gap = comparison.attacks().set_index(["defense", "attack"])["auc"].xs("gap", level="attack")
    assert gap["control"] > gap["none"] - 0.02  # if they counted, it would be lower by 0.3 * (AUC - 0.5)
    assert 0.3 * (gap["none"] - 0.5) > 0.04


@pytest.mark.slow
def test_all_that_fit_and_why_the_others_do_not(data):
    comparison = compare_defenses(data, tree(), "all", seeds=1, backend=InProcess())
    there = set(comparison.to_frame()["defense"])
    assert {"none", "stacking", "memguard", "rounding", "top-1"} <= there
    assert "dropout" not in there
    assert any(note.startswith("dropout is skipped: got dropout for Decision") for note in comparison.notes)
    assert {"rounding", "top-1", "memguard"} <= set(comparison.masks)


@pytest.mark.slow
def test_a_defense_that_fails_in_training_leaves_the_others(data):
    def build(shape, n_classes):
        return nn.Sequential(nn.Linear(*shape, 8), nn.BatchNorm1d(8), nn.Linear(8, n_classes))

    norm = ModuleTrainer(build=build, epochs=2)
    comparison = compare_defenses(data, norm, ["dp-sgd", "rounding"], seeds=1, backend=InProcess())
    assert comparison.to_frame()["defense"].tolist() == ["none", "rounding"]
    [note] = [note for note in comparison.notes if note.startswith("dp-sgd")]
    assert "the layer 1 (BatchNorm1d)" in note
    assert len(note) < 400


def test_the_strongest_of_all_attackers_counts():
    table = made(none=NONE, a=(0.8, 0.6, 0.8)).to_frame().set_index("defense")
    assert table.loc["a", "auc"] == pytest.approx(0.8)
    assert table.loc["a", "auc of"] == "adversary-1, unaware"
    assert table.loc["none", "auc of"] == "adversary-1"


def test_nothing_beats_the_front():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"test_accuracy": rng.random(50).round(1), "auc": rng.random(50).round(1)})
    best = front(table, "auc")
    assert best["test_accuracy"].is_monotonic_increasing
    for row in best.itertuples():
        better = (table["test_accuracy"] >= row.test_accuracy) & (table["auc"] <= row.auc)
        assert (table[better] == [row.test_accuracy, row.auc]).all(axis=None)


def test_the_chart_has_room_for_intervals_and_names(comparison):
    spec = tradeoff_chart(comparison.to_frame()).to_dict()
    assert [len(panel["layer"]) for panel in spec["hconcat"]] == [5, 5]
    domain = spec["hconcat"][0]["layer"][3]["encoding"]["y"]["scale"]["domain"]
    table = comparison.to_frame()
    assert domain[0] < table["auc_low"].min()
    assert domain[1] > table["auc_high"].max()


@pytest.mark.slow
def test_what_is_saved(comparison, tmp_path):
    place = comparison.save(tmp_path / "run")
    assert {file.name for file in place.iterdir()} == {"comparison.csv", "comparison.html", "comparison.json"}
    document = json.loads((place / "comparison.json").read_text())
    assert document["recommendation"] == comparison.recommendation
    assert len(pd.read_csv(place / "comparison.csv")) == len(comparison.tidy)
    page = (place / "comparison.html").read_text()
    assert escape(comparison.recommendation[0]).replace("&#x27;", "&#39;") in page
    assert '<link rel="stylesheet"' not in page
    assert comparison.save(place) == place  # the same again
    other = ComparisonReport("other", comparison.tidy, {**comparison.facts, "seeds": "5 to 6"})
    with pytest.raises(mlleaks.RunExists, match="other: seeds"):
        other.save(place)
    other.save(place, overwrite=True)
