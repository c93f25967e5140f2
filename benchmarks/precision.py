"""Products of bfloat16 numbers against float32 in training: what changes in the model and in its leak.

    python benchmarks/precision.py --records 20000 --seeds 3

For each seed a target and a shadow are trained in either precision on the same four parts of the
data from the same start. A figure agrees if each run's value lies in the other's 95 % interval; the
distributions of the largest posterior are compared by a two-sample Kolmogorov-Smirnov test.
Each audit is stored in ``--cache``, so that a killed run goes on where it stopped.
"""

from __future__ import annotations

from typing import Any

from audits import CASES, arguments, audited
from machine import write
from scipy.stats import ks_2samp

import mlleaks


def main() -> None:
    """Run what is not in the cache yet, then write the table."""
    options = arguments(__doc__, "precision")
    rows = []
    for case in CASES:
        for seed in range(options.seeds):
            full, half = (
                audited(case, precision, {"precision": precision}, seed=seed, options=options)
                for precision in ("float32", "bfloat16")
            )
            rows.append({"case": case, "seed": seed} | compared(full, half))
    write("precision", {"records of CIFAR-10": options.records, "runs": rows})


def compared(full: mlleaks.AuditReport, half: mlleaks.AuditReport) -> dict[str, Any]:
    """Return both runs' figures and whether each lies in the other's interval."""
    pairs = {
        name: (full.result.target[name], half.result.target[name])
        for name in full.result.target
        if name != "overfitting"
    }
    for verdict in full.result.verdicts:
        pairs[f"{verdict.attack} AUC"] = (
            verdict.estimates["auc"],
            half.verdict(verdict.attack).estimates["auc"],
        )
    comparison: dict[str, Any] = {
        name: {
            "float32": round(a.value, 4),
            "bfloat16": round(b.value, 4),
            "agree": bool(a.low <= b.value <= a.high and b.low <= a.value <= b.high),
        }
        for name, (a, b) in pairs.items()
    }
    largest = [report.verdict("adversary-3-maximum").scores for report in (full, half)]
    member = full.result.member
    for group, rows in (("members", member), ("others", ~member)):
        test = ks_2samp(largest[0][rows], largest[1][rows])
        comparison[f"largest posterior of {group}"] = {
            "KS distance": round(float(test.statistic), 4),
            "p": round(float(test.pvalue), 4),
        }
    return comparison


if __name__ == "__main__":
    main()
