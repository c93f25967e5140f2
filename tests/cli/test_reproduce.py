"""``mlleaks reproduce`` as people call it: bad input, missing data, two at once, one that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlleaks.datasets import files
from tests.synthetic import tar_gz

pytestmark = pytest.mark.usefixtures("empty_folder")

CONSOLE = Path(sys.executable).with_name("mlleaks")
SMOKE = ("--scale", "smoke", "--backend", "in-process", "--store", "store")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Nothing is at hand but what lies in this folder, and nothing can be downloaded."""
    monkeypatch.setattr(files, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setenv(files.FOLDER_VARIABLE, str(tmp_path / "data"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("figure-1",), "the study 'figure-1'; expected one of first-adversary, overfitting, "),
        (("epochs", "--datasets", "mnits"), "the data set 'mnits'; expected one of adult, "),
        (("epochs", "--scale", "large"), "the scale 'large'; expected one of smoke, full"),
        (("epochs", "--backend", "moon"), "the backend 'moon'; expected one of processes, in-process, ray"),
        (("epochs", "--device", "moon"), "the device 'moon'"),
        (("epochs", "--seeds", "0"), "Invalid value for '--seeds'"),
        (("epochs", "--datasets", " ,"), "no name in --datasets; expected one or more"),
        (("epochs", "--out", "/dev/null/x"), "got /dev/null/x, which cannot be written (Not a directory)"),
    ],
)
def test_bad_input_is_explained(mlleaks_, arguments, message):
    code, out, err = mlleaks_("reproduce", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert not list(Path().iterdir())


def test_the_studies_are_listed(mlleaks_):
    code, out, _ = mlleaks_("reproduce", "--list")
    assert code == 0
    lines = out.splitlines()
    assert len(lines) >= 15
    assert lines[0].startswith("first-adversary  One shadow model instead of ten")


def test_without_any_data_it_says_where_they_are_had(mlleaks_, folder):
    code, out, err = mlleaks_("reproduce", "epochs", *SMOKE, "--datasets", "location")
    assert (code, out) == (2, "")
    assert "none of location" in err
    assert "https://github.com/privacytrustlab/datasets/raw/master/dataset_location.tgz" in err
    assert "set MLLEAKS_DATA to a folder that holds location/dataset_location.tgz" in err
    assert not Path("runs").exists()


def skipped(mlleaks_, name):
    """The run is finished without one data set, on the terminal and on the page; return why."""
    arguments = ("training-free", *SMOKE, "--datasets", name, "--datasets", "digits", "--out", "out")
    code, out, err = mlleaks_("reproduce", *arguments)
    assert code == 4
    assert "Traceback" not in err
    output = " ".join(out.split())
    assert f"skipped: {name} (got " in output
    assert (
        "training-free: By its interval, the AUC of the largest posterior is above 0.75 on 0 of 1" in output
    )
    page, text = (Path("out", f"reproduction.{ending}").read_text() for ending in ("html", "md"))
    assert f"<b>{name}</b>: got " in page
    assert f"**{name}** is skipped: got " in text
    assert {line.split(",")[0] for line in Path("out/training-free.csv").read_text().splitlines()[1:]} == {
        "digits"
    }
    return output


def test_data_that_are_missing_are_skipped(mlleaks_, folder):
    assert "while downloading https://" in skipped(mlleaks_, "purchase-2")


@pytest.mark.slow
def test_data_of_another_checksum_are_skipped(mlleaks_, folder):
    (folder / "location").mkdir(parents=True)
    (folder / "location" / "dataset_location.tgz").write_bytes(tar_gz({"bangkok": b"1,0"}))
    output = skipped(mlleaks_, "location")
    assert "with SHA-256" in output
    assert "expected 927203f8" in output


def test_data_that_turn_out_damaged_are_skipped(mlleaks_, folder):
    """Purchase has no checksum: what is wrong with it is only seen when it is read, during the run."""
    (folder / "purchase").mkdir(parents=True)
    whole = tar_gz({"dataset_purchase": os.urandom(5000)})
    (folder / "purchase" / "dataset_purchase.tgz").write_bytes(whole[: len(whole) // 2])
    assert "dataset_purchase.tgz that cannot be unpacked" in skipped(mlleaks_, "purchase-100")


def test_only_damaged_data_are_an_error(mlleaks_, folder):
    (folder / "purchase").mkdir(parents=True)
    (folder / "purchase" / "dataset_purchase").write_text("no bits")
    code, _, err = mlleaks_("reproduce", "epochs", *SMOKE, "--datasets", "purchase-10")
    assert code == 2
    assert "none of purchase-10 (got " in err
    assert "Traceback" not in err


def test_more_seeds_add_runs(mlleaks_):
    arguments = ("training-free", *SMOKE, "--datasets", "digits", "--out", "out")
    assert mlleaks_("reproduce", *arguments)[0] == 0
    first = Path("out/training-free.csv").read_text().splitlines()
    assert mlleaks_("reproduce", *arguments, "--seeds", 3)[0] == 0
    more = Path("out/training-free.csv").read_text().splitlines()
    assert more[: len(first)] == first
    assert len(list(Path("store", "rows").iterdir())) == 3  # the first seed's were not measured again
    assert len(more) - 1 == 3 * (len(first) - 1)
    assert "over seeds, 3 to 3 seeds" in Path("out/reproduction.html").read_text()


def arguments(out, store="store"):
    """Enough trainings for a while."""
    studies = ("first-adversary", "hyperparameters", "schedules", "--datasets", "digits")
    return "reproduce", *studies, *SMOKE[:-1], store, "--out", out


def started(out):
    """Start the run in a process of its own."""
    command = [str(CONSOLE), *arguments(out)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def tables(out):
    return {file.name: file.read_text() for file in Path(out).glob("*.csv")}


def models(store="store"):
    return {file.name: file.stat().st_mtime_ns for file in Path(store, "models").glob("*.npy")}


@pytest.mark.slow
def test_two_runs_at_once_share_the_work(tmp_path):
    runs = [started("a"), started("b")]
    for run in runs:
        output, _ = run.communicate(timeout=300)
        assert run.returncode == 0, output
    assert len(tables("a")) == 3 + 1  # the studies, and the evidence of all
    assert tables("a") == tables("b")
    assert not [file for file in Path("a").iterdir() if file.name[0] == "."]
    keys = [name.partition("-")[0] for name in models()]
    # target, three shadows; eight other shadows; two targets and shadows of which one pair is known
    assert len(keys) == len(set(keys)) == 4 + 8 + 2


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_stopped(mlleaks_, tmp_path):
    run = started("a")
    deadline = time.monotonic() + 120
    while (not Path("store/models").exists() or len(models()) < 6) and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    assert run.returncode == -signal.SIGKILL
    before = models()
    assert 6 <= len(before) < 14
    assert not tables("a")
    assert mlleaks_(*arguments("a"))[0] == 0
    after = models()
    assert {name: after[name] for name in before} == before
    assert len(after) == 14
    assert mlleaks_(*arguments("b", store="other"))[0] == 0
    assert tables("a") == tables("b")
