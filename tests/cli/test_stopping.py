"""Commands that are stopped or killed: what they say, what they leave, and that nothing outlives them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlleaks.cli.exit_codes import ExitCode
from mlleaks.shadows import load_shadows
from mlleaks.storage.locks import only_run
from tests.cli.test_audit import saved

pytestmark = pytest.mark.usefixtures("empty_folder")

PATIENCE = 180
SHADOWS = ("shadows", "digits", "--trainer", "tree", "--jobs", "2", "--out", "here")
LAST_LINE = "stopped; finished work is kept; run the same command again to continue\n"


def until(holds):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def started(*arguments, **options):
    """Start the command with a folder of its own for temporary files, as a terminal would."""
    Path("tmp").mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "mlleaks", *map(str, arguments)],
        env=os.environ | {"TMPDIR": str(Path("tmp").absolute())},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )


def ended(run):
    """Wait for a process; return its exit code and what it wrote."""
    out, err = run.communicate(timeout=PATIENCE)
    return run.returncode, out, err


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def lives(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def in_training(models=5000):
    """Return a run that has finished a shadow and works at others, and the processes that it started."""
    run = started(*SHADOWS, "--models", models)
    until(lambda: list(Path("here").glob("*.npy")))
    workers = children(run.pid)
    assert len(workers) >= 2
    return run, workers


def left_of(*pids):
    return [f.name for pid in pids for f in Path("/dev/shm").glob(f"*[-_]{pid}[-_]*")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "to", "code"),
    [
        (signal.SIGTERM, os.kill, ExitCode.TERMINATED),
        (signal.SIGINT, os.killpg, ExitCode.INTERRUPTED),
        (signal.SIGTERM, os.killpg, ExitCode.TERMINATED),
        (signal.SIGHUP, os.killpg, ExitCode.HUNG_UP),
    ],
)
def test_a_signal_ends_a_run_in_order(number, to, code):
    run, workers = in_training()
    to(run.pid, number)
    ended_with, out, err = ended(run)
    assert (ended_with, out, "Traceback" in err) == (code, "", False)
    assert err.endswith(LAST_LINE)
    until(lambda: not any(map(lives, workers)))
    assert not list(Path("tmp").iterdir())
    assert not left_of(run.pid)
    files = {file.name: file.stat().st_mtime_ns for file in Path("here").glob("*.npy")}
    assert ended(started(*SHADOWS, "--models", len(files)))[0] == 0
    assert {name: (Path("here") / name).stat().st_mtime_ns for name in files} == files
    assert len(load_shadows("here")) == len(files)


@pytest.mark.slow
def test_nothing_outlives_a_killed_run_and_the_next_one_sweeps():
    run, workers = in_training()
    run.kill()
    assert ended(run)[0] == -signal.SIGKILL
    until(lambda: not any(map(lives, workers)))
    assert list(Path("tmp").iterdir())  # what a killed process leaves
    again = started(*SHADOWS, "--models", len(list(Path("here").glob("*.npy"))) + 2)
    assert ended(again)[0] == 0
    assert not list(Path("tmp").iterdir())
    assert not left_of(run.pid, again.pid)
    assert {file.suffix for file in Path("here").iterdir()} == {".npy", ".json"}


def test_every_command_sweeps_what_the_killed_left(mlleaks_, tmp_path, monkeypatch):
    code = "from mlleaks.storage.atomic import temporary_folder as folder; import os; folder(); "
    code += "os.kill(os.getpid(), 9)"
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert len(list(tmp_path.iterdir())) == 1
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert mlleaks_("datasets")[0] == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_shared_memory_is_swept_even_if_all_were_killed_together():
    run, workers = in_training()
    os.killpg(run.pid, signal.SIGKILL)
    assert ended(run)[0] == -signal.SIGKILL
    until(lambda: not any(map(lives, workers)))
    assert left_of(run.pid)
    again = started(*SHADOWS, "--models", len(list(Path("here").glob("*.npy"))) + 2)
    assert ended(again)[0] == 0
    assert not left_of(run.pid)


@pytest.mark.slow
def test_an_audit_that_is_stopped_has_written_nothing():
    Path("slow_target.py").write_text(
        "import pathlib, time\npathlib.Path('begun').touch()\ntime.sleep(600)\n"
    )
    Path("m.csv").write_text("a\n1\n")
    run = started(
        "audit", "slow_target:model", "--members", "m.csv", "--nonmembers", "m.csv", "--out", "a/b/run"
    )
    until(Path("begun").exists)
    assert Path("a/b/.run.lock").exists()
    run.terminate()
    assert ended(run) == (ExitCode.TERMINATED, "", "stopped; nothing was written\n")
    assert not Path("a").exists()


ENDLESS = """
import hashlib, sys, time
from mlleaks.cli import stopping
from mlleaks.errors import Stopped
stopping.GRACE = float(sys.argv[1])
with stopping.stoppable():
    try:
        print("ready", flush=True)
        {first}
    except Stopped:
        print("told", flush=True)
        time.sleep(600)
