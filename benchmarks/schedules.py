"""The paper's constant learning rate against one that settles: where training ends, and what leaks.

    python benchmarks/schedules.py --records 20000 --seeds 3

For each seed a target and a shadow are trained with either schedule on the same four parts.
A run that ended in a spike shows as a training accuracy below the others. Each audit is kept in
``--cache``, so that a killed run goes on where it stopped.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from audits import audited
from machine import write

import mlleaks

CASES = {
    "location, MLP": ("location", mlleaks.MLPTrainer),
    "cifar10, CNN": ("cifar10", mlleaks.CNNTrainer),
}
SCHEDULES = {"constant": mlleaks.Constant(), "settling": mlleaks.Settling()}
FIGURES = ("precision", "recall", "auc")


def main() -> None:
    """Run what is not in the cache yet, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000, help="of CIFAR-10, in four parts")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cache", type=Path, default=Path("~/.cache/mlleaks/schedules").expanduser())
    arguments = parser.parse_args()
    rows = [
        {"case": case, "schedule": schedule, "seed": seed}
        | figures(run(case, schedule, seed, arguments.records, arguments.cache))
        for case in CASES
        for seed in range(arguments.seeds)
        for schedule in SCHEDULES
    ]
    write("schedules", {"records of CIFAR-10": arguments.records, "runs": rows})


def run(case: str, schedule: str, seed: int, records: int, cache: Path) -> mlleaks.Report:
    """Return the audit of one target, from the cache if it is there."""
    name, kind = CASES[case]
    folder = cache / f"{name}-{records}-{schedule}-{seed}"
    return audited(folder, name, kind(schedule=SCHEDULES[schedule]), records=records, seed=seed)


def figures(report: mlleaks.Report) -> dict[str, float]:
    """Return where the target's training ended and what adversary 1 achieves."""
    target = {k: round(e.value, 4) for k, e in report.result.target.items() if k != "overfitting"}
    first = report.verdict("adversary-1").estimates
    return target | {f"adversary-1 {k}": round(first[k].value, 4) for k in FIGURES}


if __name__ == "__main__":
    main()
