"""What is concluded from tables: checks of claims by intervals, and the findings put together."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import classification_report

import mlleaks
from mlleaks.attacks.threshold import calibrate
from mlleaks.outputs.signals import maximum
from mlleaks.results.reproduction import BOTH, Chapter, Finding
from mlleaks.shadows import InProcess
from mlleaks.studies import REGISTRY
from mlleaks.studies.engine.chapter import build_chapter
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.findings import FINDINGS, paper_claims
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.runner import reproduce
from mlleaks.studies.engine.scale import SMOKE
from mlleaks.studies.engine.study import attack_rows
from mlleaks.studies.paper import stacking_parts, why_it_transfers
from mlleaks.studies.paper.stacking_price import WAYS
from mlleaks.studies.paper.why_it_transfers import PAIRS
from mlleaks.types import Observations, Outputs


def measured(value, attack="adversary-1", metrics=("precision", "recall", "auc"), **setting):
    """A row of one run for each metric; ``value`` may differ between them."""
    values = value if isinstance(value, dict) else dict.fromkeys(metrics, value)
    return [
        {"attack": attack, "metric": metric, "value": v, "low": v - 0.001, "high": v + 0.001} | setting
        for metric, v in values.items()
    ]


def check(name, lines):
    """The finding of a study from the rows of one seed, if they name none."""
    table = pd.DataFrame(lines)
    return REGISTRY[name].check(Measurements(table if "seed" in table else table.assign(seed=0)))


def first_adversary(one, many):
    return [
        *measured(one, dataset="location"),
        *measured(many, "shokri", dataset="location"),
        *measured(0.5, dataset="adult"),
        *measured(0.5, "shokri", dataset="adult"),
    ]


def overfitting(aucs):
    names = ("adult", "location", "face", "news", "mnist", "cifar100")
    return [
        line
        for i, (name, auc) in enumerate(zip(names, aucs, strict=True))
        for line in (
            *measured({"overfitting": 0.1 * i}, "target", dataset=name),
            *measured(auc, dataset=name),
        )
    ]


def by(name, first, last, settings=(1, 10)):
    return [
        line
        for dataset in ("location", "news")
        for setting, value in zip(settings, (first, last), strict=True)
        for line in measured(value, dataset=dataset, **{name: setting})
    ]


def aged(first, last):
    level = [
        line
        for dataset in ("location", "news")
        for epochs, value in {5: first / 2, 50: last / 2}.items()
        for line in measured({"overfitting": value}, "target", dataset=dataset, epochs=epochs)
    ]
    return by("epochs", first, last, (5, 50)) + level


def posteriors(three, everything):
    values = {"1": 0.7, "2": 0.8, "3": three, "10": three, "all": everything}
    return [line for name, v in values.items() for line in measured(v, dataset="location", posteriors=name)]


def hyperparameters(off):
    values = {"as the target": 0.9, "hidden x 0.5": off, "hidden x 2": 0.9}
    return [line for name, v in values.items() for line in measured(v, dataset="face", shadow=name)]


ALGORITHMS = ("network", "logistic", "forest")


def structure(other):
    return [
        line
        for target in ALGORITHMS
        for shadow in ALGORITHMS
        for line in measured(0.9 if target == shadow else other, dataset="news", target=target, shadow=shadow)
    ]


def combining(combined):
    lines = []
    for target in ALGORITHMS:
        lines += measured(combined, "combining", dataset="news", target=target)
        for shadow in ALGORITHMS:
            label = "same algorithm" if shadow == target else f"{shadow} shadow"
            lines += measured(0.9 if shadow == target else 0.6, label, dataset="news", target=target)
    return lines


def transfer(foreign, kin=0.0):
    names = ("news", "cifar100", "words-10")
    matrix = {("news", "words-10"): kin, ("words-10", "news"): kin} | {(name, name): 0.9 for name in names}
    return [
        line
        for dataset in names
        for target in names
        for line in measured(matrix.get((dataset, target), foreign), dataset=dataset, target=target)
    ]


def near(value):
    return [
        line
        for who in ("face", "cifar10")
        for line in measured({"same side": value}, f"neighbours of {who}", dataset="face")
    ]


def training_free(maximum):
    names = ("maximum", "standard deviation", "entropy")
    return [line for name in names for line in measured(maximum, name, dataset="location")]


def threshold(at_10, at_50):
    return [
        line
        for t, (precision, recall) in {10: at_10, 50: at_50}.items()
        for line in measured(
            {"precision": precision, "recall": recall}, "adversary-3-maximum", dataset="news", t=t
        )
    ]


def services(second, first=0.9, algorithm="random forest", adult="logistic regression"):
    """A service on Location that overfits, and one on Adult that does not and leaks nothing."""
    lines = []
    for dataset, took, level, aucs in (
        ("location", algorithm, 0.4, (first, second)),
        ("adult", adult, 0.01, (0.5, 0.5)),
    ):
        where = {"dataset": dataset, "algorithm": took}
        facts = {"train_accuracy": 0.6 + level, "test_accuracy": 0.6, "overfitting": level}
        lines += measured(facts, "target", answers="", **where)
        for answers, name in product(("all posteriors", "top three"), ("adversary-1", "adversary-2")):
            lines += measured(aucs[name == "adversary-2"], name, answers=answers, **where)
        for answers in ("all posteriors", "top three", "label"):
            lines += measured(0.6, "gap", answers=answers, **where)
    return lines


def adversaries(first, second, third):
    values = {"adversary-1": first, "adversary-2": second, "adversary-3": third}
    return [line for name, v in values.items() for line in measured(v, name, dataset="location")]


def pretrained(loss):
    return [
        line
        for dataset in ("location", "news")
        for name, v in {"adversary-1": 0.9, "adversary-2, pretrained": 0.9 - loss}.items()
        for line in measured(v, name, dataset=dataset)
    ]


def schedules(width):
    """Three seeds, which differ by 0.001 with a constant rate and by ``width`` with a decaying one."""
    lines = []
    for seed, (name, half) in product(range(3), {"constant": 0.001, "settling": width}.items()):
        setting = {"dataset": "location", "schedule": name, "seed": seed}
        lines += measured({"auc": 0.8 + half * (seed - 1), "precision": 0.8}, **setting)
        lines += measured({"train_accuracy": 1.0}, "target", **setting)
    return lines


def defended(name, auc, accuracy):
    lines = []
    for defense, (leak, right) in {"none": (0.9, 0.6), name: (auc, accuracy)}.items():
        for attack in ("adversary-1", "adversary-2", "adversary-3"):
            lines += measured(leak, attack, dataset="location", defense=defense)
        lines += measured({"test_accuracy": right}, "target", dataset="location", defense=defense)
    return lines


def ratios(fall):
    lines = []
    for i, j in product(range(4), repeat=2):
        setting = {"dataset": "location", "inputs": f"{25 * i} %", "hidden": f"{25 * j} %"}
        lines += measured(0.9 - fall * (i + j), "adversary-1", **setting)
        lines += measured({"test_accuracy": 0.6}, "target", **setting)
    return lines


def placements(dense_auc, dense_accuracy):
    figures = {
        "none": (0.95, 0.22),
        "input 0.5, hidden 0.5": (0.55, 0.2),
        "dense input 0.5, hidden 0.5": (dense_auc, dense_accuracy),
    }
    lines = []
    for name, (auc, accuracy) in figures.items():
        setting = {"dataset": "cifar100", "epochs": 50, "dropout": name}
        lines += measured({"auc": auc, BOTH: auc, "accuracy": auc}, **setting)
        lines += measured({"test_accuracy": accuracy}, "target", **setting)
    return lines


def settings(ours, published):
    return [
        line
        for name, value in (("ours", ours), ("authors' code", published))
        for line in measured(value, metrics=("auc", "accuracy", BOTH), dataset="cifar100", settings=name)
    ]


def side_by_side(**figures):
    lines = []
    for defense, (leak, right) in {"none": (0.9, 0.6), **figures}.items():
        setting = {"dataset": "location", "defense": defense}
        lines += measured(leak, "adversary-1", **setting) + measured(
            {"test_accuracy": right}, "target", **setting
        )
    return lines


def parts(disjoint, layers, third, same=(0.88, 0.6)):
    """Of each stack the AUC and the test accuracy, and the accuracy of a network on a third."""
    names = (stacking_parts.DISJOINT, stacking_parts.LAYERS, stacking_parts.SAME)
    lines = []
    for defense, (auc, accuracy) in {
        "none": (0.9, 0.6),
        **dict(zip(names, (disjoint, layers, same), strict=True)),
    }.items():
        for attack in ("adversary-1", "adversary-3"):
            lines += measured(auc, attack, dataset="location", defense=defense)
        lines += measured({"test_accuracy": accuracy}, "target", dataset="location", defense=defense)
    return [
        *lines,
        *measured({"test_accuracy": third}, "target", dataset="location", defense=stacking_parts.THIRD),
    ]


def attack_model(other):
    cuts = ("at one half", "where precision equals recall on the shadow")
    values = {"perceptron": 0.9, "softmax regression": other}
    return [
        line
        for name, v in values.items()
        for cut in cuts
        for line in measured(v, name, dataset="news", cut=cut)
    ]


RISING, FALLING = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95), (0.95, 0.9, 0.8, 0.7, 0.6, 0.5)
CASES = {
    "first-adversary": (first_adversary(0.88, 0.9), first_adversary(0.7, 0.9)),
    "overfitting": (overfitting(RISING), overfitting(FALLING)),
    "epochs": (aged(0.6, 0.9), aged(0.9, 0.6)),
    "posteriors": (posteriors(0.9, 0.905), posteriors(0.9, 0.96)),
    "shadow-count": (by("shadows", 0.9, 0.9), by("shadows", 0.8, 0.9)),
    "hyperparameters": (hyperparameters(0.85), hyperparameters(0.6)),
    "structure": (structure(0.7), structure(0.88)),
    "combining": (combining(0.85), combining(0.65)),
    "mlaas": (services(0.8), services(0.45, first=0.4)),
    "transfer": (transfer(0.87), transfer(0.7, kin=0.9)),
    "why-it-transfers": (near(0.7), near(0.45)),
    "training-free": (training_free(0.9), training_free(0.6)),
    "threshold": (threshold((0.9, 0.6), (0.8, 0.9)), threshold((0.9, 0.6), (0.8, 0.5))),
    "three-adversaries": (adversaries(0.9, 0.85, 0.87), adversaries(0.9, 0.7, 0.87)),
    "dropout": (defended("dropout", 0.7, 0.58), defended("dropout", 0.7, 0.5)),
    "dropout-placement": (placements(0.6, 0.3), placements(0.94, 0.15)),
    "dropout-ratios": (ratios(0.02), ratios(-0.01)),
    "stacking": (defended("stacking", 0.7, 0.58), defended("stacking", 0.895, 0.6)),
    "stacking-parts": (parts((0.6, 0.45), (0.7, 0.5), 0.45), parts((0.95, 0.45), (0.92, 0.5), 0.55)),
    "stacking-price": (
        side_by_side(**dict.fromkeys(WAYS, (0.6, 0.4)) | {"parts 2:2:1": (0.7, 0.55)}),
        side_by_side(**dict.fromkeys(WAYS, (0.6, 0.4)) | {"parts 2:2:1": (0.8, 0.55)}),
    ),
    "defenses-compared": (
        side_by_side(dropout=(0.8, 0.6), stacking=(0.6, 0.4), mixup=(0.85, 0.55)),
        side_by_side(dropout=(0.8, 0.6), stacking=(0.6, 0.4), mixup=(0.55, 0.65)),
    ),
    "pretrained": (pretrained(0.01), pretrained(0.1)),
    "schedules": (schedules(0.0001), schedules(0.05)),
    "attack-model": (attack_model(0.895), attack_model(0.7)),
    "as-published": (settings(0.9, 0.91), settings(0.9, 0.8)),
}


def test_every_study_has_a_case():
    assert list(CASES) == list(REGISTRY)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("case", "word"), [(0, "reproduced"), (1, "not reproduced")])
def test_a_check_tells_a_claim_that_holds_from_one_that_does_not(name, case, word):
    finding = check(name, CASES[name][case])
    assert finding.word == word
    assert "nan" not in finding.evidence
    assert any(digit in finding.evidence for digit in "0123456789")


def weak(name, lines):
    """The same means as a claim that holds, but too uncertain to tell."""
    if name == "overfitting":  # its unit is the data set
        return overfitting((0.5, 0.95, 0.6, 0.55, 0.9, 0.8))
    if name == "threshold":  # that recall falls is no question of intervals
        lines = threshold((0.9, 0.6), (0.8, 0.9))
    if name == "schedules":  # and of this one the spread
        return schedules(0.001)
    return [line | {"low": line["value"] - 0.9, "high": line["value"] + 0.9} for line in lines]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("case", [0, 1])
def test_a_check_is_inconclusive_where_intervals_contain_its_limit(name, case):
    finding = check(name, weak(name, CASES[name][case]))
    assert finding.word == "inconclusive"
    assert "nan" not in finding.evidence


@pytest.mark.parametrize(("spread", "word"), [(0.002, "reproduced"), (0.05, "inconclusive")])
def test_seeds_that_differ_make_a_check_inconclusive(spread, word):
    """The means are the same: adversary 1 is 0.01 worse, and may be 0.05 worse."""
    lines = [
        line | {"seed": seed, "value": line["value"] + (seed - 1) * spread * (line["attack"] == "shokri")}
        for seed in range(3)
        for line in first_adversary(0.88, 0.9)
    ]
    assert check("first-adversary", lines).word == word


def test_the_placement_nearest_to_the_published_figures_is_named():
    near = check("dropout-placement", placements(0.605, 0.215)).evidence
    assert (
        "dense input 0.5, hidden 0.5 after 50 epochs, with 0.605, 0.605 and 0.215. It is near them." in near
    )
    far = check("dropout-placement", placements(0.7, 0.3)).evidence
    assert "So none of these is the published one." in far
    averaged = Measurements(pd.DataFrame(placements(0.605, 0.215)).assign(seed=0)).averaged
    assert "with 0.605, 0.605 and 0.215" in REGISTRY["dropout-placement"].check(averaged).evidence


@pytest.mark.parametrize(
    ("figures", "maintained"),
    [
        (((0.6, 0.59), (0.7, 0.5), 0.7), "Thirds of the network's records"),
        (((0.6, 0.45), (0.7, 0.595), 0.55), "One half for each layer"),
        (((0.6, 0.45), (0.7, 0.5), 0.46), "Thirds as large as the network's records"),
    ],
)
def test_one_reading_of_the_parts_of_a_stack_is_enough_for_its_accuracy(figures, maintained):
    finding = check("stacking-parts", parts(*figures))
    assert finding.word == "reproduced"
    for reading in stacking_parts.READINGS:
        answer = "yes" if reading == maintained else "no"
        assert f"{reading}: accuracy maintained: {answer} (" in finding.evidence


def test_the_accuracy_of_a_stack_and_its_protection_are_checked_by_themselves():
    """One reading that leaks, or an accuracy that no reading keeps, leaves the claim half true."""
    leaking = check("stacking-parts", parts((0.6, 0.45), (0.91, 0.5), 0.45))
    assert leaking.word == "reproduced in part"
    assert "The claim holds for accuracy, not for protection." in leaking.evidence
    assert "attacks weakened: no (-0.010" in leaking.evidence
    costly = check("stacking-parts", parts((0.6, 0.45), (0.7, 0.5), 0.55))
    assert "The claim holds for protection, not for accuracy." in costly.evidence


def test_a_stack_on_the_same_records_is_no_reading_with_disjoint_parts():
    lines = parts((0.6, 0.45), (0.7, 0.5), 0.55, same=(0.95, 0.6))
    finding = check("stacking-parts", lines)
    assert "The claim holds for protection, not for accuracy." in finding.evidence
    assert "With no disjoint parts at all: accuracy +0.000" in finding.evidence


def test_only_data_sets_that_leak_count_for_the_parts_of_a_stack():
    lines = parts((0.6, 0.45), (0.7, 0.5), 0.45)
    tight = [
        line | {"dataset": "adult", "value": 0.55, "low": 0.54, "high": 0.56}
        for line in parts((0.6, 0.1), (0.7, 0.1), 0.9)
    ]
    assert check("stacking-parts", lines + tight) == check("stacking-parts", lines)
    with_cost = [line | {"dataset": "news"} for line in parts((0.6, 0.1), (0.7, 0.1), 0.9)]
    finding = check("stacking-parts", lines + with_cost)
    assert "not for accuracy" in finding.evidence
    assert "on news" in finding.evidence


def test_a_defense_that_costs_too_much_is_refuted_though_another_criterion_is_open():
    lines = defended("stacking", 0.7, 0.5)
    wide = [line | ({"low": 0.0, "high": 1.0} if line["attack"] == "adversary-3" else {}) for line in lines]
    finding = check("stacking", wide)
    assert finding.word == "not reproduced"
    assert "On location, at least one attack's AUC may not fall" in finding.evidence


def test_a_threshold_that_serves_few_data_sets_does_not_count():
    assert check("threshold", threshold((0.55, 0.6), (0.5, 0.9))).word == "not reproduced"


def test_evidence_states_the_figures():
    finding = check("first-adversary", first_adversary(0.88, 0.9))
    half = (0.001**2 * 4) ** 0.5 / 2  # four figures, in squares, and the mean of two data sets
    assert (
        f"mean over the data sets: precision -0.010 ({-0.01 - half:+.3f} to {-0.01 + half:+.3f}); recall"
        in finding.summary
    )
    assert "Lowest: precision -0.020 on location, below zero on 1 of 2 data sets" in finding.details
    finding = check("transfer", transfer(0.87))
    assert "News from CIFAR-100: precision 0.87, recall 0.87" in finding.evidence


def only(lines, keep):
    """A study's lines, but for those that its check cannot do without."""
    return [line for line in lines if keep(line)]


