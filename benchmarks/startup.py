"""How long the start of a command takes, and an audit of 1,000 records, each in fresh processes.

python benchmarks/startup.py
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import skops.io
from machine import write
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

ROUNDS = 5
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import mlleaks": ["-c", "import mlleaks"],
    "mlleaks --help": ["-m", "mlleaks", "--help"],
}
IMPORTS = ("numpy", "scipy.stats", "pandas", "sklearn.ensemble", "altair", "skops.io", "torch")
"""Packages whose import an audit may have to wait for."""
PARTS = {"members": slice(500), "nonmembers": slice(500, 1000), "shadow": slice(1000, None)}
AUDIT = ["-m", "mlleaks", "audit", "forest.skops", "--overwrite"]


def main() -> None:
    """Time commands and imports, then the audit with an empty cache and with what it left there."""
    figures: dict[str, object] = {name: _timed(command) for name, command in COMMANDS.items()}
    figures["imports"] = {name: _timed(["-c", f"import {name}"]) for name in IMPORTS}
    heavy = "import mlleaks, sys; print(*({'torch', 'altair', 'sklearn', 'pandas'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    figures["heavy modules that import mlleaks brings in"] = run.stdout.split()
    with TemporaryDirectory() as folder:
        command = [*AUDIT, *_forest(Path(folder))]
        cache = {"XDG_CACHE_HOME": folder}
        figures["audit, first run"] = _timed(command, rounds=1, cwd=folder, environment=cache)
        figures["audit"] = _timed(command, cwd=folder, environment=cache)
    write("startup", figures)


def _forest(folder: Path) -> list[str]:
    """Write a trained forest with 500 members and 500 non-members; return the options for them."""
    X, y = load_digits(return_X_y=True, as_frame=True)
    table = X.assign(label=y).sample(frac=1, random_state=0)
    members = table[PARTS["members"]]
    forest = RandomForestClassifier(random_state=0).fit(members[X.columns].to_numpy(), members["label"])
    skops.io.dump(forest, folder / "forest.skops")
    for side, rows in PARTS.items():
        table[rows].to_csv(folder / f"{side}.csv", index=False)
    return [word for side in PARTS for word in (f"--{side}", f"{side}.csv")]


def _timed(
    command: list[str],
    *,
    rounds: int = ROUNDS,
    cwd: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> dict[str, float]:
    """Return the median time of a Python command and of the processor's part in it."""
    times = [_once(command, cwd, environment or {}) for _ in range(rounds)]
    wall, processor = (round(median(values), 3) for values in zip(*times, strict=True))
    return {"seconds": wall, "processor seconds": processor}


def _once(command: list[str], cwd: str | None, environment: Mapping[str, str]) -> tuple[float, float]:
    start, before = time.perf_counter(), _children()
    subprocess.run(
        [sys.executable, *command],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=cwd,
        env=os.environ | environment,
    )
    return time.perf_counter() - start, _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
