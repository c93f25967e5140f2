"""The paper's eight findings, and which studies speak for or against each."""

from __future__ import annotations

from collections.abc import Iterable

from mlleaks.results.study import Chapter, Claim, Word

FINDINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("One shadow model does as well as ten with an attack model for each class.", ("first-adversary",)),
    ("More overfitting, more epochs and more classes leak more.", ("overfitting", "epochs")),
    ("Three posteriors are enough.", ("posteriors",)),
    ("More shadow models hardly help.", ("shadow-count",)),
    (
        "Mismatched hyperparameters cost little; a mismatched algorithm costs much, and combining "
        "repairs it.",
        ("hyperparameters", "structure", "combining"),
    ),
    ("Transfer across domains costs a few points.", ("transfer",)),
    ("The largest posterior alone separates members on most data sets.", ("training-free",)),
    ("Dropout and model stacking cut all three attacks at little cost in accuracy.", ("dropout", "stacking")),
)


def line(evidence: str) -> str:
    """Return the first sentence, which has the figures of all data sets together.

    Examples
    --------
    >>> line("mean fall of the AUC 0.15; accuracy lost 0.05. location: 0.59 to 0.58.")
    'mean fall of the AUC 0.15; accuracy lost 0.05.'
    """
    return evidence.split(". ", maxsplit=1)[0].rstrip(".") + "."


def judged(chapters: Iterable[Chapter]) -> tuple[Claim, ...]:
    """Return each finding with the word and the figures of its studies."""
    known = {chapter.name: chapter for chapter in chapters}
    told = []
    for text, names in FINDINGS:
        mine = [known[name] for name in names if name in known]
        words = {chapter.finding.word for chapter in mine}
        if not mine or words == {"not run"}:
            told.append(Claim(text, "not run", f"needs the studies {', '.join(names)}."))
            continue
        word: Word = words.pop() if len(words) == 1 else "reproduced in part"
        lines = {f"{chapter.name} {chapter.finding.word}": line(chapter.finding.evidence) for chapter in mine}
        both = " ".join(f"{known}: {evidence}" for known, evidence in lines.items())
        told.append(Claim(text, word, both if len(mine) > 1 else line(mine[0].finding.evidence)))
    return tuple(told)