LACKING = {
    "first-adversary": only(CASES["first-adversary"][0], lambda line: line["attack"] != "shokri"),
    "overfitting": overfitting(RISING)[-4:],
    "epochs": only(CASES["epochs"][0], lambda line: line["epochs"] == 5),
    "posteriors": only(CASES["posteriors"][0], lambda line: line["posteriors"] != "all"),
    "shadow-count": only(CASES["shadow-count"][0], lambda line: line["shadows"] == 1),
    "hyperparameters": only(CASES["hyperparameters"][0], lambda line: "x" not in line["shadow"]),
    "structure": only(CASES["structure"][0], lambda line: line["target"] == line["shadow"]),
    "combining": only(CASES["combining"][0], lambda line: line["attack"] != "combining"),
    "transfer": only(CASES["transfer"][0], lambda line: line["dataset"] == line["target"] == "news"),
    "why-it-transfers": measured({"plane": 0.0}, "plane", dataset="face"),
    "training-free": only(CASES["training-free"][0], lambda line: line["attack"] != "maximum"),
    "threshold": only(CASES["threshold"][0], lambda line: line["t"] != 10),
    "mlaas": only(CASES["mlaas"][0], lambda line: line["attack"] != "adversary-2"),
    "three-adversaries": only(CASES["three-adversaries"][0], lambda line: line["attack"] != "adversary-2"),
    "dropout": only(CASES["dropout"][0], lambda line: line["defense"] == "none"),
    "dropout-placement": only(CASES["dropout-placement"][0], lambda line: "dense" not in line["dropout"]),
    "dropout-ratios": only(CASES["dropout-ratios"][0], lambda line: line["hidden"] != "75 %"),
    "stacking": only(CASES["stacking"][0], lambda line: line["attack"] != "adversary-1"),
    "stacking-parts": parts((0.6, 0.45), (0.7, 0.5), 0.45)[:-1],
    "stacking-price": only(CASES["stacking-price"][0], lambda line: line["defense"] != "equal parts"),
    "defenses-compared": only(CASES["defenses-compared"][0], lambda line: line["defense"] != "stacking"),
    "as-published": settings(0.9, 0.91)[:3],
    "attack-model": only(CASES["attack-model"][0], lambda line: line["attack"] == "perceptron"),
    "pretrained": only(CASES["pretrained"][0], lambda line: line["attack"] == "adversary-1"),
    "schedules": only(CASES["schedules"][0], lambda line: line["schedule"] == "constant"),
}

