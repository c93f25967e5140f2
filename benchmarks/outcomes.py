"""How often an audit says *leaks*, *no detectable leak* or *undecided*, by records and by leak.

    python benchmarks/outcomes.py
    python benchmarks/outcomes.py --settings "1000, none" --runs 200

Answers are drawn at random: members are more confident of their true class by a fixed amount, or a few of
them beyond any doubt. ``At the margin`` is a leak whose loss attack has an AUC of .55, or a TPR of 2 % at 1 %
FPR: *no detectable leak* is wrong there, and should be said in at most 5 % of audits. ``In one jump``: scores
take two values, and the higher one is that of 2 % of the members and 1 % of the non-members.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import partial
from typing import Any

import numpy as np
from machine import write
from repeated import Row, arguments_of, repeat, share
from scipy.special import softmax

import mlleaks

NAME, SEED = "outcomes", 2026
CLASSES = 5
SIDES = (60, 300, 1000, 3000)
LEAKS: dict[str, tuple[float, float, float, float]] = {
    "none": (0.0, 0.0, 0.0, 1.0),
    "AUC at the margin": (0.215, 0.0, 0.0, 1.0),
    "TPR at the margin": (0.0, 0.0101, 0.0, 1.0),
    "TPR at the margin, in one jump": (0.0, 0.02, 0.01, 0.0),
    "AUC .60": (0.44, 0.0, 0.0, 1.0),
    "5 % of the members": (0.0, 0.05, 0.0, 1.0),
}
"""How much more confident members are; which share of them, and of others, is so beyond any doubt; spread."""
SETTINGS = {f"{side}, {leak}": (side, *LEAKS[leak]) for side in SIDES for leak in LEAKS}


def main() -> None:
    """Simulate, count, store."""
    arguments = arguments_of(str(__doc__), SETTINGS, NAME)
    settings = {name: partial(audited, *SETTINGS[name]) for name in arguments.settings}
    stored = repeat(settings, arguments.runs, cache=arguments.cache, seconds=arguments.seconds)
    write(NAME, {"seed": SEED, **{name: counted(rows) for name, rows in stored.items()}})


def audited(side: int, gap: float, exposed: float, outside: float, spread: float, run: int) -> Row:
    """Return what one audit says."""
    rng = np.random.default_rng([SEED, run])
    member = np.repeat([True, False], side)
    labels = rng.integers(CLASSES, size=2 * side)
    logits = spread * rng.normal(size=(2 * side, CLASSES))
    more = gap * member + 20 * (rng.random(2 * side) < np.where(member, exposed, outside))
    logits[np.arange(2 * side), labels] += 0.5 + more
    table = {
        "record_id": np.arange(2 * side),
        "member": member,
        "label": labels,
        "posteriors": softmax(logits, axis=1),
    }
    report = mlleaks.audit_posteriors(table, seed=run)
    loss = report.verdict("loss").estimates
    return {"outcome": report.outcome, "auc": loss["auc"].value, "tpr": loss["tpr@1%fpr"].value}


def counted(rows: list[Row]) -> dict[str, Any]:
    """Return the share of each outcome, with its interval, and the loss attack's mean figures."""
    outcomes, undefined = Counter(row["outcome"] for row in rows), any(math.isnan(row["tpr"]) for row in rows)
    return {
        "runs": len(rows),
        **{name: share(outcomes[name], len(rows)) for name in ("leaks", "no detectable leak", "undecided")},
        "AUC of the loss": round(float(np.mean([row["auc"] for row in rows])), 3),
        "TPR of the loss": None if undefined else round(float(np.mean([row["tpr"] for row in rows])), 4),
    }


if __name__ == "__main__":
    main()
