"""The paper's eight findings, and which studies speak for or against each."""

from __future__ import annotations

from collections.abc import Iterable

from mlleaks.report.chapters import Chapter, Claim, Word

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
        evidence = " ".join(
            f"{chapter.name}: {chapter.finding.word}; {chapter.finding.evidence}" for chapter in mine
        )
        told.append(Claim(text, word, mine[0].finding.evidence if len(mine) == 1 else evidence))
    return tuple(told)
