"""How often the blind check is wrong, what it finds, and how long it takes.

    python benchmarks/blind_check.py
    python benchmarks/blind_check.py --parts alarms --runs 500

False alarms: pairs of sets whose membership is random. Power: a planted shift of normal records with a known
oracle AUC, that of the best possible classifier. Parts that are not run keep their figures.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from machine import RESULTS, write
from scipy.stats import norm

from mlleaks.auditing.blind_check import blind_check
from mlleaks.datasets import load_dataset
from mlleaks.results.blind_check import BlindCheck
from mlleaks.stats import intervals
from mlleaks.types import Dataset, MemberSplit

NAME, SEED = "blind_check", 2026
LEVEL, SIDE = 0.05, 100
"""Of the tests, and records per side in the pairs that do not differ."""
WIDTH = 10
ORACLES, SIZES = (0.55, 0.6, 0.7), (200, 1000, 5000)
RECORDS, FEATURES = (1_000, 10_000, 50_000), 100


def main() -> None:
    """Simulate, count, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--runs", type=int, default=500, help="pairs per kind of data that do not differ")
    parser.add_argument(
        "--shifts", type=int, default=40, help="planted shifts of the fewest records; of more, fewer"
    )
    arguments = parser.parse_args()
    path = RESULTS / f"{NAME}.json"
    figures = json.loads(path.read_text())["figures"] if path.exists() else {"seed": SEED}
    for part in arguments.parts:
        figures[part] = PARTS[part](arguments)
        write(NAME, figures)


def alarms(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return how often sides of random records are called different, by kind of data."""
    return {kind: alarm_row(kind, source(), arguments.runs) for kind, source in EXCHANGEABLE.items()}


def alarm_row(kind: str, records: Callable[[np.random.Generator], Dataset], runs: int) -> dict[str, Any]:
    """Return the share of alarms over ``runs`` pairs, of both tests and each, and of intervals with 1/2."""
    checks = []
    for run in range(runs):
        rng = np.random.default_rng([SEED, run])
        checks.append(check_halves(records(rng), rng))
    assert all(check.why_not is None for check in checks), kind
    each = {test: share(c.p_values[test] <= 0.05 for c in checks) for test in checks[0].p_values}
    return {
        "pairs": runs,
        "records per side": SIDE,
        "different": share(check.p_value < LEVEL for check in checks),
        **{f"{test}, p <= 0.05": row for test, row in each.items()},
        "interval has 1/2 in it": share(check.auc.low <= 0.5 <= check.auc.high for check in checks),
        "mean AUC": round(float(np.mean([check.auc.value for check in checks])), 4),
    }


def check_halves(data: Dataset, rng: np.random.Generator) -> BlindCheck:
    """Return the check of the first half of the records against the second."""
    half = len(data) // 2
    split = MemberSplit(data.take(np.arange(half)), data.take(np.arange(half, 2 * half)))
    return blind_check(split, rng)


def gaussian() -> Callable[[np.random.Generator], Dataset]:
    """Return a source of normal records with random classes."""

    def records(rng: np.random.Generator) -> Dataset:
        return Dataset("normal", rng.normal(size=(2 * SIDE, WIDTH)), rng.integers(2, size=2 * SIDE), 2)

    return records


def samples_of(name: str) -> Callable[[], Callable[[np.random.Generator], Dataset]]:
    """Return a function that returns a source of random records of a data set."""

    def source() -> Callable[[np.random.Generator], Dataset]:
        data = load_dataset(name)
        return lambda rng: data.take(rng.permutation(len(data))[: 2 * SIDE])

    return source


def power(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Return how often a shift is found: all of it in one feature, or spread over all of them."""
    return [
        power_row(
            size, oracle, where, max(5, arguments.shifts * 500 // size if size > 500 else arguments.shifts)
        )
        for where in ("one feature", "all features")
        for size in SIZES
        for oracle in ORACLES
    ]


def power_row(size: int, oracle: float, where: str, runs: int) -> dict[str, Any]:
    """Return the share of planted shifts that are found, and the AUC of the check.

    The best classifier of two normal distributions ``d`` standard deviations apart has the AUC
    ``Phi(d / sqrt(2))``.
    """
    distance = np.sqrt(2) * norm.ppf(oracle)
    direction = np.eye(WIDTH)[0] if where == "one feature" else np.full(WIDTH, WIDTH**-0.5)
    checks = []
    for run in range(runs):
        rng = np.random.default_rng([SEED, size, round(100 * oracle), run])
        X = rng.normal(size=(2 * size, WIDTH))
        X[:size] += distance * direction
        checks.append(check_halves(Dataset("normal", X, np.zeros(2 * size, dtype=int), 1), rng))
    return {
        "shift in": where,
        "records per side": size,
        "oracle AUC": oracle,
        "different": share(check.p_value < LEVEL for check in checks),
        "classifier, p <= 0.05": share(check.p_values["classifier"] <= 0.05 for check in checks),
        "features, p <= 0.05": share(check.p_values["features"] <= 0.05 for check in checks),
        "mean AUC": round(float(np.mean([check.auc.value for check in checks])), 4),
    }


def durations(_: argparse.Namespace) -> list[dict[str, Any]]:
    """Return how long a check takes, both sides together having so many records."""
    check_halves(gaussian()(np.random.default_rng(0)), np.random.default_rng(0))  # imports
    rows = []
    for n in RECORDS:
        rng = np.random.default_rng([SEED, n])
        data = Dataset("normal", rng.normal(size=(n, FEATURES)), rng.integers(2, size=n), 2)
        started, cpu = time.perf_counter(), time.process_time()
        check = check_halves(data, rng)
        rows.append(
            {
                "records": n,
                "features": FEATURES,
                "took part": check.n_members + check.n_nonmembers,
                "seconds": round(time.perf_counter() - started, 2),
                "processor seconds": round(time.process_time() - cpu, 2),
            }
        )
    return rows


def share(events: Any) -> dict[str, Any]:
    """Return the share of events that happened, with its exact interval."""
    happened = [bool(event) for event in events]
    estimate = intervals.share(sum(happened), len(happened))
    return {
        "count": sum(happened),
        "of": len(happened),
        "share": round(estimate.value, 4),
        "interval": [round(estimate.low, 4), round(estimate.high, 4)],
    }


EXCHANGEABLE = {
    "normal": gaussian,
    "adult": samples_of("adult"),
    "location": samples_of("location"),
    "digits": samples_of("digits"),
}
PARTS: dict[str, Callable[[argparse.Namespace], Any]] = {
    "durations": durations,
    "alarms": alarms,
    "power": power,
}

if __name__ == "__main__":
    main()
