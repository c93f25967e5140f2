"""Files that are there whole or not at all, and folders that are looked at before long work."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import mlleaks
from mlleaks.storage.atomic import cache_folder, owner, require_writable, sweep, temporary_folder, write_bytes
from tests.system_commands import WITH_OWN_PROCESS_NUMBERS

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
    return f".{name}{owner().removesuffix(str(os.getpid()))}{pid}"


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


@pytest.mark.skipif(not Path("/proc/self/ns/pid").exists(), reason="Linux numbers processes by namespace")
def test_another_container_of_the_same_name_is_another_system():
    code = "from mlleaks.storage.atomic import owner; print(owner())"
    command = [sys.executable, "-c", code]
    apart = [*WITH_OWN_PROCESS_NUMBERS, *command]
    here, there = (subprocess.run(c, capture_output=True, text=True, check=False) for c in (command, apart))
    if there.returncode:
        pytest.skip("no right to make a namespace")
    assert here.stdout.split(".")[1] == owner().split(".")[1] != there.stdout.split(".")[1]


def test_threads_may_write_the_same_file(tmp_path):
    content = [bytes([i]) * 10**5 for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: write_bytes(tmp_path / "file", each), content * 5))
    assert (tmp_path / "file").read_bytes() in content
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_link_in_the_place_of_a_temporary_file_is_not_followed(tmp_path, monkeypatch):
    (tmp_path / "other").write_bytes(b"other")
    (tmp_path / "planted").symlink_to("other")
    monkeypatch.setattr("mlleaks.storage.atomic.temporary_path", lambda _: tmp_path / "planted")
    with pytest.raises(mlleaks.InputError, match="File exists"):
        write_bytes(tmp_path / "file", b"new")
    assert (tmp_path / "other").read_bytes() == b"other"


MAKES = "from mlleaks.storage.atomic import temporary_folder as t; import os; (t() / 'file').touch(); "


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
