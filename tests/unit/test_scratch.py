"""Files that are there whole or not at all, and folders that are looked at before long work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import mlleaks
from mlleaks.scratch import cache_folder, owner, require_writable, sweep, temporary_folder

DEAD = "4999999"  # above the largest number that Linux gives to a process


def test_a_folder_that_can_be_made_is_not_made_yet(tmp_path):
    require_writable(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_below_a_file_there_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(mlleaks.InputError, match=r"file/out, which cannot be written \(Not a directory"):
        require_writable(tmp_path / "file" / "out")


def by(pid, name):
    """Return the name of what another process of this machine was making."""
    return f".{name}{owner().replace(str(os.getpid()), str(pid))}"


def test_what_the_dead_left_is_swept_and_nothing_else(tmp_path):
    (tmp_path / by(DEAD, "run.a1b2") / "new").mkdir(parents=True)
    (tmp_path / by(DEAD, "run.csv")).touch()
    (tmp_path / by(DEAD, "run.link")).symlink_to(tmp_path)
    stay = [by(os.getpid(), "run.c"), by(1, "run.d"), f".run.elsewhere.{DEAD}", by(DEAD, "other"), "run.e"]
    for name in stay:
        (tmp_path / name).touch()
    assert sweep(tmp_path, "run.") == [int(DEAD)] * 3
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(stay)
    sweep(tmp_path)
    assert by(DEAD, "other") not in {path.name for path in tmp_path.iterdir()}


MAKES = "from mlleaks.scratch import temporary_folder as t; import os; (t() / 'file').touch(); "


def test_temporary_files_go_with_their_process_or_with_the_next(tmp_path):
    def process(code):
        environment = os.environ | {"TMPDIR": str(tmp_path)}
        return subprocess.run([sys.executable, "-c", MAKES + code], env=environment, check=False).returncode

    assert process("assert t() == t()") == 0
    assert not list(tmp_path.iterdir())
    assert process("os.kill(os.getpid(), 9)") == -9
    [left] = tmp_path.iterdir()
    pid = left.name.rpartition(".")[2]
    semaphore = Path(f"/dev/shm/sem.loky-{pid}-test")
    semaphore.touch()
    assert process("pass") == 0
    assert not list(tmp_path.iterdir())
    assert not semaphore.exists()


def test_without_a_home_the_cache_lasts_as_long_as_the_process(monkeypatch):
    def homeless(_):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pooch.os_cache", homeless)
    assert cache_folder().parent == temporary_folder()


def test_a_fork_leaves_the_folder_to_its_parent(tmp_path):
    fork = "os.fork() or sys.exit()\nos.wait(); assert (t() / 'file').exists()"
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", f"import sys; {MAKES}\n{fork}"], env=environment, check=True)
    assert not list(tmp_path.iterdir())
