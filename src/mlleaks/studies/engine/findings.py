"""The paper's eight findings, and which studies speak for or against each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mlleaks.results.reproduction import Chapter, Claim, Word

FINDINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "One shadow model with one attack model does as well as ten with one attack model per class.",
        ("first-adversary",),
    ),
    ("More overfitting, more epochs and more classes leak more.", ("overfitting", "epochs")),
    ("Three posteriors are enough.", ("posteriors",)),
    ("More shadow models hardly help.", ("shadow-count",)),
    (
        "A shadow with other hyperparameters costs the attack little. A shadow of another algorithm costs it "
        "much, and combining algorithms repairs that.",
        ("hyperparameters", "structure", "combining"),
    ),
    ("An attack learned on another domain loses only a few points.", ("transfer",)),
    ("The largest posterior alone separates members on most data sets.", ("training-free",)),
    (
        "Dropout and model stacking weaken all three attacks at little cost in accuracy.",
        ("dropout", "stacking"),
    ),
)


def paper_claims(chapters: Iterable[Chapter]) -> tuple[Claim, ...]:
    """Return each of the paper's findings with the outcome of its studies, under both readings."""
    chapters = list(chapters)
    members = {chapter.name: chapter.finding.word for chapter in chapters}
    averaged = {chapter.name: (chapter.averaged or chapter.finding).word for chapter in chapters}
    claims = []
    for text, names in FINDINGS:
        studies, both = _outcomes(members, names), _outcomes(averaged, names)
        word, averaged_word = _together(set(studies.values())), _together(set(both.values()))
        claims.append(Claim(text, word, studies, averaged_word, both))
    return tuple(claims)


def _outcomes(outcomes: Mapping[str, Word], names: Iterable[str]) -> Mapping[str, Word]:
    return {name: outcomes.get(name, "not run") for name in names}


def _together(outcomes: set[Word]) -> Word:
    """Return the outcome of a finding from those of its studies."""
    measured = outcomes - {"not run"}
    if not measured:
        return "not run"
    if (outcomes == measured and len(measured) == 1) or measured <= {"not reproduced"}:
        return measured.pop()
    return "reproduced in part" if measured & {"reproduced", "reproduced in part"} else "inconclusive"
