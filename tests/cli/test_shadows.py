"""``mlleaks shadows`` as people call it."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread
from time import sleep

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

import mlleaks
from mlleaks.outputs.signals import scaled_logit
from mlleaks.shadows import claimed, load_shadows

pytestmark = pytest.mark.usefixtures("empty_folder")

FEW = ("--backend", "in-process", "--jobs", "1", "--epochs", "5")


def test_trains_goes_on_and_can_be_opened_again(mlleaks_, tmp_path):
    code, out, _ = mlleaks_("shadows", "digits", "--models", 2, *FEW)
    assert code == 0
    assert out.startswith("2 shadow models of digits, each trained on 898 records; accuracy")
    folder = tmp_path / "runs" / "digits-shadows"
    first = load_shadows(folder)
    times = [file.stat().st_mtime_ns for file in first.files]
    assert mlleaks_("shadows", "digits", "--models", 4, *FEW)[0] == 0
    shadows = load_shadows(folder)
    assert shadows.files[:2] == first.files
    assert [file.stat().st_mtime_ns for file in first.files] == times
    assert shadows.answers(3).shape == (1797, 10)
    assert shadows.member(0).sum() == 898
    np.testing.assert_array_equal(shadows.member(0), ~shadows.member(1)[:1797])


def test_other_settings_want_another_folder(mlleaks_):
    mlleaks_("shadows", "digits", "--models", 2, "--out", "here", *FEW)
    code, _, err = mlleaks_("shadows", "digits", "--models", 2, "--out", "here", *FEW, "--seed", 1)
    assert code == 2
    assert "got other shadows in here (seed is 0)" in err
    code, out, _ = mlleaks_(
        "shadows", "digits", "--models", 2, "--out", "there", *FEW, "--signal", "scaled-logit"
    )
    assert (code, out.splitlines()[0]) == (0, "2 shadow models of digits, each trained on 898 records.")
    whole, signal = load_shadows(Path("here")), load_shadows(Path("there"))
    expected = scaled_logit(whole.answers(1), mlleaks.load_dataset("digits").y)
    np.testing.assert_allclose(signal.answers(1), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_records_from_a_file(mlleaks_):
    X, y = load_digits(return_X_y=True)
    table = pd.DataFrame(X[:300]).add_prefix("pixel_").assign(kind=[f"digit {c}" for c in y[:300]])
    table.to_csv("mine.csv", index=False)
    arguments = ("shadows", "mine.csv", "--models", 2, "--trainer", "tree", "--label", "kind")
    code, out, _ = mlleaks_(*arguments, "--jobs", 2)
    assert code == 0
    assert "accuracy 100.0% on these" in out
    code, _, err = mlleaks_(*arguments[:-2])
    assert code == 2
    assert "no classes in mine.csv" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("digitz",), "the data 'digitz'"),
        (("digits", "--trainer", "forest", "--epochs", 2), "--epochs for forest"),
        (("digits", "--trainer", "woods"), "the trainer 'woods'"),
        (("digits", "--signal", "all"), "the signal 'all'"),
        (("digits", "--backend", "moon"), "the backend 'moon'"),
        (("digits", "--address", "auto"), "--address or --gpus with --backend processes"),
        (("digits", "--precision", "float8"), "the precision 'float8'"),
        (("digits", "--models", 0), "0 shadow models"),
        (("digits", "--jobs", 0), "0 processes"),
        (("digits", "--jobs", 2, "--backend", "in-process"), "--jobs 2 with --backend in-process"),
        (("digits", "--models", -3), "got -3 shadow models for 1797 records; expected 1 or more"),
        (("digits", "--trainer", "tree", "--group-size", 2), "group_size=2 for DecisionTreeClassifier"),
        (("digits", "--label", "y"), "--label y with the data set digits"),
        (("digits", "--gpus", 1), "--address or --gpus with --backend processes"),
        (("digits", "--backend", "in-process", "--device", "cuda:9"), "the device 'cuda:9'"),
    ],
)
def test_bad_input_is_explained(mlleaks_, arguments, message):
    code, _, err = mlleaks_("shadows", *arguments)
    assert code == 2
    assert message in err


def test_a_changed_folder_is_found(mlleaks_, tmp_path):
    mlleaks_("shadows", "digits", "--models", 2, "--out", "here", *FEW)
    index = tmp_path / "here" / "shadows.json"
    document = json.loads(index.read_text())
    (tmp_path / "here" / document["files"][1]).unlink()
    with pytest.raises(mlleaks.CorruptRun, match="1 of 2 files are gone"):
        load_shadows(tmp_path / "here")
    assert mlleaks_("shadows", "digits", "--models", 2, "--out", "here", *FEW)[0] == 0
    assert len(load_shadows(tmp_path / "here")) == 2
    index.write_text(json.dumps(document | {"n_records": 5}))
    with pytest.raises(mlleaks.CorruptRun, match=r"shadows\.json was changed"):
        load_shadows(tmp_path / "here")
    index.write_text("{")
    with pytest.raises(mlleaks.CorruptRun, match="JSONDecodeError"):
        load_shadows(tmp_path / "here")
    with pytest.raises(mlleaks.DataUnavailable, match=r"no shadows\.json"):
        load_shadows(tmp_path)


def test_fewer_models_leave_the_others_in_the_index(mlleaks_, tmp_path):
    for models in (4, 2):
        assert mlleaks_("shadows", "digits", "--models", models, "--out", "here", *FEW)[0] == 0
        shadows = load_shadows("here")
        assert len(shadows) == len(shadows.plan) == 4
    np.testing.assert_array_equal(shadows.member(2), ~shadows.member(3))


def test_other_classes_of_the_same_records_want_another_folder(mlleaks_):
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)), columns=["x", "y"])
    table.assign(a=np.arange(60) % 2, b=np.arange(60) % 3).to_csv("mine.csv", index=False)
    arguments = ("shadows", "mine.csv", "--models", 2, "--trainer", "tree", "--backend", "in-process")
    assert mlleaks_(*arguments, "--label", "a")[0] == 0
    code, _, err = mlleaks_(*arguments, "--label", "b")
    assert (code, "(label is a, records is" in err) == (2, True)
    table.assign(a=np.arange(60) % 2, b=1).to_csv("mine.csv", index=False)
    assert "(records is" in mlleaks_(*arguments, "--label", "a")[2]


def test_an_unfinished_run_is_said_and_keeps_others_out(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0-0.npy").touch()  # a first shadow is finished
    with pytest.raises(KeyboardInterrupt), claimed(tmp_path / "a", {"seed": 0}):
        raise KeyboardInterrupt
    with pytest.raises(mlleaks.DataUnavailable, match=r"not finished \(1 shadows so far\).* Run the same"):
        load_shadows(tmp_path / "a")
    with pytest.raises(mlleaks.RunExists, match="seed is 0"), claimed(tmp_path / "a", {"seed": 1}):
        pass
    with pytest.raises(mlleaks.InputError, match="nothing was kept"), claimed(tmp_path / "b", {"seed": 0}):
        raise mlleaks.InputError("nothing was kept", expected="", fix="")
    assert not list((tmp_path / "b").iterdir())


def test_the_same_run_twice_at_once_trains_once(tmp_path, caplog):
    order, facts = [], {"seed": 0}

    def second():
        with claimed(tmp_path, facts):
            order.append("second")

    thread = Thread(target=second)
    with claimed(tmp_path, facts):
        thread.start()
        while "waits for it" not in caplog.text:
            assert thread.is_alive()
            sleep(0.01)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_place_that_is_a_file_is_explained(mlleaks_):
    Path("here").touch()
    code, _, err = mlleaks_("shadows", "digits", "--out", "here", *FEW)
    assert (code, "got here, which cannot be written" in err) == (2, True)


def test_help_says_what_shadows_are_for(mlleaks_):
    out = " ".join(mlleaks_("shadows", "--help")[1].split())
    for said in ("attacks learn the difference", "load_shadows", "Example: mlleaks shadows"):
        assert said in out