"""


def endless(first, grace):
    run = subprocess.Popen(
        [sys.executable, "-c", ENDLESS.format(first=first), str(grace)], stdout=subprocess.PIPE, text=True
    )
    assert run.stdout.readline() == "ready\n"
    return run


def test_a_second_signal_ends_at_once():
    run = endless("time.sleep(600)", grace=600)
    run.send_signal(signal.SIGINT)
    assert run.stdout.readline() == "told\n"
    time.sleep(1)  # two signals within a moment count as one
    run.send_signal(signal.SIGTERM)
    assert ended(run)[0] == ExitCode.INTERRUPTED


NETWORK = """
        from sklearn.neural_network import MLPClassifier
        MLPClassifier(max_iter=10**9, n_iter_no_change=10**9).fit([[0.0], [1.0]] * 50, [0, 1] * 50)
"""


@pytest.mark.slow
def test_a_network_in_training_is_stopped_and_not_taken_for_trained():
    run = endless(NETWORK, grace=600)
    time.sleep(5)  # until it trains; a signal before is heard as well
    run.terminate()
    assert run.stdout.readline() == "told\n"
    run.kill()
    assert ended(run)[0] == -signal.SIGKILL


@pytest.mark.parametrize(
    "first",
    [
        "hashlib.pbkdf2_hmac('sha256', b'', b'', 2**31 - 1)",  # one long call of C
        "\n        while True:\n            try: time.sleep(600)\n            except BaseException: pass",
    ],
)
def test_code_that_does_not_hear_a_signal_is_ended(first):
    run = endless(first, grace=1)
    run.terminate()
    assert ended(run)[0] == ExitCode.TERMINATED


def test_signals_that_the_caller_ignores_stay_ignored():
    run = subprocess.Popen(
        ["nohup", sys.executable, "-c", ENDLESS.format(first="time.sleep(600)"), "600"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert run.stdout.readline() == "ready\n"
    run.send_signal(signal.SIGHUP)
    run.send_signal(signal.SIGTERM)
    assert run.stdout.readline() == "told\n"
    run.kill()
    assert ended(run)[0] == -signal.SIGKILL


DEFEND = ("defend", "digits", "--trainer", "tree", "--defenses", "label-only", "--out", "here")


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        (("audit", "p.csv", "--out", "here"), "here"),
        (("demo", "--out", "here"), "here"),
        (DEFEND, "here/comparison.html"),
        (
            ("reproduce", "overfitting", "--datasets", "digits", "--scale", "smoke", "--out", "here"),
            "here/reproduction.html",
        ),
    ],
)
def test_a_second_run_on_a_folder_is_refused_at_its_start(mlleaks_, arguments, written):
    saved("p.csv")
    with only_run(Path(written)):
        code, out, err = mlleaks_(*arguments)
    assert (code, out) == (ExitCode.BAD_INPUT, "")
    assert err.startswith(f"error: got another run that is writing {written}; expected one at a time.")
    assert sorted(file.name for file in Path().iterdir()) == ["p.csv"]


def test_a_dead_process_holds_no_folder(mlleaks_):
    saved("p.csv")
    dies = "import os, pathlib\nfrom mlleaks.storage.locks import only_run\n"
    dies += "with only_run(pathlib.Path('here')): os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", dies], check=False).returncode == -signal.SIGKILL
    assert Path(".here.lock").exists()
    assert mlleaks_("audit", "p.csv", "--out", "here")[0] == 0
    assert sorted(file.name for file in Path().iterdir()) == ["here", "p.csv"]


@pytest.mark.slow
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_that_has_left_ends_a_command_with_its_own_code(stream):
    saved("p.csv")
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "mlleaks", "audit", "p.csv"]
    command += [] if stream == "stdout" else ["--fail-if", "leaks"]
    other = "stderr" if stream == "stdout" else "stdout"
    done = subprocess.run(command, **{stream: writer, other: subprocess.PIPE}, text=True, check=False)
    os.close(writer)
    assert done.returncode == ExitCode.READER_GONE
    assert "Traceback" not in getattr(done, other)
    assert "ignored" not in getattr(done, other)
    assert {file.name for file in Path("runs/p").iterdir()} == {"result.json", "arrays.npz", "report.html"}


def test_a_signal_before_the_command_begins_is_no_traceback():
    early = "import os, time, mlleaks.cli as cli"
    early += "; cli.app = lambda: [os.kill(os.getpid(), 15), time.sleep(9)]; cli.main()"
    run = subprocess.run([sys.executable, "-c", early], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (ExitCode.TERMINATED, "stopped\n")
