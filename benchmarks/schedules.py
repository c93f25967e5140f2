"""A constant learning rate against one that decays at the end: how training ends, and what leaks.

    python benchmarks/schedules.py --records 20000 --seeds 3

For each seed a target and a shadow are trained with either schedule on the same four parts.
A run that ended in a spike shows as a training accuracy below the others. Each audit is stored
in ``--cache``, so that a killed run goes on where it stopped.
"""

from __future__ import annotations

from audits import CASES, arguments, audited
from machine import write

import mlleaks

SCHEDULES = {"constant": mlleaks.ConstantSchedule(), "settling": mlleaks.ConstantThenDecay()}
FIGURES = ("precision", "recall", "auc")


def main() -> None:
    """Run what is not in the cache yet, then write the table."""
    options = arguments(__doc__, "schedules")
    rows = [
        {"case": case, "schedule": schedule, "seed": seed}
        | figures(audited(case, schedule, {"schedule": SCHEDULES[schedule]}, seed=seed, options=options))
        for case in CASES
        for seed in range(options.seeds)
        for schedule in SCHEDULES
    ]
    write("schedules", {"records of CIFAR-10": options.records, "runs": rows})


def figures(report: mlleaks.AuditReport) -> dict[str, float]:
    """Return where the target's training ended and what adversary 1 achieves."""
    target = {k: round(e.value, 4) for k, e in report.result.target.items() if k != "overfitting"}
    first = report.verdict("adversary-1").estimates
    return target | {f"adversary-1 {k}": round(first[k].value, 4) for k in FIGURES}


if __name__ == "__main__":
    main()