WHY = {
    "first-adversary": "no row has the metric 'precision' with attack 'shokri'",
    "overfitting": "a rank correlation needs at least five data sets",
    "epochs": "all targets are trained for the same number of epochs",
    "posteriors": "no row has the posteriors all",
    "shadow-count": "there is only one number of shadows",
    "hyperparameters": "no data set has the precision with a shadow of other hyperparameters",
    "structure": "no data set has the precision with shadows of two algorithms",
    "combining": "no row has the attack combining",
    "transfer": "it has data sets of one domain only",
    "why-it-transfers": "it lacks one data set of each pair",
    "training-free": "no row has the attack maximum",
    "threshold": "no row has the t 10",
    "mlaas": "no row has the attack adversary-2",
    "three-adversaries": "no row has the attack adversary-2",
    "dropout": "no row has the defense dropout",
    "dropout-placement": "no data set of images has every place of dropout",
    "dropout-ratios": "a pair of ratios is missing",
    "stacking": "no row has the metric 'auc' with attack 'adversary-1'",
    "stacking-parts": f"location lacks {stacking_parts.THIRD}",
    "stacking-price": f"location lacks one of none, {', '.join(WAYS)}",
    "defenses-compared": "location lacks one of none, dropout, stacking",
    "pretrained": "no row has the metric 'auc' with attack 'adversary-2, pretrained'",
    "schedules": "no row has the schedule settling",
    "attack-model": "no row has the attack softmax regression",
    "as-published": "one of the settings is missing",
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("lines", "word"), [(CASES, "reproduced"), (LACKING, "not run")])
def test_a_check_without_its_rows_is_not_run(name, lines, word, tmp_path):
    """The runner sums up made rows of real studies; whether it leaves out a check is up to the rows."""
    made = lines[name] if lines is LACKING else lines[name][0]
    rows = [
        {key: v for key, v in line.items() if key not in ("dataset", "seed")} | {"kind": line["dataset"]}
        for line in made
    ]
    study = REGISTRY[name]
    study = replace(
        study,
        run=lambda context, dataset, seed, other_datasets: rows,
        check=lambda rows: REGISTRY[name].check(Measurements(rows.tidy.assign(dataset=rows.tidy["kind"]))),
        datasets=("digits",),
        file=None,
    )
    [chapter] = reproduce([study], StudyContext(tmp_path, SMOKE, InProcess())).chapters
    if name == "schedules":  # it needs three seeds, and a smoke run has one
        assert chapter.finding.word == "not run"
        return
    assert chapter.finding.word == word
    if word == "reproduced":
        assert chapter.finding.evidence.endswith(
            "There are fewer than 3 seeds: the variation between trainings is not in the intervals."
        )
    if word == "not run":
        assert chapter.finding.evidence == f"This run is too small for the check: {WHY[name]}."


