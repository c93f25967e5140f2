"""How often models that do not leak are called leaking.

    python benchmarks/clean_audits.py --trials 2000

The rate is that of the whole audit over all attacks that saved posteriors allow, on records whose
membership is random.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from machine import write

import mlleaks
from mlleaks.stats import intervals

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.synthetic import planted


def main() -> None:
    """Audit, count, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2000)
    trials = parser.parse_args().trials
    called = sum(audit_of_nothing(seed).leaks for seed in range(trials))
    rate = intervals.share(called, trials)
    ends = [round(rate.low, 4), round(rate.high, 4)]
    write("clean_audits", {"of": trials, "called": called, "rate": rate.value, "interval": ends})


def audit_of_nothing(seed: int) -> mlleaks.AuditReport:
    """Return the audit of answers that do not depend on membership."""
    observations = planted(0, n=400, seed=seed)
    table = {
        "record_id": observations.ids,
        "member": observations.member,
        "label": observations.outputs.labels,
    }
    return mlleaks.audit_posteriors(table | {"posteriors": observations.outputs.posteriors})


if __name__ == "__main__":
    main()
