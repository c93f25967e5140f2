"""A million records, a hundred classes, float32, from a NPZ file: time and peak memory.

    python benchmarks/million.py

The floor: the file is 400 MB, so reading it once and walking it a few times is all that is needed.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from machine import write

MEMBER_GAP = 0.5


def main() -> None:
    """Make the file in a temporary folder and audit it in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "posteriors.npz"
        random_queries = Path(folder) / "random_queries.npz"
        make(table, arguments.records, arguments.classes)
        make(random_queries, 1000, arguments.classes)
        command = [sys.executable, "-m", "mlleaks", "audit", str(table), "--out", f"{folder}/run"]
        command += ["--random-queries", str(random_queries)]
        start = time.perf_counter()
        subprocess.run(command, check=True)
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    write(
        "million",
        {
            "records": arguments.records,
            "classes": arguments.classes,
            "seconds": round(seconds, 1),
            "peak memory, GiB": round(peak, 2),
        },
    )


def make(path: Path, n: int, k: int) -> None:
    """Write posteriors whose members are answered a little more confidently."""
    rng = np.random.default_rng(0)
    member = rng.random(n) < 0.5
    logits = rng.normal(size=(n, k)).astype(np.float32)
    logits[:, 0] += 3 + MEMBER_GAP * member
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    np.savez(path, record_id=np.arange(n), member=member, posteriors=logits)


if __name__ == "__main__":
    main()