@pytest.mark.parametrize("error", [KeyError, IndexError, ValueError])
def test_a_mistake_in_a_check_is_an_error_not_a_study_that_did_not_run(error):
    def misspelt(measured):
        raise error("a column that the check misspells")

    study = replace(REGISTRY["epochs"], check=misspelt)
    with pytest.raises(error, match="misspells"):
        build_chapter(study, pd.DataFrame(CASES["epochs"][0]).assign(seed=0))


def chapter(name, word):
    nothing = pd.DataFrame()
    return Chapter(name, "", "", "", "", Finding(word, f"{name} says so"), nothing, nothing, (), (), ())


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (("reproduced", "reproduced", "reproduced"), "reproduced"),
        (("not reproduced", "not reproduced", "not reproduced"), "not reproduced"),
        (("reproduced", "not reproduced", "reproduced"), "reproduced in part"),
        (("not run", "not run", "not run"), "not run"),
        (("reproduced",), "reproduced in part"),
        (("not reproduced",), "not reproduced"),
        (("reproduced", "inconclusive", "inconclusive"), "reproduced in part"),
        (("not reproduced", "inconclusive", "not reproduced"), "inconclusive"),
        (("inconclusive", "inconclusive", "inconclusive"), "inconclusive"),
        (("inconclusive",), "inconclusive"),
    ],
)
def test_a_finding_is_put_together_from_its_studies(outcomes, expected):
    names = FINDINGS[4][1]
    claim = paper_claims([chapter(name, word) for name, word in zip(names, outcomes, strict=False)])[4]
    assert claim.word == expected
    assert list(claim.studies) == list(names)
    assert [result.word for result in claim.studies.values()] == [
        *outcomes,
        *["not run"] * (len(names) - len(outcomes)),
    ]


