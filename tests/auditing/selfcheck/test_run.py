"""The whole self-check: all parts in a table, and what it says of a broken package."""

from __future__ import annotations

import subprocess
import sys

import pytest

import mlleaks
from mlleaks.attacks import REGISTRY
from mlleaks.auditing.selfcheck import run
from mlleaks.auditing.selfcheck.check import ERROR, Check, unchecked


@pytest.mark.slow
def test_this_installation_is_right_and_every_attack_was_checked():
    check = mlleaks.selfcheck()
    assert check.passed, check
    assert check.unchecked == ()
    assert {c.name for c in check.checks if c.part == "attack"} == set(REGISTRY)
    assert {c.part for c in check.checks} == set(run.PARTS)
    assert len(check.checks) * ERROR < 1e-4
    assert len(check.to_frame()) == len(check.checks)


WITHOUT = """
import socket, sys

class Missing:
    def find_spec(name, path, target=None):
        if name.partition(".")[0] in ("torch", "pyarrow", "onnxruntime", "skops", "ray", "opacus"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

def connect(*_):
    raise OSError("no network")

sys.meta_path.insert(0, Missing)
socket.socket.connect = connect
import mlleaks
check = mlleaks.selfcheck(["attack", "audit"])
print(check.passed, check.unchecked)
"""


@pytest.mark.slow
def test_it_needs_no_extra_no_file_and_no_network(tmp_path):
    command = [sys.executable, "-c", WITHOUT]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == "True ()"
    assert list(tmp_path.iterdir()) == []


def test_what_failed_and_what_was_not_checked_is_said(monkeypatch):
    wrong = Check("naming", "list", "a leak", "0.1", "0.9", "FAILED")
    monkeypatch.setitem(run.PARTS, "naming", lambda: [wrong, unchecked("attack", "net", "needs torch")])
    check = run.selfcheck(["naming"])
    assert (check.passed, check.failed, check.unchecked[0].name) == (False, (wrong,), "net")
    assert repr(check).startswith("SelfCheck: 1 checks: 1 FAILED, 1 not checked, in 0 s.\n  naming list: exp")


def test_the_same_checks_come_out_the_same():
    first, again = (run.selfcheck(["naming"]).checks for _ in range(2))
    assert first == again


def test_an_unknown_part_is_refused():
    with pytest.raises(mlleaks.InputError, match="the part 'charm'; expected some of attack, interval"):
        run.selfcheck(["charm"])
