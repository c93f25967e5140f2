"""Whether p-values are small as rarely as they must be without a leak, and small where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from mlleaks.auditing.selfcheck.check import Check, at_most, guarded, status_of
from mlleaks.seeds import Seeds
from mlleaks.stats import conformal, joint_test, significance
from mlleaks.stats.metrics import Roc, roc
from mlleaks.types import Bools

JOINT = "joint test of all attacks"
LEVEL, TRIALS, JOINT_TRIALS = 0.05, 600, 20
RECORDS, JOINT_RECORDS = np.repeat([True, False], 500), np.repeat([True, False], 100)
ATTACKS = 20
"""Attacks that the joint test corrects for: uncorrected, three of four audits would be wrong."""
SMALL = 0.01
"""A leak that a test is made for has a smaller p-value."""
FEW = 12
"""Members with scores above all others', or non-members below, where a leak is of a few records."""


def p_value_checks() -> Iterator[Check]:
    """Yield, for each test of attacks: its level without a leak, and its p-value on a leak it is made for."""
    for name in significance.TESTS:
        yield from guarded("p-value", name, partial(_single, name))
    yield from guarded("p-value", JOINT, _joint)
    yield from guarded("p-value", "p-value of one record", _conformal)


def _single(name: str) -> Iterator[Check]:
    rng, test = Seeds(0).stream(f"selfcheck {name}"), significance.TESTS[name]
    hits = sum(test(_random(rng)) <= LEVEL for _ in range(TRIALS))
    yield at_most(("p-value", name, "no leak: p at most 5 %"), hits, TRIALS, share=LEVEL)
    yield _small(name, test(_leaking(rng)))


def _random(rng: np.random.Generator, member: Bools = RECORDS) -> Roc:
    return roc(member, rng.normal(size=len(member)))


def _leaking(rng: np.random.Generator, member: Bools = RECORDS) -> Roc:
    """Return the ROC of scores with a shift, a few members at the top and a few non-members at the end."""
    scores = rng.normal(size=len(member)) + 1.0 * member
    scores[:FEW] += 10
    scores[-FEW:] -= 10
    return roc(member, scores)


def _small(name: str, p: float) -> Check:
    return Check("p-value", name, "a leak", f"below {SMALL}", f"{p:.2g}", status_of(p < SMALL))


def _joint() -> Iterator[Check]:
    rng = Seeds(0).stream("selfcheck joint test")
    hits = sum(
        min(joint_test.joint_p_values(_noise(rng, ATTACKS), seed=trial)) <= LEVEL
        for trial in range(JOINT_TRIALS)
    )
    yield at_most(("p-value", JOINT, "no leak: smallest p at most 5 %"), hits, JOINT_TRIALS, share=LEVEL)
    curves = [*_noise(rng, ATTACKS - 1), _leaking(rng, JOINT_RECORDS)]
    yield _small(JOINT, joint_test.joint_p_values(curves)[-1])


def _noise(rng: np.random.Generator, count: int) -> list[Roc]:
    return [_random(rng, JOINT_RECORDS) for _ in range(count)]


def _conformal() -> Iterator[Check]:
    """Check p-values of single records: a non-member's must be valid on average over audits."""
    rng = Seeds(0).stream("selfcheck conformal p-values")
    hits = 0
    for _ in range(TRIALS):
        scores = rng.normal(size=100)
        hits += int(conformal.conformal_p_values(scores[:1], scores[1:])[0] <= LEVEL)
    check = ("p-value", "p-value of one record", "a non-member: p at most 5 %")
    yield at_most(check, hits, TRIALS, share=LEVEL)
