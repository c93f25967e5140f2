"""Processes that tests start are waited for, and end with all their children."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.services.asking import ask
from tests.services.running import SERVICES, free_port, process, running, wait_until_ready

CHILD = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {child!r}], start_new_session={session})
open("child", "w").write(str(child.pid))
time.sleep(600)
"""
SERVER = """
import sys
from http.server import HTTPServer, SimpleHTTPRequestHandler
HTTPServer(("127.0.0.1", int(sys.argv[1])), SimpleHTTPRequestHandler).serve_forever()
"""


def ended(pid):
    """Return whether a process is gone, or only waits for its parent to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="/proc says which processes run")
@pytest.mark.parametrize("session", [False, True])
def test_a_child_that_ignores_the_first_signal_ends_too(tmp_path, session):
    with process([sys.executable, "-c", PARENT.format(child=CHILD, session=session)], tmp_path):
        while not (tmp_path / "log.txt").read_text():
            time.sleep(0.05)
        child = int((tmp_path / "child").read_text())
        assert not ended(child)
    assert ended(child)


def test_a_server_is_waited_for(tmp_path):
    port = free_port()
    with process([sys.executable, "-c", SERVER, str(port)], tmp_path) as started:
        wait_until_ready(started, f"http://127.0.0.1:{port}/log.txt", tmp_path / "log.txt")
        assert ask(f"http://127.0.0.1:{port}/log.txt").status == 200
    assert started.returncode is not None


def test_a_process_that_ends_at_once_shows_its_log(tmp_path):
    command = [sys.executable, "-c", "import sys; sys.exit('no such model')"]
    with (
        process(command, tmp_path) as started,
        pytest.raises(RuntimeError, match=r"ended with code 1; its log ends with:\nno such model"),
    ):
        wait_until_ready(started, "http://127.0.0.1:9/", tmp_path / "log.txt")


def test_a_service_that_is_not_installed_says_what_installs_it(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.services.running.ENVIRONMENTS", tmp_path)
    with (
        pytest.raises(FileNotFoundError, match="kserve-v1: no environment .* `make services`"),
        running("kserve-v1", tmp_path, tmp_path / "run"),
    ):
        pass


def test_each_service_has_a_script_and_requirements():
    folder = Path(__file__).parent
    for spec in SERVICES.values():
        assert (folder / spec.command[0]).is_file()
        assert (folder / f"requirements-{spec.environment}.txt").is_file()


def test_secrets_of_the_caller_do_not_reach_a_service(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_SECRET", "hidden")
    with process([sys.executable, "-c", "import os; print(*os.environ)"], tmp_path) as started:
        started.wait(30)
    names = (tmp_path / "log.txt").read_text().split()
    assert "SOME_SECRET" not in names
    assert "DO_NOT_TRACK" in names
