"""How often an audit calls a model leaking that does not leak, where that is hard to tell.

    python benchmarks/null_audits.py
    python benchmarks/null_audits.py --cases own-records repeated --runs 300

Every run draws answers that do not depend on membership and audits them through the public API. An audit
that refuses its input calls no leak; it is counted on its own. Cases that are not run keep their figures.
The largest is without a shadow model: five attacks on 105,020 records take half a second.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from machine import RESULTS, write

import mlleaks
from mlleaks.stats import intervals

NAME = "null_audits"


def main() -> None:
    """Simulate, count, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="*", choices=CASES, default=list(CASES))
    parser.add_argument("--runs", type=int, default=1000)
    arguments = parser.parse_args()
    path = RESULTS / f"{NAME}.json"
    figures = json.loads(path.read_text())["figures"] if path.exists() else {}
    figures |= {case: counted(CASES[case], arguments.runs) for case in arguments.cases}
    write(NAME, {case: figures[case] for case in CASES if case in figures})


def counted(audit: Callable[[np.random.Generator], mlleaks.AuditReport], runs: int) -> dict[str, Any]:
    """Return how many of ``runs`` audits call a leak, with its interval."""
    outcomes = Counter(verdict(audit, np.random.default_rng([2026, run])) for run in range(runs))
    called = intervals.share(outcomes["leaks"], runs)
    return {
        "runs": runs,
        "called leaking": outcomes["leaks"],
        "share": round(called.value, 4),
        "interval": [round(called.low, 4), round(called.high, 4)],
        "no detectable leak": outcomes["no detectable leak"],
        "the wrong way round": outcomes["reversed"],
        "refused": outcomes["refused"],
    }


def verdict(audit: Callable[[np.random.Generator], mlleaks.AuditReport], rng: np.random.Generator) -> str:
    """Return what one audit says."""
    try:
        report = audit(rng)
    except mlleaks.InputError:
        return "refused"
    if report.leaks:
        return "leaks"
    return "reversed" if report.reversed else report.outcome


def mostly_tied(
    rng: np.random.Generator, *, members: int, nonmembers: int, tied: float, shadow: int = 0
) -> mlleaks.AuditReport:
    """Audit a table in which a model gives a share ``tied`` of all records the same vague answer.

    The few other records score higher, so that each one of the smaller group weighs much. A shadow model,
    if there is one, gives that answer half as often: ties alone teach an attack nothing.
    """
    n = members + nonmembers
    member = np.zeros(n + shadow, dtype=bool)
    member[rng.choice(n, members, replace=False)] = True
    member[n:] = rng.permutation(shadow) % 2 == 0
    p = np.full((n + shadow, 3), 1 / 3)
    sure = rng.random(n + shadow) >= np.repeat([tied, tied / 2], [n, shadow])
    p[sure] = rng.dirichlet(np.ones(3), size=int(sure.sum()))
    label = np.where(sure, rng.integers(3, size=len(p)), 1)
    model = np.repeat(["target", "shadow"], [n, shadow])
    return _audited(np.arange(len(p)), member, p, label, model)


def own_records(rng: np.random.Generator, *, n: int = 400, k: int = 3) -> mlleaks.AuditReport:
    """Audit a table whose shadow model was asked about the target's records and trained on its members.

    How a model answers depends on the record alone, not on membership. An attack that learns the shadow's
    members by heart knows the target's.
    """
    member = rng.permutation(n) % 2 == 0
    label, record = rng.integers(k, size=n), rng.normal(size=(n, k))
    logits = np.concatenate([record + 0.3 * rng.normal(size=(n, k)) for _ in ("target", "shadow")])
    p = np.exp(2 * logits)
    p /= p.sum(axis=1, keepdims=True)
    model = np.repeat(["target", "shadow"], n)
    return _audited(*(np.tile(column, 2) for column in (np.arange(n), member)), p, np.tile(label, 2), model)


