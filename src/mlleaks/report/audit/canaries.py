"""What canaries show about epsilon, in words."""

from __future__ import annotations

from mlleaks.report.audit.figures import percent
from mlleaks.results.audit import AuditResult
from mlleaks.results.canaries import CanaryAudit
from mlleaks.stats.canaries import COINS
from mlleaks.stats.intervals import share
from mlleaks.stats.refuting import EpsilonBound
from mlleaks.stats.rounding import rounded_down
from mlleaks.stats.tradeoff import APPROXIMATE, GAUSSIAN

MOSTLY = 0.5
"""A made-up class is answered more often than this by a model that has learned it."""
NEAR = 0.8
"""From this share of what so many canaries can show, more of them may show a larger epsilon."""


def canary_sentences(result: AuditResult) -> list[str]:
    """Return what the canaries showed, one fact per sentence; none if there were none."""
    audit = result.canaries
    if audit is None:
        return []
    return [f"{_planted(audit)} {_bounds(audit)}", *_answered(audit), *_limits(audit)]


def canary_headline(audit: CanaryAudit) -> str:
    """Return the finding in one sentence, where nothing but canaries was audited."""
    first = audit.bounds[0]
    if first.epsilon > 0:
        return f"The model gives away canaries: epsilon is at least {shown(first.epsilon)}."
    if more := [bound for bound in audit.bounds if bound.epsilon > 0]:
        return f"The model gives away canaries: epsilon is at least {_in_words(more[0])}."
    return "The answers about the canaries refute no epsilon."


def _planted(audit: CanaryAudit) -> str:
    return (
        f"Of {len(audit):,} canaries, made-up records with wrong classes, fair coins put "
        f"{int(audit.included.sum()):,} into the training data."
    )


def _bounds(audit: CanaryAudit) -> str:
    first = audit.bounds[0]
    above = [_in_words(bound) for bound in audit.bounds if bound.epsilon > 0]
    if not above:
        return (
            "Their answers refute no epsilon: the lower bound is 0. That does not show that the model is "
            "private; other canaries or attacks may find more."
        )
    level = f"With {100 * first.level:g} % confidence and at delta {first.delta:g}, epsilon is at least"
    return f"{level} {'; and at least '.join(above)}."


def _in_words(bound: EpsilonBound) -> str:
    return f"{shown(bound.epsilon)} {_CONDITIONS.get(_of_mechanism(bound), 'if ' + _of_mechanism(bound))}"


def _of_mechanism(bound: EpsilonBound) -> str:
    """Return what is assumed of the training, without what is assumed of the coins."""
    return bound.assumption.removeprefix(f"{COINS}; ")


_CONDITIONS = {
    APPROXIMATE.assumption: "whatever the training did",
    GAUSSIAN.assumption: "if the training leaks like Gaussian noise (mu-GDP), as DP-SGD nearly does",
}


def _answered(audit: CanaryAudit) -> list[str]:
    """Return how often canaries of either coin get their made-up class, and what looks wrong about it."""
    if "gap" not in audit.scores:
        return []
    right = audit.scores["gap"] > 0
    sides = [right[audit.included], right[~audit.included]]
    inside, outside = (share(int(side.sum()), len(side)) for side in sides)
    counted = (
        f"The model answers {percent(inside.value)} of the canaries in the training data with their made-up "
        f"class, and {percent(outside.value)} of the others."
    )
    if outside.low > MOSTLY:
        return [
            f"{counted} A model that did not see the others cannot do that: was it trained on all canaries?"
        ]
    if inside.high < MOSTLY:
        return [
            f"{counted} If it learns its other training records better than that, some canaries may not have "
            "been in its training data. Then the bounds are too low."
        ]
    return [counted]


def _limits(audit: CanaryAudit) -> list[str]:
    """Return a sentence if a bound is near the highest that so many canaries can show."""
    near = [
        (bound, most)
        for bound, most in zip(audit.bounds, audit.highest, strict=True)
        if bound.epsilon > NEAR * most
    ]
    if not near:
        return []
    most = " and ".join(shown(highest) for _, highest in near)
    return [
        f"So many canaries cannot show more than {most}, even if every guess is right: more of them may show "
        "a larger epsilon."
    ]


def shown(epsilon: float) -> str:
    """Return a lower bound for people; it is rounded downward.

    Examples
    --------
    >>> shown(2.3499), shown(0.0)
    ('2.34', '0.00')
    """
    return rounded_down(epsilon, 2)
