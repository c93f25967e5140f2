"""Whether audits of small models, whose leak is known, say what is true of them.

A decision tree that is grown until it separates its training records knows their classes, also where these
are random. Of other records it knows nothing: it is right in half of them. So it leaks, and its overfitting
level is one half; its answers about records that it was not trained on leak nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from mlleaks.auditing import audit
from mlleaks.auditing.selfcheck.check import DEVIATE, Check, fewest, guarded, most, status_of
from mlleaks.report import AuditReport
from mlleaks.seeds import Seeds
from mlleaks.types import Floats, Ints

SIDE, FEATURES, SHIFT = 400, 5, 2.0
LEAKING, UNSEEN = "tree with random classes", "tree that saw none of the records"
SHIFTED = "such a tree, members shifted"
Records = tuple[Floats, Ints]


def model_checks() -> Iterator[Check]:
    """Yield what audits say of a tree about its training records, about others, and of shifted records."""
    for name, checks in ((LEAKING, _leaking), (UNSEEN, _unseen), (SHIFTED, _shifted)):
        yield from guarded("audit", name, partial(checks, Seeds(0).stream(f"selfcheck {name}")))


def _leaking(rng: np.random.Generator) -> Iterator[Check]:
    members = _records(rng)
    report = _audit(_tree(members), members, _records(rng), shadow=_records(rng))
    train, test = (report.result.target[key].value for key in ("train_accuracy", "test_accuracy"))
    low, high = fewest(SIDE, 0.5) / SIDE, most(SIDE, 0.5) / SIDE
    truth, expected = "accuracy 1 for members, 0.5 for others", f"1 and {low:.3f} to {high:.3f}"
    passed = train == 1 and low <= test <= high
    yield Check("audit", LEAKING, truth, expected, f"{train:.3f} and {test:.3f}", status_of(passed))
    got = f"leaks: {_yes(report.leaks)}"
    yield Check("audit", LEAKING, "a leak", "leaks: yes", got, status_of(report.leaks))


def _unseen(rng: np.random.Generator) -> Iterator[Check]:
    """Check the audit of a tree that was trained on neither the members nor the non-members."""
    report = _audit(_tree(_records(rng)), _records(rng), _records(rng))
    largest = max(report.verdicts, key=lambda v: abs(v.estimates["auc"].value - 0.5))
    auc, half = largest.estimates["auc"].value, DEVIATE * float(np.sqrt((2 * SIDE + 1) / 12) / SIDE)
    expected = f"all AUCs {0.5 - half:.3f} to {0.5 + half:.3f}"
    got, passed = f"{auc:.3f} ({largest.attack})", abs(auc - 0.5) <= half
    yield Check("audit", UNSEEN, "no leak", expected, got, status_of(passed))
    yield Check(
        "audit", UNSEEN, "no leak", "leaks: no", f"leaks: {_yes(report.leaks)}", status_of(not report.leaks)
    )
    yield from _beyond_placebo(report)


def _beyond_placebo(report: AuditReport) -> Iterator[Check]:
    """Check what attacks find beyond their placebo: nothing, and no more certainly than records allow."""
    placebo = report.result.placebo
    compared = {} if placebo is None else placebo.attacks
    excluding = sum(not c.difference.low <= 0 <= c.difference.high for c in compared.values())
    expected, got = "0 intervals without 0", f"{excluding} of {len(compared)}"
    yield Check(
        "audit",
        UNSEEN,
        "nothing beyond the placebo",
        expected,
        got,
        status_of(bool(compared) and not excluding),
    )
    surest = min((contrasted.p_value for contrasted in compared.values()), default=0.0)
    got = f"{surest:.3f}"
    yield Check("audit", UNSEEN, "its smallest p-value", "above 0.001", got, status_of(surest > 0.001))
    widest = max((c.difference.high - c.difference.low for c in compared.values()), default=0.0)
    least = 2 * float(np.sqrt((2 * SIDE + 1) / 12) / SIDE)  # two standard errors of one AUC
    expected, got = f"wider than {least:.3f}", f"{widest:.3f}"
    yield Check("audit", UNSEEN, "its widest interval", expected, got, status_of(widest > least))


def _shifted(rng: np.random.Generator) -> Iterator[Check]:
    """Check the same where members' features are shifted, so that the tree is right about more of them."""
    tree = _tree(_records(rng, random_classes=False))
    members = _records(rng, SHIFT, random_classes=False)
    report = _audit(tree, members, _records(rng, random_classes=False))
    blind = report.result.blind
    differs = blind is not None and blind.differs
    expected, got = "differs: yes; leaks: no", f"differs: {_yes(differs)}; leaks: {_yes(report.leaks)}"
    passed = differs and not report.leaks
    yield Check("audit", SHIFTED, "no leak, but a shift", expected, got, status_of(passed))


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _records(rng: np.random.Generator, shift: float = 0.0, *, random_classes: bool = True) -> Records:
    """Return features and classes, which are random or the sign of a feature plus noise."""
    features = rng.normal(size=(SIDE, FEATURES)) + shift
    by_feature = (features[:, 0] + rng.normal(size=SIDE) > 0).astype(np.int64)
    return features, rng.integers(2, size=SIDE) if random_classes else by_feature


def _tree(records: Records) -> DecisionTreeClassifier:
    return DecisionTreeClassifier(random_state=0).fit(*records)


def _audit(tree: Any, members: Records, nonmembers: Records, shadow: Records | None = None) -> AuditReport:
    return audit.audit(tree, members=members, nonmembers=nonmembers, shadow=shadow)
