"""How long `mlleaks selfcheck` takes, whole and part by part, each in fresh processes.

python benchmarks/selfcheck.py
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from statistics import median

from machine import write

from mlleaks.auditing.selfcheck.run import PARTS

ROUNDS = 3
PART = "import sys, mlleaks; sys.exit(not mlleaks.selfcheck([sys.argv[1]]).passed)"


def main() -> None:
    """Time the command, then each part of it."""
    whole = [_once(["-m", "mlleaks", "selfcheck"]) for _ in range(ROUNDS)]
    parts = {part: _once(["-c", PART, part])["processor seconds"] for part in PARTS}
    figures = {
        "rounds": ROUNDS,
        "load average before": os.getloadavg()[0],
        **{
            key: {"median": median(values), "least": min(values), "most": max(values)}
            for key in whole[0]
            for values in [[round[key] for round in whole]]
        },
        "processor seconds of each part, imports included": parts,
    }
    write("selfcheck", figures)


def _once(command: list[str]) -> dict[str, float]:
    """Return how long a Python command takes, and the processor's time in it; it must end with 0."""
    start, before = time.perf_counter(), _children()
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    seconds, processor = time.perf_counter() - start, _children() - before
    return {"seconds": round(seconds, 1), "processor seconds": round(processor, 1)}


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
