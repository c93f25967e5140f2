"""Whether the blind check sees a shift between members and non-members, and none where there is none."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import norm

from mlleaks.auditing import blind_check
from mlleaks.auditing.selfcheck.check import DEVIATE, Check, at_most, guarded, status_of
from mlleaks.results.blind_check import ALPHA, BlindCheck
from mlleaks.seeds import Seeds
from mlleaks.types import Dataset, MemberSplit

SIDE, CHECKS = 150, 12
"""Records of each side without a shift, and how often they are drawn."""
LARGE, SHIFT = 400, 1.0
"""Records of each side with a shift, in standard deviations."""
SHIFTED = 1
"""The feature that is shifted."""


def shift_checks() -> Iterator[Check]:
    """Yield what the blind check says of equal sides, and of sides of which one feature is shifted."""
    yield from guarded("shift", "blind check", _checks)


def _checks() -> Iterator[Check]:
    rng, name = Seeds(0).stream("selfcheck shift"), "blind check"
    differing = sum(_blind(rng, SIDE).differs for _ in range(CHECKS))
    yield at_most(("shift", name, "no shift, called different"), differing, CHECKS, share=ALPHA)
    shifted = _blind(rng, LARGE, SHIFT)
    got = f"{shifted.differs}, p {shifted.p_value:.4f}"
    truth = "a shift of one feature, no leak"
    passed = shifted.differs and shifted.p_value < 0.005
    yield Check("shift", name, truth, "differs, p below 0.005", got, status_of(passed))
    named = shifted.features[0].feature if shifted.features else "none"
    expected, passed = f"feature {SHIFTED}", named == str(SHIFTED)
    yield Check("shift", name, truth, expected, f"feature {named}", status_of(passed))
    best, auc = float(norm.cdf(SHIFT / np.sqrt(2))), shifted.auc.value
    low, high = 0.5 + (best - 0.5) / 4, best + DEVIATE / np.sqrt(6 * LARGE)
    expected = f"AUC {low:.3f} to {high:.3f}"
    yield Check("shift", name, truth, expected, f"{auc:.3f}", status_of(low <= auc <= high))


def _blind(rng: np.random.Generator, side: int, shift: float = 0.0) -> BlindCheck:
    """Return the blind check of two sides of which the first has one feature higher by ``shift``."""
    features = rng.normal(size=(2 * side, 4))
    features[:side, SHIFTED] += shift
    data = Dataset("made", features, rng.integers(2, size=2 * side), 2)
    sides = MemberSplit(data.take(np.arange(side)), data.take(np.arange(side, 2 * side)))
    return blind_check.blind_check(sides, rng)
