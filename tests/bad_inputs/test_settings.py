"""Seeds, names, data sets and conditions in bad or odd forms, and files on the command line."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.tree import DecisionTreeClassifier

import mlleaks
from mlleaks import DataUnavailable, attacks, audit_posteriors, audit_trainer, compare_defenses
from mlleaks.cli import main
from mlleaks.results import conditions as gate
from mlleaks.results import runs as store
from mlleaks.shadows import InProcess
from mlleaks.types import Dataset
from tests.bad_inputs.common import (
    FEATURES,
    MEMBERS,
    NONMEMBERS,
    SHADOW,
    assert_refused,
    audit,
    clean_table,
    table,
)

X = np.concatenate([side[0] for side in (MEMBERS, NONMEMBERS, SHADOW)])
Y = np.concatenate([side[1] for side in (MEMBERS, NONMEMBERS, SHADOW)])
TREE = DecisionTreeClassifier()


def data(X=X, y=Y, n_classes=3, ids=()):
    return Dataset("made", X, y, n_classes, ids)


@pytest.mark.parametrize("seed", [-1, 1.5, None, "0", [1], np.nan, 2.0], ids=repr)
@pytest.mark.parametrize(
    "call",
    [
        audit,
        lambda seed: audit_posteriors(table(), seed=seed),
        lambda seed: audit_trainer(data(), TREE, seed=seed),
        lambda seed: compare_defenses(data(), TREE, ["label-only"], seed=seed, seeds=1, backend=InProcess()),
    ],
    ids=["audit", "audit_posteriors", "audit_trainer", "compare_defenses"],
)
def test_a_seed_that_is_no_whole_number_from_0_on_is_refused(call, seed):
    assert_refused(lambda: call(seed=seed), "seed .*expected a whole number from 0 on")


@pytest.mark.parametrize("seed", [np.int64(3), 2**200])
def test_any_whole_number_is_a_seed(seed):
    assert json.loads(audit_posteriors(table(), seed=seed).to_json())["provenance"]["seed"] == seed


@pytest.mark.parametrize("name", ["", "a/b\n=<b>", "名前", None, 5, b"x"], ids=repr)
def test_any_name_can_be_stored(tmp_path, name):
    store.save_run(audit_posteriors(table(), name=name).result, tmp_path / "run")
    assert store.load_run(tmp_path / "run").name == str(name)


DATA = {
    "nothing": (lambda: None, "data of type NoneType.*mlleaks.load_dataset"),
    "a name": (lambda: "digits", "data of type str"),
    "a pair": (lambda: (X, Y), "data of type tuple"),
    "a table": (lambda: pd.DataFrame(X), "data of type DataFrame"),
    "no records": (lambda: data(None), "1 records, 180 labels"),
    "no labels": (lambda: data(y=None), "labels of type object"),
    "floats as labels": (lambda: data(y=Y * 1.0), "labels of type float64"),
    "words as labels": (lambda: data(y=Y.astype(str)), "labels of type <U"),
    "a label too few": (lambda: data(y=Y[1:]), "180 records, 179 labels"),
    "too few classes": (lambda: data(n_classes=2), "labels from 0 to 2"),
    "an id too few": (lambda: data(ids=range(7)), "180 records, 180 labels and 7 ids"),
    "one id for all": (lambda: data(ids=np.zeros(len(X))), "179 ids that stand more than once"),
    "an empty id": (lambda: data(ids=["", *map(str, range(len(X) - 1))]), "1 rows without ids of records"),
    "one axis": (lambda: data(X[:, 0]), r"records of shape \(180,\)"),
    "complex records": (lambda: data(X + 1j), "records of dtype complex128"),
    "masked records": (lambda: data(np.ma.array(X, mask=X > 3)), r"records with \d+ masked entries"),
    "a column twice": (lambda: data(pd.DataFrame(X, columns=list("aab"))), "the column 'a' more than once"),
    "lists in a column": (lambda: data(pd.DataFrame({"a": [[1]] * len(X)})), "more than one value in a cell"),
    "79 records": (lambda: data(X[:79], Y[:79]), "19 records in each of the four parts"),
    "one record many times": (lambda: data(X[:1].repeat(len(X), 0)), "at least four"),
}


@pytest.mark.parametrize("case", DATA)
@pytest.mark.parametrize("compared", [False, True], ids=["audit_trainer", "compare_defenses"])
def test_data_that_do_not_fit_are_refused(case, compared):
    make, says = DATA[case]

    def call():
        if compared:
            return compare_defenses(make(), TREE, ["label-only"], seeds=1, backend=InProcess())
        return audit_trainer(make(), TREE)

    assert_refused(call, says)


@cache
def clean_training():
    return audit_trainer(data(), TREE)


@pytest.mark.parametrize(
    "form",
    [
        lambda: data(X.tolist()),
        lambda: data(torch.tensor(X)),
        lambda: data(ids=list(range(len(X)))),
        lambda: data(y=Y.astype("u1")),
        lambda: data(np.concatenate([X, X[:9]]), np.concatenate([Y, Y[:9]])),
    ],
    ids=["lists", "tensors", "ids as a list", "small labels", "repeats"],
)
def test_the_same_data_in_another_form_say_the_same(form):
    clean, other = clean_training(), audit_trainer(form(), TREE)
    columns = ["auc", "p_value"]
    pd.testing.assert_frame_equal(other.to_frame()[columns], clean.to_frame()[columns])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"seeds": 0}, "got 0 seeds; expected a whole number from 1 on"),
        ({"seeds": 1.5}, "1.5 seeds"),
        ({"seeds": "2"}, "'2' seeds"),
        ({"seeds": None}, "None seeds"),
        ({"defenses": "label-only"}, "the defenses 'label-only'"),
        ({"defenses": []}, "no defense"),
        ({"defenses": ["x"]}, "'x'"),
        ({"defenses": {"none": lambda trainer: trainer}}, "a defense called 'none'"),
        ({"defenses": {"mine": 5}}, "int as the defense 'mine'"),
    ],
)
def test_comparisons_that_cannot_be_made_are_refused(options, says):
    options = {"defenses": ["label-only"], "backend": InProcess()} | options
    assert_refused(lambda: compare_defenses(data(), TREE, **options), says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        *(
            (text, "the condition")
            for text in (None, 5, "", "auc", "auc >", "auc = 1", "auc > nan", "AUC > .5")
        ),
        *(
            (text, "the condition")
            for text in ("auc >> 1", "leaks > 0", "auc.mid > .5", "auc > 5e", "auc > 0,5")
        ),
        *((text, "the condition") for text in ("adversary-2:leaks", "auc > 0.5; rm", "tpr@5%fpr > .1")),
        *((text, "a bound between -1 and 1") for text in ("auc > 60", "auc > 1e999", "overfitting < -2")),
        ("x:auc > 1", "the attack 'x'"),
        ("adversary-2:overfitting > .1", "asked of an attack"),
    ],
)
def test_conditions_that_cannot_be_decided_are_refused(text, says):
    assert_refused(lambda: gate.parse(text, attacks.REGISTRY), says)


@pytest.mark.parametrize("text", ["auc>.5", " auc >= 5e-1 ", "adversary-2:auc.low > .1", "leaks "])
def test_conditions_may_be_spaced_at_will(text):
    assert gate.parse(text).holds(clean_table().result) in (True, False)


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Call `mlleaks audit` in an empty folder; return its exit code and what it says on stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["mlleaks", "audit", *arguments])
        try:
            main()
        except SystemExit as stop:
            return stop.code or 0, capsys.readouterr().err
        return 0, capsys.readouterr().err

    return call


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("record_id;member;p_0\n1;1;0,5\n", "commas instead of ';'"),
        ("record_id,member,p_0,p_1\n1,1,.5\n", "3 fields in line 2"),
        ("record_id,member,p_0,p_0\n1,1,.5,.5\n", "'p_0' more than once"),
        ("record_id,member,p_0,p_1\n,1,.5,.5\n", "1 rows without record_id"),
        ("record_id,member,p_0,p_1,model_id\n1,1,.5,.5,\n", "1 rows without model_id"),
        ("", "cannot be read"),
    ],
)
def test_a_file_that_does_not_fit_ends_with_2_and_one_line(command, text, says):
    Path("p.csv").write_text(text)
    code, err = command("p.csv")
    assert code == 2
    assert err.startswith("error: got ")
    assert says in err
    assert err.count("\n") == 1
    assert not Path("runs").exists()


def test_row_numbers_in_files_of_records_are_refused(command):
    Path("own_stub.py").write_text("from tests.bad_inputs.common import Stub\nmodel = Stub()\n")
    for name, side in (("m.csv", MEMBERS), ("n.csv", NONMEMBERS)):
        pd.DataFrame(side[0], columns=FEATURES).assign(label=side[1]).to_csv(name)
    code, err = command("own_stub:model", "--members", "m.csv", "--nonmembers", "n.csv")
    assert code == 2
    assert "index=False" in err
    del sys.modules["own_stub"]


def test_data_sets_that_do_not_exist_are_refused():
    for name in (None, 5, "mnits", ""):
        assert_refused(lambda name=name: mlleaks.load_dataset(name), "data set", mlleaks.InputError)
    assert_refused(lambda: store.load_run(Path("nowhere")), "no result.json", DataUnavailable)
