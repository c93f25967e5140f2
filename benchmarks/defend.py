"""How long `mlleaks defend location` takes, and what it measures: five defenses, five seeds.

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
    """Time the call and write down its table and its recommendation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="location")
    parser.add_argument("--defenses", nargs="*")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    data = mlleaks.load_dataset(options.data)
    with TemporaryDirectory() as folder, PeakMemory() as memory:
        start = time.perf_counter()
        comparison = mlleaks.compare_defenses(
            data, mlleaks.MLPTrainer(), options.defenses, seeds=options.seeds, folder=Path(folder) / "answers"
        )
        comparison.save(Path(folder) / "run")
        spent = time.perf_counter() - start
    write(
        "defend",
        {
            "data": options.data,
            "seeds": options.seeds,
            "seconds": round(spent, 1),
            "peak memory, GiB": round(memory.gib, 2),
            "recommendation": comparison.recommendation,
            "rows": comparison.to_frame().round(4).to_dict("records"),
        },
    )


if __name__ == "__main__":
    main()
