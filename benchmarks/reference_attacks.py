"""Attacks with reference models on many records: time and peak memory, one thread.

    python benchmarks/reference_attacks.py
    python benchmarks/reference_attacks.py --records 100000 --models 16

Signals are float32 in .npy files, mapped from disk; RMIA has a tenth of the records, and a population. Each
case runs in a process of its own. The floor: the files are read at least once; one sum of each model's values
shows how long that takes. Processor seconds are what a busy machine does not change.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from machine import seconds as seconds_of
from machine import write

from mlleaks.attacks.lira import lira_scores
from mlleaks.attacks.rmia import rmia_scores
from mlleaks.attacks.student_t import student_t_scores

SEED = 0
SHIFT = 2.0
POPULATION = 10_000


def main() -> None:
    """Make the signals in a temporary folder and run each case on them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--models", type=int, default=64)
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(measure(CASES[arguments.case], arguments.folder)))
        return
    figures = {"seed": SEED, "models": arguments.models, "population": POPULATION}
    for records, cases in ((arguments.records, WHOLE), (arguments.records // 10, RELATIVE)):
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), records, arguments.models, relative=cases is RELATIVE)
            figures |= {case: {"records": records, **run(case, folder)} for case in cases}
    write("reference_attacks", figures)


def make(folder: Path, n: int, m: int, *, relative: bool) -> None:
    """Write signals that rise by `SHIFT` with training; posteriors and a population for RMIA."""
    rng = np.random.default_rng(SEED)
    as_signals = (lambda x: (1 / (1 + np.exp(-x))).astype(np.float32)) if relative else np.float32
    trained_on = np.lib.format.open_memmap(folder / "trained_on.npy", "w+", bool, (m, n))
    references = np.lib.format.open_memmap(folder / "references.npy", "w+", np.float32, (m, n))
    for model in range(m):
        trained_on[model] = rng.random(n) < 0.5 if model % 2 == 0 else ~trained_on[model - 1]
        references[model] = as_signals(rng.standard_normal(n, np.float32) + SHIFT * trained_on[model])
    np.save(folder / "target.npy", as_signals(rng.normal(SHIFT * (rng.random(n) < 0.5))))
    if relative:
        np.save(folder / "population.npy", as_signals(rng.standard_normal((m + 1, POPULATION))))


def run(case: str, folder: str) -> dict[str, Any]:
    """Run one case in a process of its own, on one thread."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [sys.executable, __file__, "--case", case, "--folder", folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | one)
    figures: dict[str, Any] = json.loads(done.stdout)
    print(case, figures)
    return figures


def measure(score: Callable[[Path], np.ndarray], folder: Path) -> dict[str, Any]:
    """Return seconds, peak memory and the floor of one case."""
    before, references = peak_memory(), _load(folder, "references")
    floor = seconds_of(lambda: [values.sum() for values in references])
    start, processor = time.perf_counter(), time.process_time()
    scores = score(folder)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    assert np.isfinite(scores).all()
    sizes = sum(path.stat().st_size for path in folder.glob("*.npy"))
    return {
        "seconds": round(seconds, 2),
        "processor seconds": round(processor, 2),
        "peak memory, GiB": round(peak_memory(), 2),
        "of that before the call, GiB": round(before, 2),
        "floor: bytes read, GiB": round(sizes / 2**30, 3),
        "floor: seconds for one sum of each model's signals": round(floor, 3),
    }


def peak_memory() -> float:
    """Return this process's largest memory so far in GiB, with what it has mapped; not that of its parent."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 2**20


def _load(folder: Path, name: str) -> np.ndarray:
    return np.load(folder / f"{name}.npy", mmap_mode="r")


def _signals(score: Callable[..., np.ndarray], folder: Path, **settings: Any) -> np.ndarray:
    target, references = _load(folder, "target"), _load(folder, "references")
    return score(target, references, trained_on=_load(folder, "trained_on"), **settings)


def _relative(folder: Path, **settings: Any) -> np.ndarray:
    population = _load(folder, "population")
    settings |= {"population_target": population[0], "population_references": population[1:]}
    return _signals(rmia_scores, folder, **settings)


WHOLE: dict[str, Callable[[Path], np.ndarray]] = {
    "LiRA, one variance": partial(_signals, lira_scores),
    "LiRA, a variance per record": partial(_signals, lira_scores, variance="per-record"),
    "LiRA, offline": partial(_signals, lira_scores, mode="offline"),
    "Student-t": partial(_signals, student_t_scores),
    "Student-t, offline": partial(_signals, student_t_scores, mode="offline"),
}
RELATIVE: dict[str, Callable[[Path], np.ndarray]] = {
    "RMIA": _relative,
    "RMIA, offline": partial(_relative, mode="offline"),
}
CASES = WHOLE | RELATIVE


if __name__ == "__main__":
    main()
