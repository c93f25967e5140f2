"""Where a figure was measured, and how it is written down."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlleaks.results.provenance import versions_in_use

RESULTS = Path(__file__).parents[1] / "docs" / "results"


def facts() -> dict[str, Any]:
    """Return processor, cores, memory and versions of this machine."""
    names = [line for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": names[0].partition(":")[2].strip() if names else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory),
        "versions": versions_in_use(),
    }


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def matrix_peak(cores: int) -> float:
    """Return the float32 operations a second of several cores together, one process on each."""
    command = [sys.executable, "-c", _PEAK]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(cores)]
    return sum(float(run.communicate()[0]) for run in runs)


_PEAK = """
import time, torch
torch.set_num_threads(1)
a, b, c = (torch.randn(1024, 1024) for _ in range(3))
best, end = 0, time.perf_counter() + 4
while time.perf_counter() < end:
    start = time.perf_counter()
    for _ in range(20):
        torch.mm(a, b, out=c)
    best = max(best, 20 * 2 * 1024**3 / (time.perf_counter() - start))
print(best)
"""


class PeakMemory:
    """The largest memory of this process and all its children together, sampled inside a block."""

    def __enter__(self) -> PeakMemory:
        self.gib, self._stop = 0.0, threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._sampler.join()

    def _sample(self) -> None:
        while not self._stop.wait(0.25):
            self.gib = max(self.gib, sum(map(_proportional, family(os.getpid()))) / 2**20)


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(member for child in children for member in family(int(child)))]


def _proportional(pid: int) -> int:
    """Return a process's memory in kB, shared pages by parts."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def write(name: str, figures: Any) -> None:
    """Store the figures of a benchmark beside the machine they were measured on, and print them."""
    document = {"machine": facts(), "figures": figures}
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    print(f"written to {path}")


def _lines(path: str) -> list[str]:
    place = Path(path)
    return place.read_text().splitlines() if place.exists() else []
