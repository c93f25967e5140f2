"""Whether lists of named records hold no more false names than they promise, and name members at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import norm

from mlleaks.auditing.selfcheck.check import DEVIATE, Check, at_most, guarded, status_of
from mlleaks.seeds import Seeds
from mlleaks.stats import naming
from mlleaks.types import Floats

MEMBERS, NONMEMBERS, SHIFT, TRIALS = 200, 300, 2.0, 500
LEVEL, PRIOR = 0.1, 0.5
LIST = f"list at a level of {100 * LEVEL:.0f} %"
RECORDS = np.repeat([True, False], [MEMBERS, NONMEMBERS])


def naming_checks() -> Iterator[Check]:
    """Yield the share of false names in lists, how many members they name, and the interval of the share."""
    yield from guarded("naming", LIST, _checks)


def _checks() -> Iterator[Check]:
    rng = Seeds(0).stream("selfcheck naming")
    lists = [_listed(rng) for _ in range(TRIALS)]
    false = np.array([_false(listed) for listed in lists])
    bound = LEVEL + DEVIATE * float(false.std()) / np.sqrt(TRIALS)
    yield Check(
        "naming",
        LIST,
        "a leak: share of false names",
        f"up to {bound:.3f} on average",
        f"{false.mean():.3f}",
        status_of(bool(false.mean() <= bound)),
    )
    best, reached = _best_share(), float(np.mean([listed.share.value for listed in lists]))
    expected = f"{0.8 * best:.3f} to {1.1 * best:.3f} on average"
    passed = 0.8 * best <= reached <= 1.1 * best
    truth = f"a leak: {best:.3f} of the members can be named"
    yield Check(
        "naming",
        LIST,
        truth,
        expected,
        f"{reached:.3f}",
        status_of(passed),
    )
    missed = sum(not e.low <= fdp <= e.high for e, fdp in zip((x.fdp for x in lists), false, strict=True))
    check = ("naming", "interval of the share of false names", "a 95 % interval misses the truth")
    yield at_most(check, missed, TRIALS, share=0.05)


def _listed(rng: np.random.Generator) -> naming.NamingList:
    scores: Floats = rng.normal(size=len(RECORDS)) + SHIFT * RECORDS
    return naming.name_members(RECORDS, scores, level=LEVEL, prior=PRIOR)


def _false(listed: naming.NamingList) -> float:
    """Return the true share of false names among candidates: at the prior, non-members' scores are normal."""
    false = (1 - PRIOR) * float(norm.sf(listed.threshold))
    true = PRIOR * listed.share.value
    return false / (false + true) if true > 0 else 0.0


def _best_share() -> float:
    """Return the share of the members above the threshold at which exactly `LEVEL` of the names are false."""
    thresholds = np.linspace(-3, 6, 9001)
    false, true = (1 - PRIOR) * norm.sf(thresholds), PRIOR * norm.sf(thresholds - SHIFT)
    return float(norm.sf(thresholds[false <= LEVEL * (false + true)][0] - SHIFT))
