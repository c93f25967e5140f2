"""How long ``import mlleaks`` and ``mlleaks --help`` take, each in fresh processes.

python benchmarks/startup.py
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

from machine import write

ROUNDS = 9
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import mlleaks": [sys.executable, "-c", "import mlleaks"],
    "mlleaks --help": [sys.executable, "-m", "mlleaks", "--help"],
}


def main() -> None:
    """Time every command and list what the import brings in."""
    figures = {
        f"{name}, seconds": round(median(_seconds(c) for _ in range(ROUNDS)), 3)
        for name, c in COMMANDS.items()
    }
    heavy = "import mlleaks, sys; print(*({'torch', 'altair', 'sklearn', 'pandas'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    write("startup", figures | {"heavy modules imported": found.stdout.split()})


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