def test_a_study_that_did_not_run_speaks_neither_for_nor_against():
    half = paper_claims([chapter("overfitting", "reproduced"), chapter("epochs", "not run")])[1]
    assert half.word == "reproduced in part"


def test_a_finding_has_an_outcome_under_each_reading():
    both = replace(chapter("posteriors", "reproduced in part"), averaged=Finding("reproduced", ""))
    claim = paper_claims([both])[2]
    assert (claim.word, claim.averaged) == ("reproduced in part", "reproduced")
    assert claim.studies_averaged == {"posteriors": Finding("reproduced", "")}
    same = paper_claims([chapter("shadow-count", "inconclusive")])[3]
    assert (same.word, same.averaged) == ("inconclusive", "inconclusive")


def test_the_second_reading_is_the_last_line_of_the_report_of_scikit_learn():
    rng = np.random.default_rng(0)
    member = np.repeat([True, False], [60, 40])
    p = np.column_stack([rows := rng.random(100), 1 - rows])
    target = Observations(Outputs(p), member)
    attack = calibrate(Outputs(p[:20]), maximum, top=0.5)
    rows = {row["metric"]: row["value"] for row in attack_rows("adversary-3-maximum", attack, target)}
    report = classification_report(member, attack.score(target.outputs) > attack.threshold, output_dict=True)
    line = report["weighted avg"]
    assert (rows[BOTH], rows["accuracy"]) == pytest.approx((line["precision"], line["recall"]))
    assert rows["precision"] == pytest.approx(report["True"]["precision"])


