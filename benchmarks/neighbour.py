"""What a busy neighbour costs: commands alone, beside one busy loop, and beside one on every core.

python benchmarks/neighbour.py
python benchmarks/neighbour.py --against CHECKOUT   # also the code of another checkout, in turn
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from machine import write

HERE = Path(__file__).parents[1]
BUSY = [sys.executable, "-c", "while True: pass"]
BOOSTED = """
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
import mlleaks
rng = np.random.default_rng(0)
y = np.arange(4 * 262) % 10
X = rng.normal(size=(len(y), 856))
X[:, :10] += 2 * np.eye(10)[y]
data = mlleaks.Dataset("made", X, y, 10)
mlleaks.audit_trainer(data, HistGradientBoostingClassifier(max_iter=20)).save("{out}")
"""
CASES = {
    "demo, MLP on Location": [
        "-m",
        "mlleaks",
        "demo",
        "location",
        "--trainer",
        "mlp",
        "--out",
        "{out}",
    ],
    "demo, forest on digits": ["-m", "mlleaks", "demo", "--out", "{out}"],
    "audit of boosted trees, 262 x 856": ["-c", BOOSTED],
    "16 shadows of Location": ["-m", "mlleaks", "shadows", "location", "--models", "16", "--out", "{out}"],
}
"""What is timed, as arguments of Python; {out} is a new folder."""


def main() -> None:
    """Time every case under every load, in turn, and write medians and ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="runs of each case under each load")
    parser.add_argument("--against", type=Path, help="a checkout of other code, timed in turn with this one")
    loads = sorted({0, 1, os.cpu_count() or 1})
    parser.add_argument("--loads", type=int, nargs="+", default=loads, help="how many busy loops there are")
    options = parser.parse_args()
    codes = {"this code": HERE} | ({"other code": options.against} if options.against else {})
    loads = options.loads
    seconds: dict[tuple[str, str, int], list[float]] = {}
    for _ in range(options.rounds):
        for case, arguments in CASES.items():
            for load in loads:
                for name, checkout in codes.items():
                    with busy(load):
                        took = timed(arguments, checkout)
                    print(f"{case}, {load} busy loops, {name}: {took:.1f} s", flush=True)
                    seconds.setdefault((case, name, load), []).append(took)
    write("neighbour", {case: {name: _row(seconds, case, name, loads) for name in codes} for case in CASES})


def _row(
    seconds: dict[tuple[str, str, int], list[float]], case: str, name: str, loads: list[int]
) -> dict[str, float]:
    """Return the median of each load, and how many times longer the heaviest takes than none."""
    medians = {f"{load} busy loops, s": round(median(seconds[case, name, load]), 2) for load in loads}
    alone, heaviest = (median(seconds[case, name, load]) for load in (loads[0], loads[-1]))
    return medians | {"heaviest / alone": round(heaviest / alone, 2)}


@contextmanager
def busy(loops: int) -> Iterator[None]:
    """Keep so many processes in an endless loop for the time of a block."""
    running = [subprocess.Popen(BUSY) for _ in range(loops)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def timed(arguments: list[str], checkout: Path) -> float:
    """Return the seconds of a fresh process with the code of a checkout."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, *(text.replace("{out}", f"{folder}/run") for text in arguments)]
        environment = os.environ | {"PYTHONPATH": str(checkout / "src")}
        start = time.perf_counter()
        subprocess.run(command, check=True, env=environment, capture_output=True)
        return time.perf_counter() - start


if __name__ == "__main__":
    main()
