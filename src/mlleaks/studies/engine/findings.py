"""The paper's eight findings, and which studies speak for or against each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mlleaks.results.reproduction import Chapter, Claim, Finding, Word

FINDINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("One shadow model does as well as ten.", ("first-adversary",)),
    ("More overfitting, more epochs and more classes leak more.", ("overfitting", "epochs")),
    ("Three posteriors are enough.", ("posteriors",)),
    ("More shadow models hardly help.", ("shadow-count",)),
    (
        "Other hyperparameters cost little, another algorithm much, and combining repairs it.",
        ("hyperparameters", "structure", "combining"),
    ),
    ("An attack learned on another domain loses little.", ("transfer",)),
    ("The largest posterior separates members on most data sets.", ("training-free",)),
    ("Dropout and stacking weaken all attacks and cost little accuracy.", ("dropout", "stacking")),
)


def paper_claims(chapters: Iterable[Chapter]) -> tuple[Claim, ...]:
    """Return each of the paper's findings with the outcome of its studies, under both readings."""
    chapters = list(chapters)
    members = {chapter.name: chapter.finding for chapter in chapters}
    averaged = {chapter.name: chapter.averaged or chapter.finding for chapter in chapters}
    claims = []
    for text, names in FINDINGS:
        studies, both = _results(members, names), _results(averaged, names)
        claims.append(Claim(text, _together(studies), studies, _together(both), both))
    return tuple(claims)


def _results(results: Mapping[str, Finding], names: Iterable[str]) -> Mapping[str, Finding]:
    missing = Finding("not run", "The study is not in this run.")
    return {name: results.get(name, missing) for name in names}


def _together(results: Mapping[str, Finding]) -> Word:
    """Return the outcome of a finding from those of its studies."""
    outcomes = {result.word for result in results.values()}
    measured = outcomes - {"not run"}
    if not measured:
        return "not run"
    if (outcomes == measured and len(measured) == 1) or measured <= {"not reproduced"}:
        return measured.pop()
    return "reproduced in part" if measured & {"reproduced", "reproduced in part"} else "inconclusive"
