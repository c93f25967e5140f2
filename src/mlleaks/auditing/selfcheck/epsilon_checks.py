"""Whether lower bounds on epsilon stay below the known epsilon of a mechanism, and come near to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import expit

from mlleaks.auditing.selfcheck.check import Check, at_most, guarded, status_of
from mlleaks.seeds import Seeds
from mlleaks.stats import canaries, decision_epsilon, epsilon
from mlleaks.stats.gaussian_dp import gaussian_epsilon
from mlleaks.stats.guess_methods import BINOMIAL, F_DP
from mlleaks.stats.tradeoff import APPROXIMATE, GAUSSIAN
from mlleaks.types import Bools, Floats

RECORDS, TRIALS, DELTA = 1000, 60, 1e-5
EPSILON, MU = 1.0, 1.0
"""Of randomized response, and of Gaussian noise: there the true epsilon is 4.377 at `DELTA`."""
Scores = Callable[[np.random.Generator, Bools, float], Floats]


@dataclass(frozen=True)
class Mechanism:
    """A way to hide membership with a known epsilon.

    Parameters
    ----------
    title : str
    scores : callable (rng, member, strength) -> float array (n,)
        What an attacker sees of each record.
    strength : float
        Epsilon, or mu of Gaussian noise.
    epsilon : float
        The true one at `DELTA`.
    """

    title: str
    scores: Scores
    strength: float
    epsilon: float


@dataclass(frozen=True)
class Bound:
    """A method of bounds, the mechanism for which it should be sharp, and the part of epsilon to reach."""

    name: str
    mechanism: Mechanism
    bound: Callable[[Bools, Floats], float]
    part: float
    coins: bool = False


def epsilon_checks() -> Iterator[Check]:
    """Yield, for each method: how often its bound exceeds the true epsilon, and how near it comes.

    Both with a leak and without one, where the true epsilon is 0.
    """
    for method in METHODS:
        yield from guarded("epsilon", method.name, partial(_checks, method))


def _checks(method: Bound) -> Iterator[Check]:
    rng, mechanism = Seeds(0).stream(f"selfcheck {method.name}"), method.mechanism
    bounds, truth = _bounds(method, rng, mechanism.strength), f"{mechanism.title}: {mechanism.epsilon:.3f}"
    above = int((bounds > mechanism.epsilon).sum())
    yield at_most(("epsilon", method.name, f"{truth}, exceeded"), above, TRIALS, share=0.05)
    needed, median = method.part * mechanism.epsilon, float(np.median(bounds))
    expected = f"median bound {needed:.2f} to {mechanism.epsilon:.2f}"
    passed = needed <= median <= mechanism.epsilon
    yield Check("epsilon", method.name, truth, expected, f"{median:.2f}", status_of(passed))
    none = int((_bounds(method, rng, 0.0) > 0).sum())
    yield at_most(("epsilon", method.name, "no leak: 0, exceeded"), none, TRIALS, share=0.05)


def _bounds(method: Bound, rng: np.random.Generator, strength: float) -> Floats:
    bounds = []
    for _ in range(TRIALS):
        half = rng.permutation(RECORDS) % 2 == 0
        member = rng.random(RECORDS) < 0.5 if method.coins else half
        bounds.append(method.bound(member, method.mechanism.scores(rng, member, strength)))
    return np.array(bounds)


def _randomized_response(rng: np.random.Generator, member: Bools, strength: float) -> Floats:
    """Return the truth with the odds ``exp(epsilon)``, else its opposite (S. Warner, JASA 60, 1965)."""
    return np.where(rng.random(len(member)) < expit(strength), member, ~member).astype(float)


def _gaussian(rng: np.random.Generator, member: Bools, strength: float) -> Floats:
    return rng.normal(size=len(member)) + strength * member


RESPONSE = Mechanism("randomized response", _randomized_response, EPSILON, EPSILON)
NOISE = Mechanism("Gaussian noise", _gaussian, MU, gaussian_epsilon(MU, DELTA))

METHODS = (
    Bound(
        "independent scores",
        RESPONSE,
        lambda member, scores: epsilon.epsilon_lower_bound(member, scores, delta=DELTA).epsilon,
        0.6,
    ),
    Bound(
        "independent scores, mu-GDP",
        NOISE,
        lambda m, s: epsilon.epsilon_lower_bound(m, s, delta=DELTA, tradeoff=GAUSSIAN).epsilon,
        0.6,
    ),
    Bound(
        "one decision",
        RESPONSE,
        lambda m, s: (
            decision_epsilon.epsilon_of_decision(m, s > 0.5, delta=DELTA, tradeoff=APPROXIMATE).epsilon
        ),
        0.6,
    ),
    Bound(
        "one decision, mu-GDP",
        NOISE,
        lambda m, s: decision_epsilon.epsilon_of_decision(m, s > 0.5, delta=DELTA, tradeoff=GAUSSIAN).epsilon,
        0.6,
    ),
    Bound(
        "one run",
        RESPONSE,
        lambda m, s: canaries.one_run_lower_bound(m, s, delta=DELTA, method=BINOMIAL).epsilon,
        0.4,
        coins=True,
    ),
    Bound(
        "one run, mu-GDP",
        NOISE,
        lambda m, s: canaries.one_run_lower_bound(m, s, delta=DELTA, method=F_DP).epsilon,
        0.4,
        coins=True,
    ),
)
"""Each method, on the mechanism whose trade-off function it assumes."""