def test_a_chapter_is_checked_under_both_readings():
    study = REGISTRY["threshold"]
    tidy = pd.DataFrame(
        {
            "dataset": "location",
            "seed": 0,
            "attack": "adversary-3-maximum",
            "t": t,
            "who": "",
            "metric": metric,
        }
        | {"value": value, "low": value - 0.01, "high": value + 0.01}
        for t in (5, 10)
        for metric, value in {"precision": 0.5, "recall": 0.9, BOTH: 0.8, "accuracy": 0.7}.items()
    )
    chapter = build_chapter(study, tidy)
    assert (chapter.finding.word, chapter.averaged.word) == ("not reproduced", "reproduced")
    assert build_chapter(study, tidy[tidy["metric"] != BOTH]).averaged is None


def test_findings_without_studies_are_not_run():
    claims = paper_claims([])
    assert [claim.word for claim in claims] == ["not run"] * 8
    assert [result.word for result in claims[0].studies.values()] == ["not run"]


def test_studies_are_chosen_by_name():
    assert [study.name for study in REGISTRY.select(["transfer", "epochs"])] == ["transfer", "epochs"]
    assert [study.name for study in REGISTRY.select(REGISTRY)] == list(REGISTRY)
    with pytest.raises(mlleaks.InputError, match="the study 'figure-1'; expected one of first-adversary, "):
        REGISTRY.select(["figure-1"])