class Fixed:
    """A model that was never trained: random linear scores of each class."""

    def __init__(self, rng: np.random.Generator, d: int, k: int) -> None:
        self.weights = rng.normal(size=(d, k))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return posteriors ``(n, k)``."""
        p = np.exp(np.asarray(X) @ self.weights)
        return p / p.sum(axis=1, keepdims=True)


def repeated(
    rng: np.random.Generator, *, distinct: int = 40, times: int = 10, d: int = 4
) -> mlleaks.AuditReport:
    """Audit a model that saw no record, each of which stands ``times`` times on its side."""

    def side() -> tuple[np.ndarray, np.ndarray]:
        X, y = rng.normal(size=(distinct, d)), rng.integers(2, size=distinct)
        return np.repeat(X, times, axis=0), np.repeat(y, times)

    return mlleaks.audit(Fixed(rng, d, 2), members=side(), nonmembers=side())


def overlapping(
    rng: np.random.Generator, *, members: int = 1000, nonmembers: int = 300
) -> mlleaks.AuditReport:
    """Audit a model that saw no record: coarse ones, many of which stand on both sides, of unequal size."""
    model = Fixed(rng, 14, 2)
    sides = (np.where(rng.random((n, 14)) < 0.8, 1.0, -1.0) for n in (members, nonmembers))
    labelled_members, labelled_nonmembers = ((X, rng.integers(2, size=len(X))) for X in sides)
    return mlleaks.audit(model, members=labelled_members, nonmembers=labelled_nonmembers, drop_overlap=True)


def answers(
    rng: np.random.Generator, *, members: int, nonmembers: int, k: int = 3, leaves: int = 0, shadow: int = 0
) -> mlleaks.AuditReport:
    """Audit random posteriors of ``k`` classes; with ``leaves``, those of a tree that has so many.

    With one leaf per class the answers are 0 and 1.
    """
    n = members + nonmembers + shadow
    member = np.r_[rng.permutation(members + nonmembers) < members, np.arange(shadow) % 2 == 0]
    p = rng.dirichlet(np.ones(k), size=leaves or n) if leaves != k else np.eye(k)
    p = p[rng.integers(len(p), size=n)] if leaves else p
    model = np.repeat(["target", "shadow"], [members + nonmembers, shadow])
    return _audited(np.arange(n), member, p, rng.integers(k, size=n), model)


def people(rng: np.random.Generator, *, persons: int = 30, records: int = 20) -> mlleaks.AuditReport:
    """Audit records of persons, whose answers resemble each other (intra-class correlation .3)."""
    n = 2 * persons * records
    person = np.repeat(np.arange(2 * persons), records)
    member = np.repeat(rng.permutation(2 * persons) < persons, records)
    logit = np.sqrt(0.3) * rng.normal(size=2 * persons)[person] + np.sqrt(0.7) * rng.normal(size=n)
    p = 1 / (1 + np.exp(-np.stack([logit, -logit], axis=1)))
    table = {"record_id": np.arange(n), "member": member, "label": np.zeros(n, int), "posteriors": p}
    return mlleaks.audit_posteriors(table | {"person": person}, groups="person")


def _audited(
    ids: np.ndarray, member: np.ndarray, p: np.ndarray, label: np.ndarray, model: np.ndarray
) -> mlleaks.AuditReport:
    table = {"record_id": ids, "member": member, "label": label, "model_id": model, "posteriors": p}
    return mlleaks.audit_posteriors(table, target="target")


CASES: dict[str, Callable[[np.random.Generator], mlleaks.AuditReport]] = {
    "20-20": partial(answers, members=20, nonmembers=20),
    "60-60": partial(answers, members=60, nonmembers=60),
    "300-300": partial(answers, members=300, nonmembers=300),
    "300-300-shadow": partial(answers, members=300, nonmembers=300, shadow=300),
    "30-3000": partial(answers, members=30, nonmembers=3000),
    "2-classes": partial(answers, members=300, nonmembers=300, k=2),
    "100-classes": partial(answers, members=300, nonmembers=300, k=100),
    "leaves": partial(answers, members=300, nonmembers=300, leaves=12),
    "one-hot": partial(answers, members=300, nonmembers=300, leaves=3),
    "people": people,
    "tied-105000": partial(mostly_tied, members=20, nonmembers=105_000, tied=0.995),
    "tied-20000": partial(mostly_tied, members=20, nonmembers=20_000, tied=0.97, shadow=200),
    "own-records": own_records,
    "repeated": repeated,
    "overlapping": overlapping,
}


if __name__ == "__main__":
    main()
