"""``mlleaks audit --shadows``: reference models from the command line, stopped and continued."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.svm import LinearSVC

pytestmark = pytest.mark.usefixtures("empty_folder")

CONSOLE = Path(sys.executable).with_name("mlleaks")
TRAINER = """
import time
from pathlib import Path
from sklearn.tree import DecisionTreeClassifier

def train(data, rng):
    time.sleep(0.3)
    with Path({log!r}).open("a") as log:
        log.write("trained\\n")
    return DecisionTreeClassifier(max_depth=4, random_state=int(rng.integers(2**31))).fit(data.X, data.y)
"""


def rows(seed, n=80):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 3)), columns=list("abc"))
    return X.assign(label=(X["a"] + rng.normal(size=n) > 0).astype(int))


@pytest.fixture
def call(mlleaks_):
    """Audit a forest with records in files; further options come from the test."""
    for name, seed in (("m.csv", 1), ("o.csv", 2), ("s.csv", 3)):
        rows(seed).to_csv(name, index=False)
    X = rows(1)
    joblib.dump(RandomForestClassifier(5, random_state=0).fit(X[list("abc")], X["label"]), "f.joblib")
    joblib.dump(LinearSVC().fit(X[list("abc")], X["label"]), "svc.joblib")

    def audit(*options, model="f.joblib"):
        where = ("--members", "m.csv", "--nonmembers", "o.csv", "--backend", "in-process")
        return mlleaks_("audit", model, "--trust-pickle", *where, *options)

    return audit


def stored(run="runs/f"):
    return json.loads((Path(run) / "result.json").read_text())


def test_reference_models_from_the_command_line(call):
    code, out, err = call("--shadows", "4", "--cache", "cache", "--shadow", "s.csv")
    assert (code, "Traceback" in err) == (0, False)
    assert "4 reference models" in out
    assert not {"lira", "combined", "rmia"} & stored()["skipped"].keys()
    assert stored()["provenance"]["settings"]["reference models"] == 4
    assert len(list(Path("cache").rglob("*.npy"))) == 6  # and the placebo's two


def test_the_plan_names_models_and_time(call):
    code, out, _ = call("--shadows", "16", "--cache", "cache", "--dry-run")
    assert code == 0
    assert "Models to train: 16" in out
    assert "combined" in out
    assert re.search(r"Time: (a few seconds|about \d+)", out)
    assert not Path("cache").exists()


def test_a_quick_audit_suggests_a_stronger_one(call):
    _, out, _ = call()
    assert "--shadows 64" in " ".join(out.split())


def test_offline_and_zero(call):
    code, _, _ = call(
        "--shadows", "4", "--offline", "--cache", "cache", "--shadow", "s.csv", "--out", "offline"
    )
    assert code == 0
    assert "lira" in stored("offline")["skipped"]
    assert "lira-offline" not in stored("offline")["skipped"]
    call("--shadows", "0", "--shadow", "s.csv", "--out", "zero")
    assert "--shadows 0" in stored("zero")["skipped"]["adversary-1"]


def test_options_of_training_are_refused_for_saved_posteriors(mlleaks_):
    code, _, err = mlleaks_("audit", "p.csv", "--shadows", "4")
    assert code == 2
    assert "--shadows" in err


def test_a_negative_number_is_refused(call):
    code, _, err = call("--shadows", "-1")
    assert code == 2
    assert "--shadows" in err


def test_label_only_queries_variants(call):
    code, _, err = call("--label-only", "--shadow", "s.csv")
    assert (code, err) == (0, "")
    run = {verdict["attack"] for verdict in stored()["verdicts"]}
    assert {"label-noise", "boundary-distance", "gap"} <= run
    assert stored()["provenance"]["settings"]["label_only"] is True


def test_a_model_without_posteriors_is_label_only(call):
    code, _, err = call("--shadow", "s.csv", "--shadows", "4", "--cache", "cache", model="svc.joblib")
    assert (code, "Traceback" in err) == (0, False)
    run = {verdict["attack"] for verdict in stored("runs/svc")["verdicts"]}
    assert {"label-noise", "boundary-distance", "combined"} <= run


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_audit_goes_on_where_it_was(call, number):
    """Whatever ends the run, no model whose answers were written is trained again."""
    log = Path("log.txt").resolve()
    Path("mine.py").write_text(TRAINER.format(log=str(log)))
    options = ["--members", "m.csv", "--nonmembers", "o.csv", "--trainer", "mine:train", "--shadows", "12"]
    where = ["--cache", "cache", "--jobs", "2", "--trust-pickle", "--overwrite"]
    command = [str(CONSOLE), "audit", "f.joblib", *options, *where]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 60
    while not list(Path("cache").rglob("*.npy")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(run.pid, number)
    err = run.communicate(timeout=60)[1].decode()
    time.sleep(1)  # workers of a killed parent end by themselves
    finished = len(list(Path("cache").rglob("*.npy")))
    assert 0 < finished < 12
    if number == signal.SIGINT:
        assert "finished work is kept" in err
    before = log.read_text().count("trained")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert len(list(Path("cache").rglob("*.npy"))) == 14  # and the placebo's two
    assert log.read_text().count("trained") - before == 14 - finished
    assert stored()["leading_attack"] is not None


def test_a_working_folder_that_was_removed_is_named(tmp_path):
    """Both ways to call the command: no traceback."""
    script = "mkdir gone && cd gone && rmdir ../gone && exec {} audit p.csv"
    for command in (f"{sys.executable} -m mlleaks", str(CONSOLE)):
        done = subprocess.run(
            ["bash", "-c", script.format(command)], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert "got a working folder that was removed" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_plan_of_a_label_only_audit_names_the_algorithm(call):
    _, out, _ = call("--label-only", "--shadow", "s.csv", "--dry-run")
    assert "Shadow model: RandomForestClassifier\n" in out


def test_too_many_models_are_refused_at_once(call):
    code, _, err = call("--shadows", "1000000", "--dry-run")
    assert code == 2
    assert "at most 10,000" in err
