"""From intervals to a finding: reproduced, in part, not reproduced, or inconclusive."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mlleaks.results.reproduction import Finding, Word
from mlleaks.stats.criteria import Answer, all_hold
from mlleaks.stats.over_seeds import SeedMean
from mlleaks.stats.shares import LEVEL

Criterion = Callable[[tuple[float, float], float], Answer]
"""`mlleaks.stats.criteria.is_above` or `is_below`."""

WORDS: Mapping[Answer, Word] = {True: "reproduced", False: "not reproduced", None: "inconclusive"}


def each_is(
    criterion: Criterion, estimates: Sequence[SeedMean], limit: float = 0.0, *, criteria: int = 1
) -> Answer:
    """Return whether all estimates are above, or below, a limit.

    Yes, if each 95 % interval is. No, if one interval is on the other side at a level that holds for all of
    them together (Bonferroni): of many, one would often be there by chance.

    Parameters
    ----------
    criterion : callable
    estimates : sequence of SeedMean
    limit : float
    criteria : int
        How many criteria a claim has of which this is one; they share the error of a "no".

    Examples
    --------
    >>> from mlleaks.stats.criteria import is_above
    >>> high, low = (SeedMean(value, 0.0, 1, 0.1, 0.1) for value in (0.5, -0.11))
    >>> each_is(is_above, [high, high]), each_is(is_above, [low]), each_is(is_above, [high, low])
    (True, False, None)
    """
    jointly = 1 - (1 - LEVEL) / (criteria * max(1, len(estimates)))
    return at_two_levels(
        lambda level: all_hold(criterion(e.interval(level), limit) for e in estimates), yes=LEVEL, no=jointly
    )


def at_two_levels(answer: Callable[[float], Answer], *, yes: float, no: float) -> Answer:
    """Return True if ``answer`` is at the level ``yes``, False if it is at the level ``no``, else None.

    Parameters
    ----------
    answer : callable
        ``answer(level)``, by intervals of that level.
    yes, no : float
        The levels, in (0, 1).

    Examples
    --------
    >>> print(at_two_levels(lambda level: False if level < 0.97 else None, yes=0.95, no=0.99))
    None
    """
    if answer(yes) is True:
        return True
    return False if answer(no) is False else None


def spoken(estimate: SeedMean) -> str:
    """Return a change with its 95 % interval, as text.

    Examples
    --------
    >>> spoken(SeedMean(0.05, 0.0, 1, below=0.07, above=0.05))
    '+0.050 (-0.020 to +0.100)'
    """
    value, low, high = (round(end, 3) + 0.0 for end in (estimate.value, *estimate.interval()))  # no -0.000
    return f"{value:+.3f} ({low:+.3f} to {high:+.3f})"


def finding(answer: Answer, summary: str, details: str = "", *, figure: str = "") -> Finding:
    """Return the finding of a claim with one criterion.

    Examples
    --------
    >>> finding(None, "AUC +0.1.").word
    'inconclusive'
    """
    return Finding(WORDS[answer], summary, details, figure)


def conclude(
    answers: Mapping[str, Answer], figures: Mapping[str, str], *, what: str, details: str = ""
) -> Finding:
    """Return the finding of a claim that speaks of several metrics, each checked by itself.

    "Reproduced in part" if it holds for one of them and not for all; "inconclusive" if it holds for none and
    is not refuted for all.

    Parameters
    ----------
    answers, figures : mapping of str
        By metric: whether the claim holds, and the figure that says so.
    what : str
        What the figures are.
    details : str
        Further figures, in sentences.

    Examples
    --------
    >>> figures = {"AUC": "+0.1", "recall": "-0.1"}
    >>> conclude({"AUC": True, "recall": False}, figures, what="Change").summary
    'The claim holds for AUC, not for recall. Change: AUC +0.1; recall -0.1.'
    >>> conclude({"AUC": True, "recall": None}, figures, what="Change").figure
    'recall -0.1'
    """
    good, bad, undecided = (
        [name for name in answers if answers[name] is wanted] for wanted in (True, False, None)
    )
    summary = f"{what}: {'; '.join(f'{name} {figure}' for name, figure in figures.items())}."
    decisive = next((name for name in answers if answers[name] is not True), next(iter(answers)))
    figure = f"{decisive} {figures[decisive]}"
    if len(set(answers.values())) == 1:
        return finding(answers[decisive], summary, details, figure=figure)
    phrases = {"holds for": good, "is not decided for": undecided, "does not hold for": bad}
    parts = [f"{phrase} {listed(names)}" for phrase, names in phrases.items() if names]
    if good and bad:
        parts[-1] = parts[-1].replace("does not hold", "not")
    word: Word = "reproduced in part" if good else "inconclusive"
    return Finding(word, f"The claim {', '.join(parts)}. {summary}", details, figure)


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
