"""The study of a service: its finding for each outcome, and a run on real data."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from mlleaks.datasets import REGISTRY as datasets
from mlleaks.datasets.files import at_hand
from mlleaks.shadows import InProcess
from mlleaks.studies import REGISTRY
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows
from mlleaks.studies.engine.runner import reproduce
from mlleaks.studies.engine.scale import SMOKE
from tests.studies.test_studies import check, services

STUDY = REGISTRY["mlaas"]


def test_both_attackers_beat_chance_where_the_service_overfits():
    finding = check("mlaas", services(0.8, first=0.9))
    assert finding.word == "reproduced"
    assert "location: the service took random forest, training and test accuracy 1.000 and 0.600, AUC: " in (
        finding.evidence
    )
    assert "adult: the service took logistic regression" in finding.evidence
    assert "AUC: adversary-1 0.500, adversary-2 0.500; it hardly overfits and does not count." in (
        finding.evidence
    )


def test_a_restriction_costs_what_the_rows_say():
    lines = services(0.8, first=0.9)
    fewer = {"value": 0.85, "low": 0.849, "high": 0.851}
    where = {"dataset": "location", "attack": "adversary-1", "answers": "top three", "metric": "auc"}
    lines = [line | (fewer if where.items() <= line.items() else {}) for line in lines]
    evidence = check("mlaas", lines).evidence
    assert "attackers read, change the AUC of adversary 1 by -0.050 (" in evidence
    assert "With the label alone, adversary-1, adversary-2 have nothing to read and are not run." in evidence
    assert "still has an AUC of 0.600: -0.300 (" in evidence


def test_a_domain_that_does_not_carry_over_makes_it_half():
    finding = check("mlaas", services(0.45, first=0.9))
    assert finding.word == "reproduced in part"
    assert finding.evidence.startswith("The claim holds for adversary 1, not for adversary 2.")


def test_a_service_that_does_not_overfit_need_not_leak():
    quiet = [line for line in services(0.8) if line["dataset"] == "adult"]
    with pytest.raises(MissingRows, match="no service overfits by more than 0.05"):
        check("mlaas", quiet)


def test_a_service_with_a_network_says_nothing_about_another_algorithm():
    finding = check("mlaas", services(0.8, algorithm="MLP"))
    assert finding.word == "reproduced in part"
    assert finding.evidence.startswith("The claim holds for adversary 2, is not decided for adversary 1.")
    assert "runs with an MLP, which is adversary 1's algorithm, do not count for adversary 1" in (
        finding.evidence
    )


def test_seeds_with_several_algorithms_are_seeds_of_one_data_set():
    """Three seeds, one of which took a network, under which adversary 1 fails: adversary 1 still counts."""
    lines = []
    for seed, algorithm in enumerate(("random forest", "logistic regression", "MLP")):
        first = 0.3 if algorithm == "MLP" else 0.9
        lines += [line | {"seed": seed} for line in services(0.8, first=first, algorithm=algorithm)]
    finding = check("mlaas", lines)
    assert finding.word == "reproduced"
    assert "took random forest or logistic regression or MLP" in finding.evidence
    assert Measurements(pd.DataFrame(lines)).once == []


def test_seeds_that_disagree_decide_nothing():
    lines = []
    for seed, second in enumerate((0.8, 0.52, 0.3)):
        lines += [line | {"seed": seed} for line in services(second)]
    assert check("mlaas", lines).evidence.startswith(
        "The claim holds for adversary 1, is not decided for adversary 2."
    )


@pytest.mark.slow
@pytest.mark.parametrize("names", [("location", "words-100", "adult")])
def test_a_run_on_real_data(names, tmp_path):
    if missing := [name for name in names if at_hand(datasets[name]) is None]:
        pytest.skip(f"{', '.join(missing)} not at hand: set MLLEAKS_DATA to a folder that holds them")
    context = StudyContext(tmp_path, replace(SMOKE, queries=30), InProcess())
    [chapter] = reproduce([STUDY], context, only=names).chapters
    assert chapter.skipped == {}
    tidy = chapter.tidy
    assert set(tidy["dataset"]) == set(names)
    assert tidy.groupby("dataset")["algorithm"].nunique().eq(1).all()  # one service per data set and seed
    auc = tidy[tidy["metric"] == "auc"].set_index(["dataset", "answers", "attack"])["value"].sort_index()
    for name in names:
        for kind in ("all posteriors", "top three"):
            assert set(auc[name, kind].index) == {
                "adversary-1",
                "combining",
                "adversary-2",
                "adversary-3",
                "gap",
            }
        assert set(auc[name, "label"].index) == {"gap"}
    assert auc["location", "all posteriors", "adversary-1"] > 0.7  # 150 records of 30 classes: it memorises
    assert len(list((tmp_path / "searches").glob("*.json"))) == len(names)
    # a target per data set, three shadows each, and no shadow of another domain that is not one of these
    assert len(list((tmp_path / "models").glob("*.npy"))) == 4 * len(names)
