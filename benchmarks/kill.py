"""Kill long commands at random moments, and see what they leave and whether the next run finds the same.

python benchmarks/kill.py               # all commands, five times each; about half an hour on two cores
python benchmarks/kill.py shadows       # one of them
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from machine import RESULTS, family, write
from sklearn.datasets import load_digits

SHARED = Path("/dev/shm")
REPETITIONS, SEED = 5, 0
SETTLED = 5.0
"""Seconds after which nothing that the command started may live."""
LONGEST = 300.0
SIGNALS = (signal.SIGKILL, signal.SIGTERM)


@dataclass(frozen=True)
class Command:
    """A long command that writes to ``out``, and the numbers that it finds there."""

    arguments: str
    numbers: Callable[[Path], Any]


def _verdicts(out: Path) -> Any:
    result = json.loads((out / "result.json").read_text())
    return result["verdicts"], result["target"]


def _names(out: Path) -> Any:
    """Return the names of all answers: they hold the checksum."""
    return sorted(file.name for file in out.glob("*.npy"))


def _table(name: str) -> Callable[[Path], str]:
    return lambda out: (out / name).read_text()


COMMANDS = {
    "audit": Command(
        "audit target:train --members m.npz --nonmembers o.npz --shadow s.npz --overwrite", _verdicts
    ),
    "references": Command(
        "audit target:train --members m.npz --nonmembers o.npz --shadow s.npz --overwrite --shadows 32 "
        "--jobs 2 --cache cache",
        _verdicts,
    ),
    "shadows": Command("shadows digits --models 12 --trainer forest --jobs 2", _names),
    "defend": Command(
        "defend digits --trainer forest --defenses label-only --seeds 1 --jobs 2", _table("comparison.csv")
    ),
    "reproduce": Command(
        "reproduce overfitting --scale smoke --datasets digits --store store", _table("overfitting.csv")
    ),
}
TARGET = """
import numpy as np
from sklearn.ensemble import RandomForestClassifier

def train():
    with np.load("m.npz") as rows:
        return RandomForestClassifier(random_state=0).fit(rows["X"], rows["y"])
"""


def killed(name: str, number: signal.Signals, after: float, expected: Any) -> dict[str, Any]:
    """Return what a command leaves that gets a signal, and what the next run makes of it."""
    command = COMMANDS[name]
    with _workplace() as place:
        run = _started(command, place)
        time.sleep(after)
        started = family(run.pid)
        early = run.poll() is not None
        run.send_signal(number)
        signalled = time.monotonic()
        code = run.wait(LONGEST)
        took = time.monotonic() - signalled
        time.sleep(SETTLED)
        alive = [pid for pid in started if _lives(pid)]
        again = _started(command, place)
        finished = again.wait(LONGEST) == 0
        own = (str(pid) for pid in (*started, again.pid))
        return {
            "after_s": round(after, 2),
            "had_ended": early,
            "code": code,
            "ended_s": round(took, 2),
            "alive": len(alive),
            "shared_memory": [file for pid in own for file in _names_with(pid)],
            "temporary": sorted(p.name for p in (place / "tmp").iterdir()),
            "output": sorted(str(p.relative_to(place)) for p in place.rglob(".*")),
            "same": finished and command.numbers(place / "out") == expected,
        }


def undisturbed(name: str) -> tuple[float, Any]:
    """Return how long a command takes and what it finds."""
    with _workplace() as place:
        begin = time.monotonic()
        if _started(COMMANDS[name], place).wait(LONGEST) != 0:
            raise RuntimeError(f"{name} fails: {(place / 'err.txt').read_text()}")
        return time.monotonic() - begin, COMMANDS[name].numbers(place / "out")


@contextmanager
def _workplace() -> Iterator[Path]:
    """Make a folder with the audit's input and a folder for temporary files."""
    place = Path(tempfile.mkdtemp())
    (place / "tmp").mkdir()
    (place / "target.py").write_text(TARGET)
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(SEED).permutation(len(X))
    for file, rows in zip(("m", "o", "s"), np.array_split(order, 3), strict=True):
        np.savez(place / f"{file}.npz", X=X[rows], y=y[rows])
    try:
        yield place
    finally:
        shutil.rmtree(place)


def _started(command: Command, place: Path) -> subprocess.Popen[bytes]:
    call = [sys.executable, "-m", "mlleaks", *command.arguments.split(), "--out", "out"]
    environment = os.environ | {"TMPDIR": str(place / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}
    with (place / "err.txt").open("wb") as errors:
        return subprocess.Popen(
            call, cwd=place, env=environment, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
        )


def _lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def _names_with(pid: str) -> list[str]:
    """Return what in shared memory is named after a process, as loky and joblib name theirs."""
    return [file.name for file in SHARED.glob(f"*[-_]{pid}[-_]*")]


def _summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the counts of what must not be, and the runs themselves."""
    left = {key: sum(bool(run[key]) for run in runs) for key in ("shared_memory", "temporary", "output")}
    return {
        "runs": len(runs),
        "runs_that_had_ended": sum(run["had_ended"] for run in runs),
        "exit_codes": sorted({run["code"] for run in runs if not run["had_ended"]}),
        "runs_with_live_workers": sum(run["alive"] > 0 for run in runs),
        "runs_that_left_files": left,
        "runs_with_other_numbers": sum(not run["same"] for run in runs),
        "slowest_end_s": max(run["ended_s"] for run in runs),
        "each": runs,
    }


def main() -> None:
    stored = RESULTS / "kill.json"
    figures: dict[str, Any] = json.loads(stored.read_text())["figures"] if stored.exists() else {}
    for name in sys.argv[1:] or COMMANDS:
        chance = random.Random(f"{SEED} {name}")
        length, expected = undisturbed(name)
        figures[name] = {"undisturbed_s": round(length, 1)}
        for number in SIGNALS:
            moments = [chance.uniform(0.1, 0.9) * length for _ in range(REPETITIONS)]
            runs = [killed(name, number, after, expected) for after in moments]
            figures[name][number.name] = _summary(runs)
        write("kill", figures)


if __name__ == "__main__":
    main()
