"""How long `mlleaks defend location` takes, and what it finds: five defenses, five seeds.

    python benchmarks/defend.py

The whole call, from nothing trained to the page on disk.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from machine import PeakMemory, write

import mlleaks


def main() -> None:
    """Time the call and write down its table and its words."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="location")
    parser.add_argument("--defenses", nargs="*")
    parser.add_argument("--seeds", type=int, default=5)
    told = parser.parse_args()
    data = mlleaks.load_dataset(told.data)
    with TemporaryDirectory() as folder, PeakMemory() as memory:
        start = time.perf_counter()
        found = mlleaks.compare_defenses(
            data, mlleaks.MLPTrainer(), told.defenses, seeds=told.seeds, folder=Path(folder) / "answers"
        )
        found.save(Path(folder) / "run")
        spent = time.perf_counter() - start
    write(
        "defend",
        {
            "data": told.data,
            "seeds": told.seeds,
            "seconds": round(spent, 1),
            "peak memory, GiB": round(memory.gib, 2),
            "recommendation": found.recommendation,
            "rows": found.to_frame().round(4).to_dict("records"),
        },
    )


if __name__ == "__main__":
    main()
