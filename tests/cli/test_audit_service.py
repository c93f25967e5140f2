"""``mlleaks audit`` of an address: the report of the model behind it, whatever happens on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from mlleaks.serving import running
from tests.targets.http.faults import faulty
from tests.targets.http.scripted import Answer, scripted

pytest.importorskip("httpx", reason="the extra services is not installed")
pytestmark = pytest.mark.usefixtures("empty_folder")

CONSOLE = Path(sys.executable).with_name("mlleaks")
FILES = ("--members", "m.npz", "--nonmembers", "n.npz", "--label", "y", "--shadows", "0")


@pytest.fixture
def model():
    """A model, and its records as files."""
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    X, y = X[order], y[order]
    for name, rows in (("m", slice(0, 400)), ("n", slice(400, 800))):
        np.savez(f"{name}.npz", X=X[rows] / 16, y=y[rows])
    model = LogisticRegression(max_iter=200).fit(X[:400] / 16, y[:400])
    skops.io.dump(model, "model.skops")
    return model


def verdicts(out):
    return json.loads(Path(out, "result.json").read_text())["verdicts"]


def counts(out):
    return json.loads(Path(out, "result.json").read_text())["provenance"]["queries"]


def test_the_report_is_that_of_the_model_behind_it(mlleaks_, model):
    assert mlleaks_("audit", "model.skops", *FILES, "--out", "here")[0] == 0
    with running(model, name="digits") as url:
        address = f"{url}/v2/models/digits"
        code, out, _ = mlleaks_("audit", address, *FILES, "--cache", "cache", "--out", "there")
        assert code == 0
        assert "leaks" in out
        assert mlleaks_("audit", address, *FILES, "--cache", "cache", "--out", "again")[0] == 0
    assert verdicts("there") == verdicts("here") == verdicts("again")
    assert (
        counts("again")["service"]["sent"] == 2 + 25 + 20
    )  # the protocol, whether the model is the same, the last look
    assert counts("again")["service"]["cached"] >= counts("there")["service"]["sent"] - 25 - 20


def test_a_dry_run_says_how_many_queries_each_attack_takes(mlleaks_, model):
    with running(model, name="digits") as url:
        code, out, _ = mlleaks_(
            *("audit", f"{url}/v2/models/digits", *FILES, "--cache", "cache", "--dry-run"),
            *("--price", 0.01, "--budget-cost", 6),
        )
    assert code == 0
    [line] = [line for line in out.splitlines() if line.startswith("Queries to send")]
    assert 300 < int(line.split()[3].replace(",", "")) <= 600
    [gap] = [line for line in out.splitlines() if line.startswith("gap ")]
    assert int(gap.split()[-1].replace(",", "")) <= 600


def test_a_budget_of_a_service_is_kept(mlleaks_, model):
    with running(model, name="digits") as url:
        arguments = ("audit", f"{url}/v2/models/digits", *FILES, "--cache", "cache")
        assert mlleaks_(*arguments, "--max-queries", 300)[0] == 0
        assert 200 < infer_count(url) <= 300


def infer_count(url):
    with urlopen(f"{url}/v2/models/digits/stats") as answered:
        [stats] = json.loads(answered.read())["model_stats"]
    return stats["inference_count"]


class Slow:
    """A model that takes its time."""

    def __init__(self, model):
        self.model, self.classes_ = model, model.classes_

    def predict_proba(self, X):
        time.sleep(0.0005 * len(X))
        return self.model.predict_proba(X)


@pytest.mark.slow
def test_after_a_kill_no_stored_answer_is_paid_for_again(mlleaks_, model):
    assert mlleaks_("audit", "model.skops", *FILES, "--out", "here")[0] == 0
    with running(Slow(model), name="digits") as url:
        arguments = ("audit", f"{url}/v2/models/digits", *FILES, "--cache", "cache", "--out", "there")
        batch = ("--batch", "20", "--concurrency", "2")
        run = subprocess.Popen([CONSOLE, *arguments, *batch], stdout=subprocess.DEVNULL)
        while infer_count(url) < 1000:
            time.sleep(0.005)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        time.sleep(0.2)
        before = infer_count(url)
        assert mlleaks_(*arguments, *batch)[0] == 0
        service = counts("there")["service"]
        total = infer_count(url)
    assert verdicts("there") == verdicts("here")
    assert before >= 1000
    assert total == before + service["sent"]
    single = counts("there")["total"] + 2 * 2 + 25  # the plan; how it answers, in the second run again
    assert total - single <= 2 * 20  # what was on its way when the kill came


@pytest.mark.slow
def test_a_service_that_fails_a_fifth_of_the_time_gets_the_same_verdict(mlleaks_, model):
    with running(model, name="digits") as url, faulty(url, 0.2) as proxy:
        address = f"{proxy.url}/v2/models/digits"
        assert mlleaks_("audit", "model.skops", *FILES, "--out", "here")[0] == 0
        code, _, err = mlleaks_("audit", address, *FILES, "--cache", "cache", "--out", "there", "--batch", 50)
        assert code == 0, err
    assert verdicts("there") == verdicts("here")
    assert counts("there")["service"]["retried"] > 3


def test_a_service_that_wants_named_columns_gets_them(mlleaks_):
    rng = np.random.default_rng(0)
    for name in ("m", "n"):
        table = pd.DataFrame(rng.normal(size=(80, 3)), columns=["age", "height", "weight"])
        table.assign(label=rng.integers(2, size=80)).to_csv(f"{name}.csv", index=False)
    train = pd.read_csv("m.csv")
    model = LogisticRegression().fit(train[["age", "height", "weight"]], train["label"])

    class Strict:
        classes_, feature_names_in_ = model.classes_, model.feature_names_in_

        def predict_proba(self, X):
            return model.predict_proba(X[["age", "height", "weight"]])

    with running(Strict(), name="strict") as url:
        sides = ("--members", "m.csv", "--nonmembers", "n.csv", "--shadows", "0")
        code, _, err = mlleaks_("audit", f"{url}/v2/models/strict", *sides, "--cache", "cache", "--out", "r")
    assert code in (0, 5), err
    assert len(json.loads(Path("r", "result.json").read_text())["verdicts"]) > 3


@pytest.mark.slow
def test_any_json_service_by_a_template(mlleaks_, model):
    def answer(path, body):
        p = model.predict_proba([body["features"]])[0]
        return Answer({"result": {"scores": p.tolist()}} if path == "/score" else {"hello": 1})

    Path("request.json").write_text('{"user": "audit", "features": "$row"}')
    with scripted(answer) as script:
        code, _, err = mlleaks_(
            *("audit", script.url + "/score", *FILES, "--cache", "cache", "--out", "there"),
            *("--template", "request.json", "--output", "$.result.scores[*]"),
        )
    assert code == 0, err
    assert mlleaks_("audit", "model.skops", *FILES, "--out", "here")[0] == 0
    for there, here in zip(verdicts("there"), verdicts("here"), strict=True):  # one record at a time rounds
        for name, estimate in here["estimates"].items():
            assert there["estimates"][name]["value"] == pytest.approx(estimate["value"], abs=0.005)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("http://127.0.0.1:1/v2/models/m", "--protocol", "open-inference"), "no connection"),
        (("http://127.0.0.1:1/x", "--protocol", "gopher"), "the protocol 'gopher'"),
        (("http://127.0.0.1:1/x", "--budget-cost", 5), "--budget-cost without --price"),
        (("http://127.0.0.1:1/x", "--auth", "bearer:NO_SUCH_VARIABLE"), "no environment variable NO_SUCH"),
        (
            ("http://127.0.0.1:1/x", "--auth", "secret-token"),
            "an authentication of another form",
        ),
        (("http://127.0.0.1:1/x", "--header", "X-Key"), "the header 'X-Key' without a value"),
        (("http://127.0.0.1:1/x", "--ca", "none.pem"), "no file none.pem"),
        (("http://127.0.0.1:1/x", "--rate", 0), "a rate of 0"),
        (("http://127.0.0.1:1/x", "--batch", 0), "a batch of 0"),
        (("model.skops", "--rate", 5), "--rate together with model.skops"),
    ],
)
def test_bad_input_is_explained(mlleaks_, model, arguments, message):
    import re

    code, out, err = mlleaks_("audit", *arguments, *FILES, "--cache", "cache")
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert re.search(message, err.replace("\n", " ")), err
    assert "secret-token" not in err
    assert not Path("runs").exists()