def test_a_pair_of_data_sets_is_there_by_default():
    """A run without --datasets has both sides of what is laid side by side."""
    assert set(why_it_transfers.STUDIES[0].datasets) == {*PAIRS, *PAIRS.values()}


def test_targets_that_do_not_leak_are_named_as_the_cause():
    """On one data set nothing leaks, and there recall is a coin's: without it the claim holds."""
    quiet = [
        line
        | {"dataset": "adult", "value": 0.5 + 0.3 * (line["attack"] == "shokri"), "low": 0.1, "high": 0.9}
        for line in CASES["first-adversary"][0]
        if line["dataset"] == "location" and line["metric"] == "recall"
    ]
    chance = [line | {"metric": "auc", "value": 0.5, "low": 0.45, "high": 0.55} for line in quiet]
    tidy = pd.DataFrame([*CASES["first-adversary"][0], *quiet, *chance]).assign(seed=0)
    finding = build_chapter(REGISTRY["first-adversary"], tidy).finding
    assert finding.word == "reproduced in part"
    assert finding.cause.startswith("Without adult, where no attack has an AUC above 0.6, it is reproduced (")
    assert finding.evidence.endswith(finding.cause)
    assert not build_chapter(REGISTRY["first-adversary"], tidy[tidy["dataset"] != "adult"]).finding.cause
