"""How often an audit finds a leak by one joint test of all attacks, and by Holm's correction of single tests.

    OMP_NUM_THREADS=1 python benchmarks/joint_test.py

Made scores of 16 attacks that are alike (correlation .9), of as many members as non-members. Without a leak
the share is the level, which must be at most 5 %.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
from machine import write

from mlleaks.stats.intervals import share
from mlleaks.stats.joint_test import joint_p_values
from mlleaks.stats.metrics import Roc, roc
from mlleaks.stats.significance import TESTS, holm
from mlleaks.types import Bools, Floats

ATTACKS, CORRELATION, ALPHA = 16, 0.9, 0.05
SIZES = (60, 300, 1000)


def same(member: Bools, rng: np.random.Generator) -> Floats:
    """Return a leak of every member, as strong as can be found in about half of the audits."""
    return member * 3.0 / np.sqrt(len(member))


def few(member: Bools, rng: np.random.Generator) -> Floats:
    """Return a leak of one member in twenty."""
    return 3.0 * (member & (rng.random(len(member)) < 0.05))


def sure_nonmembers(member: Bools, rng: np.random.Generator) -> Floats:
    """Return low scores of one non-member in twenty."""
    return -3.0 * (~member & (rng.random(len(member)) < 0.05))


def none(member: Bools, rng: np.random.Generator) -> Floats:
    """Return no leak."""
    return np.zeros(len(member))


LEAKS: dict[str, Callable[[Bools, np.random.Generator], Floats]] = {
    "no leak": none,
    "every member": same,
    "one member in twenty": few,
    "one non-member in twenty": sure_nonmembers,
}


def main() -> None:
    """Simulate; store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=1000)
    simulations = parser.parse_args().simulations
    table: list[dict[str, Any]] = []
    for n in SIZES:
        for name, leak in LEAKS.items():
            rng = np.random.default_rng([n, *name.encode()])
            runs = [_run(n, leak, rng) for _ in range(simulations)]
            joint, single = (int(sum(run[i] for run in runs)) for i in (0, 1))
            row: dict[str, Any] = {"records": n, "leak": name}
            for test, count in (("joint", joint), ("Holm", single)):
                e = share(count, simulations)
                row |= {test: e.value, f"{test} low": round(e.low, 4), f"{test} high": round(e.high, 4)}
            table.append(row)
            print(row, flush=True)
    write("joint_test", {"simulations": simulations, "attacks": ATTACKS, "table": table})


def _run(
    n: int, leak: Callable[[Bools, np.random.Generator], Floats], rng: np.random.Generator
) -> list[bool]:
    """Return whether either way says that there is a leak."""
    member = rng.permutation(n) < n // 2
    common = rng.normal(size=n)
    own = rng.normal(size=(ATTACKS, n))
    scores = leak(member, rng) + np.sqrt(CORRELATION) * common + np.sqrt(1 - CORRELATION) * own
    curves = [roc(member, row) for row in scores]
    return [min(joint_p_values(curves)) <= ALPHA, _by_holm(curves) <= ALPHA]


def _by_holm(curves: list[Roc]) -> float:
    return min(holm([min(holm([test(curve) for test in TESTS.values()])) for curve in curves]))


if __name__ == "__main__":
    main()
