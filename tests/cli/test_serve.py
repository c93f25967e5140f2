"""``mlleaks serve``: the real command in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

import mlleaks
from mlleaks.cli.exit_codes import ExitCode
from mlleaks.cli.serve import _is_loopback, _name, _version
from mlleaks.defenses import LabelOnly, Rounded, TopK, mask_model
from mlleaks.models import SklearnTrainer
from mlleaks.types import Dataset

pytestmark = pytest.mark.usefixtures("empty_folder")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
MODEL = LogisticRegression().fit(X, np.arange(60) % 3)
INPUTS = [{"name": "x", "datatype": "FP64", "shape": list(X.shape), "data": X.ravel().tolist()}]
KEY = "4242-secret-4242"


@contextmanager
def served(*arguments, **environment):
    """Yield the process, the model's URL and the line on masks, once printed; end the process afterwards."""
    run = subprocess.Popen(
        [sys.executable, "-m", "mlleaks", "serve", *map(str, arguments), "--port", "0"],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        first = run.stdout.readline()
        assert first, run.stderr.read()
        url = re.fullmatch(r"Serving (http://127\.0\.0\.1:\d+/v2/models/[\w.-]+)\n", first)[1]
        yield run, url, run.stdout.readline()
    finally:
        run.kill()
        run.communicate()


def posteriors(url, **options):
    [output] = (
        httpx.post(f"{url}/infer", json={"inputs": INPUTS}, **options).raise_for_status().json()["outputs"]
    )
    return np.reshape(output["data"], output["shape"])


def test_a_file_is_served_behind_its_masks_until_a_signal():
    data = Dataset("made", X, np.arange(60) % 3, 3)
    trained = SklearnTrainer(LogisticRegression())(data, RNG)
    mlleaks.save_model(mask_model(trained, TopK(2)), "defended.mlleaks")
    with served("defended.mlleaks", "--mask", "top-1", "--mask", "rounding-2") as (run, url, line):
        assert url.endswith("/v2/models/defended")
        expected = mask_model(mask_model(mask_model(trained, TopK(2)), TopK(1)), Rounded(2)).predict_proba(X)
        np.testing.assert_array_equal(posteriors(url), expected)
        began = time.monotonic()
        run.send_signal(signal.SIGTERM)
        _, err = run.communicate(timeout=60)
        assert time.monotonic() - began < 10
    assert (run.returncode, err) == (ExitCode.TERMINATED, "stopped; the server has ended\n")
    assert line == "Masks: top-1, rounding-2. Stop with Ctrl-C.\n"


def test_a_key_comes_from_the_environment_and_is_never_printed():
    skops.io.dump(MODEL, "model.skops")
    options = ("--api-key-env", "SERVE_KEY", "--name", "mine", "--version", "7")
    with served("model.skops", *options, SERVE_KEY=KEY) as (run, url, line):
        assert url.endswith("/v2/models/mine")
        header = {"Authorization": f"Bearer {KEY}"}
        assert (
            httpx.get(url).status_code
            == httpx.get(url, headers={"Authorization": "Bearer x"}).status_code
            == 401
        )
        assert httpx.get(url, headers=header).json()["versions"] == ["7"]
        np.testing.assert_array_equal(posteriors(url, headers=header), MODEL.predict_proba(X))
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
    assert run.returncode == ExitCode.INTERRUPTED
    assert KEY not in line + out + err


def test_an_attribute_whose_model_hangs_ends_in_time():
    Path("own_slow.py").write_text(
        "import time\nclass Slow:\n    def predict_proba(self, X):\n        time.sleep(600)\nmodel = Slow()\n"
    )
    with served("own_slow:model") as (run, url, _):
        with pytest.raises(httpx.ReadTimeout):
            posteriors(url, timeout=1)
        run.send_signal(signal.SIGTERM)
        assert run.wait(60) == ExitCode.TERMINATED


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no.skops",), "got no file no.skops"),
        (("model.skops", "--mask", "blur"), "got the mask 'blur'; expected one of top-K"),
        (("model.skops", "--mask", "top-0"), "got the 0 largest posteriors"),
        (("model.skops", "--mask", ","), "got no name in --mask"),
        (("model.skops", "--name", "a/b"), "got the name 'a/b' of a model"),
        (("model.skops", "--version", ""), "got the version '' of a model"),
        (
            ("model.skops", "--api-key-env", "SERVE_NO_KEY"),
            "got no key in the environment variable SERVE_NO_KEY",
        ),
        (
            ("model.skops", "--host", "203.0.113.1", "--port", "0"),
            "got the address 203.0.113.1, port 0, which cannot",
        ),
        (("model.pkl",), "got the pickle model.pkl, which can run any code"),
    ],
)
def test_bad_input_is_refused_in_one_line(mlleaks_, arguments, message):
    skops.io.dump(MODEL, "model.skops")
    Path("model.pkl").touch()
    code, out, err = mlleaks_("serve", *arguments)
    assert (code, out) == (ExitCode.BAD_INPUT, "")
    assert err.startswith(f"error: {message}")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
    ],
)
def test_what_only_this_machine_can_reach(host, loopback):
    assert _is_loopback(host) is loopback


def test_another_address_prints_a_warning(mlleaks_, monkeypatch):
    skops.io.dump(MODEL, "model.skops")
    monkeypatch.setattr("mlleaks.serving.run.Listening.wait", lambda _: None)
    code, out, err = mlleaks_("serve", "model.skops", "--host", "0.0.0.0", "--port", "0")
    assert (code, out.startswith("Serving http://0.0.0.0:")) == (0, True)
    assert err.startswith("warning: other machines may reach 0.0.0.0; they can query the model without a key")
    assert mlleaks_("serve", "model.skops", "--port", "0")[2] == ""


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("runs/demo/model.mlleaks", "model"),
        ("my.models:forest", "forest"),
        ("two words.skops", "two-words"),
        ("_hidden.skops", "hidden"),
        ("ü.onnx", "model"),
    ],
)
def test_a_name_for_urls(spec, name):
    assert _name(spec) == name


def test_a_version_changes_with_the_file_and_the_masks():
    Path("a.skops").write_bytes(b"a")
    Path("b.skops").write_bytes(b"b")
    versions = {
        *(_version("a.skops", masks) for masks in ([], [TopK(1)], [TopK(2)], [LabelOnly()])),
        _version("b.skops", []),
        _version("m:a", []),
        _version("m:a", []),  # the module may have changed
    }
    assert len(versions) == 7
    assert _version("a.skops", [TopK(1)]) == _version("a.skops", [TopK(1)])
