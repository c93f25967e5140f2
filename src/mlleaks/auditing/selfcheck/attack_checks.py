"""Whether each attack of the registry finds a planted leak, not more than is there, and else nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np
from scipy.stats import hypergeom

from mlleaks.attacks.spec import Attack, AttackSpec
from mlleaks.auditing.selfcheck.check import DEVIATE, ERROR, Check, guarded, status_of, unchecked
from mlleaks.auditing.selfcheck.planted_leak import PlantedLeak
from mlleaks.seeds import Seeds
from mlleaks.stats import metrics
from mlleaks.types import Bools, Floats

REACHED = {"posteriors": 0.5, "predicted class": 0.2}
"""The part of the best possible attack's lead over chance that an attack must reach, by what it reads."""


def attack_checks(specs: Iterable[AttackSpec], leak: PlantedLeak, null: PlantedLeak) -> Iterator[Check]:
    """Yield the checks of each attack: on a planted leak, without one, and at its own threshold.

    Parameters
    ----------
    specs : iterable of AttackSpec
    leak, null : PlantedLeak
        As `planted_leak.plant` makes them, with a gap and with none.
    """
    for spec in specs:
        if lacking := [*leak.missing(spec), *null.missing(spec)]:
            yield unchecked("attack", spec.name, f"needs made evidence of the kind {lacking[0]}")
        else:
            yield from guarded("attack", spec.name, partial(_checks, spec, leak, null))


def _checks(spec: AttackSpec, leak: PlantedLeak, null: PlantedLeak) -> Iterator[Check]:
    yield _finds(spec, leak, _scores(spec, leak)[1])
    yield from _finds_nothing(spec, null, *_scores(spec, null))


def _scores(spec: AttackSpec, planted: PlantedLeak) -> tuple[Attack, Floats]:
    attack = spec.build(planted.evidence, Seeds(0).stream(f"attack {spec.name}"))
    return attack, np.asarray(attack.score(planted.target.outputs))


def _finds(spec: AttackSpec, leak: PlantedLeak, scores: Floats) -> Check:
    """Check that an attack reaches a fair part of what can be reached, and not more than that."""
    best = leak.best_auc(spec)
    low = 0.5 + REACHED[spec.reads] * (best - 0.5)
    high = min(1.0, best + DEVIATE * _spread(leak.target.member))
    auc = metrics.auc(leak.target.member, scores)
    truth = f"a leak: the best AUC is {best:.3f}"
    return Check(
        "attack",
        spec.name,
        truth,
        f"AUC {low:.3f} to {high:.3f}",
        f"{auc:.3f}",
        status_of(low <= auc <= high),
    )


def _finds_nothing(spec: AttackSpec, null: PlantedLeak, attack: Attack, scores: Floats) -> Iterator[Check]:
    """Check that an attack ranks records, and flags them, as chance does."""
    member = null.target.member
    half, auc = DEVIATE * _spread(member), metrics.auc(member, scores)
    expected = f"AUC {0.5 - half:.3f} to {0.5 + half:.3f}"
    yield Check("attack", spec.name, "no leak", expected, f"{auc:.3f}", status_of(abs(auc - 0.5) <= half))
    flagged = scores > attack.threshold  # no record where the attacker has no threshold
    count, hits = int(flagged.sum()), int((flagged & member).sum())
    low, high = (int(end) for end in hypergeom.ppf([ERROR, 1 - ERROR], len(member), member.sum(), count))
    if (low, high) != (0, count):  # fewer records could not fail
        expected = f"{low} to {high} of {count:,} flagged are members"
        passed = low <= hits <= high
        yield Check("attack", spec.name, "no leak, own threshold", expected, str(hits), status_of(passed))


def _spread(member: Bools) -> float:
    """Return the standard deviation of the AUC of scores that say nothing; ties make it smaller.

    Source: H. Mann, D. Whitney, Annals of Mathematical Statistics 18 (1947).
    """
    n, m = int(member.sum()), int((~member).sum())
    return math.sqrt((n + m + 1) / (12 * n * m))
