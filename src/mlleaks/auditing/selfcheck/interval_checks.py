"""Whether each method of intervals covers a known truth as often as it promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from scipy.stats import norm

from mlleaks.auditing.selfcheck.check import Check, at_most, guarded, status_of
from mlleaks.seeds import Seeds
from mlleaks.stats import clustered, intervals, simultaneous, slices, stratified
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import roc
from mlleaks.types import Bools, Floats

MEMBERS, NONMEMBERS, SHIFT = 120, 150, 1.0
"""Scores are normal, those of members higher by the shift."""
AUC = float(norm.cdf(SHIFT / np.sqrt(2)))
"""The true AUC of such scores."""
FPR = 0.1
TPR = float(norm.sf(norm.isf(FPR) - SHIFT))
"""The true TPR at this FPR."""
MISSED = 0.06
"""Intervals of 95 % may miss the truth so often where the counts of few records leave no choice."""
NORMAL = 2 * float(norm.ppf(0.975))
"""The width of a 95 % interval of a normal estimate, in standard deviations."""
WIDEST = 1.5
"""Intervals may be so much wider than that on average: of few records they have to be."""
RECORDS = np.repeat([True, False], [MEMBERS, NONMEMBERS])
Simulated: TypeAlias = Sequence[tuple[float, Estimate]]
"""Truths, and the estimates that should cover them all at once."""


@dataclass(frozen=True)
class Method:
    """A method, one simulation of it, how many there are, and how wide it may be; see `WIDEST`."""

    name: str
    simulate: Callable[[np.random.Generator], Simulated]
    trials: int = 400
    widest: float = WIDEST


def interval_checks() -> Iterator[Check]:
    """Yield, for each method, how often its 95 % interval covers the truth, and whether it is too wide."""
    for method in METHODS:
        yield from guarded("interval", method.name, partial(_checks, method))


def _checks(method: Method) -> Iterator[Check]:
    rng = Seeds(0).stream(f"selfcheck {method.name}")
    runs = [method.simulate(rng) for _ in range(method.trials)]
    missed = sum(not all(e.low <= truth <= e.high for truth, e in run) for run in runs)
    check = ("interval", method.name, "a 95 % interval misses the truth")
    yield at_most(check, missed, method.trials, share=MISSED)
    estimates = [run[0][1] for run in runs]
    spread = float(np.std([e.value for e in estimates]))
    widest, width = method.widest * NORMAL * spread, float(np.mean([e.high - e.low for e in estimates]))
    truth = f"estimates spread by {spread:.3f}"
    expected, passed = f"width up to {widest:.3f}", width <= widest
    yield Check("interval", method.name, truth, expected, f"{width:.3f}", status_of(passed))


def _scores(rng: np.random.Generator, member: Bools = RECORDS) -> Floats:
    return rng.normal(size=len(member)) + SHIFT * member


def _area(rng: np.random.Generator) -> Simulated:
    return [(AUC, intervals.area(roc(RECORDS, _scores(rng))))]


def _area_of_decision(rng: np.random.Generator) -> Simulated:
    flagged = rng.random(len(RECORDS)) < np.where(RECORDS, 0.6, 0.2)
    return [(0.7, intervals.area(roc(RECORDS, flagged * 1.0)))]


def _tpr(rng: np.random.Generator) -> Simulated:
    return [(TPR, intervals.tpr_at_fpr(roc(RECORDS, _scores(rng)), FPR))]


def _share(rng: np.random.Generator) -> Simulated:
    return [(0.3, intervals.share(int(rng.binomial(MEMBERS, 0.3)), MEMBERS))]


def _rare(rng: np.random.Generator) -> Simulated:
    return [(0.02, intervals.share(int(rng.binomial(NONMEMBERS, 0.02)), NONMEMBERS))]


def _counts(rng: np.random.Generator) -> tuple[int, int]:
    """Return how many members and non-members are flagged: 60 % and 20 % on average."""
    return int(rng.binomial(MEMBERS, 0.6)), int(rng.binomial(NONMEMBERS, 0.2))


def _advantage(rng: np.random.Generator) -> Simulated:
    hits, alarms = _counts(rng)
    recall, fpr = intervals.share(hits, MEMBERS), intervals.share(alarms, NONMEMBERS)
    return [(0.4, intervals.difference(recall, fpr))]


def _accuracy(rng: np.random.Generator) -> Simulated:
    hits, alarms = _counts(rng)
    truth = (0.6 * MEMBERS + 0.8 * NONMEMBERS) / (MEMBERS + NONMEMBERS)
    return [(truth, intervals.accuracy(hits, MEMBERS, alarms, NONMEMBERS))]


def _precision(rng: np.random.Generator) -> Simulated:
    hits, alarms = _counts(rng)
    truth = 0.6 * MEMBERS / (0.6 * MEMBERS + 0.2 * NONMEMBERS)
    return [(truth, intervals.precision(hits, MEMBERS, alarms, NONMEMBERS))]


def _simultaneous(rng: np.random.Generator) -> Simulated:
    """Four attacks that share half of their noise: all intervals must cover at once."""
    common = rng.normal(size=len(RECORDS))
    own = rng.normal(size=(4, len(RECORDS)))
    curves = [roc(RECORDS, (common + each) / np.sqrt(2) + SHIFT * RECORDS) for each in own]
    return [(AUC, estimate) for estimate in simultaneous.simultaneous_areas(curves)]


def _clustered(rng: np.random.Generator) -> Simulated:
    """Three records per person, whose scores share most of their noise."""
    person = np.arange(len(RECORDS)) // 3
    common = rng.normal(size=person.max() + 1)[person]
    scores = np.sqrt(0.8) * common + np.sqrt(0.2) * rng.normal(size=len(person)) + SHIFT * RECORDS
    return [(AUC, clustered.clustered_auc(RECORDS, scores, person))]


def _stratified(rng: np.random.Generator) -> Simulated:
    strata = np.arange(len(RECORDS)) % 3
    scores = _scores(rng) + 5 * strata
    return [(AUC, stratified.auc(RECORDS, scores, strata))]


def _slices(rng: np.random.Generator) -> Simulated:
    """All slices at once, whose scores lie at different levels."""
    groups = np.arange(len(RECORDS)) % 4
    table = slices.by_slice(RECORDS, _scores(rng) + 5 * groups, groups)
    rows = table.sort_values("slice")[["auc", "low", "high"]].to_numpy()
    return [(AUC, Estimate(auc, low, high, "")) for auc, low, high in rows]


def _mean(rng: np.random.Generator) -> Simulated:
    values = rng.normal(size=5)
    half = float(intervals.t_half_width(values.std(ddof=1), len(values)))
    mean = float(values.mean())
    return [(0.0, Estimate(mean, mean - half, mean + half, ""))]


METHODS = (
    Method("AUC", _area),
    Method("AUC of a decision", _area_of_decision),
    Method("TPR at an FPR", _tpr),
    Method("share", _share),
    Method("share of few", _rare),
    Method("advantage", _advantage),
    Method("accuracy", _accuracy),
    Method("precision", _precision),
    Method("AUCs of several attacks at once", _simultaneous, trials=100, widest=2.0),
    Method("AUC with several records per person", _clustered),
    Method("AUC within strata", _stratified),
    Method("AUC of each slice at once", _slices, trials=150, widest=2.0),
    Method("mean over seeds", _mean, widest=2.0),
)
"""Each kind of interval that reports have."""
