"""What `mlleaks demo` leaves beside its report: the same audit as files, and commands that read them."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import mlleaks
from mlleaks.attacks.needs import Population, ReferenceModels, ShadowModels, Variants
from mlleaks.cli import examples
from mlleaks.datasets import load_dataset
from tests.cli.test_audit import result
from tests.synthetic import attacks_that_need

pytestmark = pytest.mark.usefixtures("empty_folder")

FILES = {"members.csv", "nonmembers.csv", "shadow.csv", "posteriors.csv", "model.mlleaks"}
RUN = {"arrays.npz", "result.json", "report.html"}


def verdicts(folder):
    return {verdict["attack"]: verdict for verdict in result(folder)["verdicts"]}


def suggested(out):
    """Return the arguments of the commands that the demo suggests."""
    lines = out.partition("Try next:\n")[2].splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("  mlleaks ")]


@pytest.mark.slow
@pytest.mark.parametrize("target", ["forest", "mlp"])
def test_the_suggested_commands_find_what_the_demo_found(mlleaks_, target):
    code, out, err = mlleaks_("demo", "--trainer", target)
    assert (code, err) == (0, "")
    assert {path.name for path in Path("runs/demo").iterdir()} == RUN | FILES
    of_posteriors, of_model, stronger = suggested(out)
    assert [mlleaks_(*arguments)[0] for arguments in (of_posteriors, of_model)] == [0, 0]
    assert stronger[: len(of_model)] == of_model
    assert mlleaks_(*stronger, "--cache", "cache")[0] == 0
    assert set(verdicts("runs/strong")) == set(verdicts("runs/demo")) | (
        attacks_that_need(ReferenceModels) - attacks_that_need(Variants)
    )
    demo = verdicts("runs/demo")
    assert verdicts("runs/model") == demo
    for name, verdict in verdicts("runs/posteriors").items():
        for figure in ("auc", "tpr@10%fpr", "tpr@1%fpr"):
            assert verdict["estimates"][figure] == demo[name]["estimates"][figure]
    with_more_data = attacks_that_need(ShadowModels, Population) & set(demo)
    assert set(demo) - set(verdicts("runs/posteriors")) == with_more_data


@pytest.mark.slow
def test_the_records_are_those_of_the_data_set_in_disjoint_parts(mlleaks_):
    out = "runs/a demo"
    code, said, _ = mlleaks_("demo", "--trainer", "tree", "--out", out)
    assert code == 0
    assert suggested(said)[0] == ["audit", "runs/a demo/posteriors.csv"]
    tables = {side: pd.read_csv(Path(out, f"{side}.csv"), index_col="record_id") for side in examples.SIDES}
    assert [len(table) for table in tables.values()] == [449, 449, 898]
    records = pd.concat(tables.values())
    assert records.index.is_unique
    digits = load_dataset("digits")
    np.testing.assert_array_equal(records["label"], digits.y[records.index])
    np.testing.assert_array_equal(records.drop(columns="label"), digits.X[records.index])
    answers = pd.read_csv(Path(out, "posteriors.csv"), index_col="record_id")
    assert set(answers.index[answers["member"]]) == set(tables["members"].index)
    assert set(answers.index[~answers["member"]]) == set(tables["nonmembers"].index)


@pytest.mark.slow
def test_a_refused_demo_keeps_the_files_of_the_one_before(mlleaks_):
    mlleaks_("demo", "--trainer", "tree", "--out", "mine")
    before = {path: path.read_bytes() for path in Path("mine").iterdir()}
    code, _, err = mlleaks_("demo", "--trainer", "logistic", "--out", "mine")
    assert code == 2
    assert "a run at mine" in err
    assert {path: path.read_bytes() for path in Path("mine").iterdir()} == before


@pytest.mark.slow
def test_without_skops_the_demo_leaves_all_but_the_model(mlleaks_, monkeypatch):
    monkeypatch.setitem(sys.modules, "skops", None)
    code, out, err = mlleaks_("demo", "--trainer", "tree")
    assert (code, err) == (0, "")
    assert {path.name for path in Path("runs/demo").iterdir()} == RUN | FILES - {"model.mlleaks"}
    assert out.endswith("  pip install 'mlleaks[skops]'  # then the demo also saves the model\n")


@pytest.mark.parametrize("change", ["images", "sparse", "large"])
def test_what_is_no_table_or_too_large_is_not_copied(monkeypatch, change):
    digits = load_dataset("digits").take(np.arange(60))
    records = {"images": digits.X.reshape(60, 8, 8), "sparse": sparse.csr_array(digits.X), "large": digits.X}
    if change == "large":
        monkeypatch.setattr(examples, "LARGEST", 3 * digits.X.size - 1)
    sides = dict.fromkeys(examples.SIDES, replace(digits, X=records[change]))
    assert examples.example_files(None, sides) == {}
    assert examples.next_steps(Path("runs"), {}) == []


def test_skipped_records_are_mentioned(mlleaks_, monkeypatch):
    digits = load_dataset("digits")
    twice = digits.take(np.r_[np.arange(400), np.arange(7)])
    monkeypatch.setattr("mlleaks.datasets.load_dataset", lambda name: twice)
    _, out, _ = mlleaks_("demo", "--trainer", "tree")
    assert "\nData: 7 records that repeat another were skipped.\n" in out
    assert mlleaks.AuditReport.load("runs/demo").result.n_members == 100
