"""How often an audit of people's records finds a leak, by rows and by person, and what its intervals cover.

    OMP_NUM_THREADS=1 python benchmarks/people.py

Made scores of four attacks that are alike (correlation .9). Records of one person have an intra-class
correlation of .3. Without a leak the share of audits that find one is the level, which must be at most 5 %.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from machine import write
from scipy.stats import norm

from mlleaks.stats import intervals
from mlleaks.stats.clustered import clustered_area
from mlleaks.stats.clustered_joint import clustered_areas
from mlleaks.stats.clustered_shares import clustered_share
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.joint_test import joint_p_values
from mlleaks.stats.metrics import roc
from mlleaks.types import Bools, Floats, Ints

ATTACKS, ALIKE, WITHIN, ALPHA, CUT = 4, 0.9, 0.3, 0.05, 1.0
SHIFT, HIGH, FEW = 0.3, 3.0, 0.02
_Sizes = tuple[Ints, Ints]


def _log_normal(rng: np.random.Generator) -> _Sizes:
    sizes = np.ceil(rng.lognormal(2.0, 1.0, size=80)).astype(np.int64).clip(1, 200)
    return sizes[:40], sizes[40:]


SHAPES: dict[str, Callable[[np.random.Generator], _Sizes]] = {
    "30 and 30 people, 20 records each": lambda rng: (np.full(30, 20), np.full(30, 20)),
    "10 and 10 people, 60 records each": lambda rng: (np.full(10, 60), np.full(10, 60)),
    "40 and 40 people, 1 to 200 records": _log_normal,
    "20 people with 40 records, 100 with 8": lambda rng: (np.full(20, 40), np.full(100, 8)),
}
LEAKS = ("no leak", "every record", "one record in fifty")


def main() -> None:
    """Simulate; store. Leaks are simulated less often than their absence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=1000)
    simulations = parser.parse_args().simulations
    table: list[dict[str, Any]] = []
    for shape, sizes in SHAPES.items():
        for leak in LEAKS:
            rng = np.random.default_rng([*shape.encode(), *leak.encode()])
            count = simulations if leak == LEAKS[0] else max(1, simulations // 5)
            runs = [_run(sizes(rng), leak, rng) for _ in range(count)]
            row: dict[str, Any] = {"people": shape, "leak": leak, "simulations": count}
            for figure in runs[0]:
                e = intervals.share(sum(run[figure] for run in runs), count)
                row[figure] = {"share": e.value, "low": round(e.low, 4), "high": round(e.high, 4)}
            table.append(row)
            print(row, flush=True)
    write("people", {"attacks": ATTACKS, "within": WITHIN, "table": table})


def _run(sizes: _Sizes, leak: str, rng: np.random.Generator) -> dict[str, bool]:
    """Return whether a leak is found, and which intervals hold the truth, by rows and by person."""
    code = np.repeat(np.arange(sum(map(len, sizes))), np.concatenate(sizes))
    member = code < len(sizes[0])
    exposed = _exposed(member, leak, rng)
    scores = exposed + math.sqrt(ALIKE) * _noise(code, rng)
    curves = [roc(member, scores + math.sqrt(1 - ALIKE) * _noise(code, rng)) for _ in range(ATTACKS)]
    truth, recall = _truth(leak)
    first = curves[0].thresholds[curves[0].first_flagged][member] > CUT
    return {
        "found by rows": min(joint_p_values(curves)) <= ALPHA,
        "found by person": min(joint_p_values(curves, persons=code)) <= ALPHA,
        "AUC covered by rows": _holds(intervals.area(curves[0]), truth),
        "AUC covered by person": _holds(clustered_area(curves[0], code), truth),
        "all AUCs covered by person": all(_holds(e, truth) for e in clustered_areas(curves, code)),
        "recall covered by rows": _holds(intervals.share(int(first.sum()), len(first)), recall),
        "recall covered by person": _holds(clustered_share(first, code[member]), recall),
    }


def _holds(e: Estimate, truth: float) -> bool:
    return e.low <= truth <= e.high


def _noise(code: Ints, rng: np.random.Generator) -> Floats:
    """Return standard normal noise ``(n,)`` that a person's records share in part."""
    shared = rng.normal(size=int(code.max()) + 1)[code]
    return math.sqrt(WITHIN) * shared + math.sqrt(1 - WITHIN) * rng.normal(size=len(code))


def _exposed(member: Bools, leak: str, rng: np.random.Generator) -> Floats:
    if leak == "no leak":
        return np.zeros(len(member))
    if leak == "every record":
        return SHIFT * member
    return HIGH * (member & (rng.random(len(member)) < FEW))


def _truth(leak: str) -> tuple[float, float]:
    """Return the true AUC, and the true share of members above the threshold."""
    share, shift = {"no leak": (0.0, 0.0), "every record": (1.0, SHIFT)}.get(leak, (FEW, HIGH))
    auc = (1 - share) / 2 + share * norm.cdf(shift / math.sqrt(2))
    return float(auc), float((1 - share) * norm.sf(CUT) + share * norm.sf(CUT - shift))


if __name__ == "__main__":
    main()
