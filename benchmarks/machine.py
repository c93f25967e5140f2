"""Where a figure was measured, and how it is written down."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlleaks.provenance import versions

RESULTS = Path(__file__).parents[1] / "docs" / "results"


def facts() -> dict[str, Any]:
    """Return processor, cores, memory and versions of this machine."""
    names = [line for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": names[0].partition(":")[2].strip() if names else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory),
        "versions": versions(),
    }


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


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
