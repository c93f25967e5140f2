"""One check of the self-check, and the bounds that chance sets to it.

Each check compares what the package says with a truth that is known. Where chance alone decides (counts,
the AUC without a leak), a correct package misses the bounds with a probability of `ERROR` at most. Where a
figure must reach a part of what can be reached, the limit is five or more of its standard deviations away.
With fewer than a thousand checks, a correct package so fails in less than one of 10,000 cases. All seeds are
fixed: a machine gives the same answer each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from scipy.stats import binom, norm

from mlleaks.errors import MissingExtra, first_line

ERROR = 1e-7
"""The probability, at most, with which a correct package fails one check."""
DEVIATE = float(norm.isf(ERROR / 2))
"""So many standard errors an estimate may be from the truth."""
Status: TypeAlias = Literal["ok", "FAILED", "not checked"]


@dataclass(frozen=True)
class Check:
    """What was checked, what was expected, and what came out.

    Parameters
    ----------
    part : str
        The part of the package; see `run.PARTS`.
    name : str
        What was checked: an attack, a method.
    truth : str
        What is true of the data that it was checked on.
    expected, got : str
    status : str
        ``ok``, ``FAILED`` or ``not checked``; then ``got`` says why.
    """

    part: str
    name: str
    truth: str
    expected: str
    got: str
    status: Status


def status_of(passed: bool) -> Status:
    """Return the status of a check that was run.

    Examples
    --------
    >>> status_of(True), status_of(False)
    ('ok', 'FAILED')
    """
    return "ok" if passed else "FAILED"


def most(trials: int, share: float) -> int:
    """Return the number that a binomial count exceeds with a probability of `ERROR` at most.

    Examples
    --------
    >>> most(200, 0.05)
    29
    """
    return int(binom.isf(ERROR, trials, share))


def fewest(trials: int, share: float) -> int:
    """Return the number that a binomial count falls below with a probability of `ERROR` at most.

    Examples
    --------
    >>> fewest(200, 0.95)
    171
    """
    return trials - most(trials, 1 - share)


def at_most(check: tuple[str, str, str], hits: int, trials: int, *, share: float) -> Check:
    """Return the check that an event of probability ``share`` or less was not too frequent.

    Parameters
    ----------
    check : (part, name, truth)
    hits, trials : int
        How often the event came, in how many simulations.
    share : float

    Examples
    --------
    >>> at_most(("p-value", "ranking", "no leak"), 12, 200, share=0.05).got
    '12 of 200'
    """
    bound = most(trials, share)
    expected = f"{100 * share:.0f} % or less: up to {bound} of {trials}"
    return Check(*check, expected, f"{hits} of {trials}", status_of(hits <= bound))


def unchecked(part: str, name: str, why: str) -> Check:
    """Return that something was not checked, and why."""
    return Check(part, name, "", "", why, "not checked")


def guarded(part: str, name: str, checks: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """Yield checks; if they end in an error, a last one that has failed, or was not checked for an extra.

    Any error counts: a package that raises where it should answer is what a self-check looks for.

    Examples
    --------
    >>> list(guarded("interval", "AUC", lambda: [1 / 0]))[0].got
    'ZeroDivisionError: division by zero'
    """
    try:
        yield from checks()
    except MissingExtra as error:
        yield unchecked(part, name, f"needs {error.expected}. {error.fix}")
    except Exception as error:
        got = f"{type(error).__name__}: {first_line(error)}"
        yield Check(part, name, "", "no error", got, "FAILED")
