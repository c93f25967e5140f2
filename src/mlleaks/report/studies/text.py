"""Studies as Markdown: the paper's findings in one table, then a short chapter for each study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from mlleaks.report.studies.figures import nonempty_pictures
from mlleaks.report.studies.tables import short_table
from mlleaks.results.reproduction import Chapter, Claim, Finding, Reproduction


def as_markdown(
    reproduction: Reproduction, folder: str = "", causes: Mapping[int, str] | None = None
) -> tuple[str, str]:
    """Return the table of the paper's findings, and the chapters.

    Parameters
    ----------
    reproduction : Reproduction
    folder : str
        The path from the text to pictures and tables: empty, or a folder with a slash.
    causes : mapping of int to str, optional
        Why a finding differs from the paper's, by its number from 1 on.
    """
    sections = {chapter.name for chapter in reproduction.chapters}
    chapters = [_chapter(chapter, folder) for chapter in reproduction.chapters]
    skipped = [f"**{name}** is skipped: {why}" for name, why in reproduction.skipped.items()]
    return _claims(reproduction.claims, sections, causes or {}), "\n\n".join([*chapters, *skipped]) + "\n"


def evidence_table(chapters: tuple[Chapter, ...]) -> pd.DataFrame:
    """Return everything that was measured on each claim: one row per study and reading."""
    rows = [
        (chapter.name, reading, finding.word, finding.figure, finding.evidence)
        for chapter in chapters
        for reading, finding in (("members", chapter.finding), ("both classes", chapter.averaged))
        if finding is not None
    ]
    return pd.DataFrame(rows, columns=["study", "reading", "outcome", "figure", "evidence"])


def _claims(claims: tuple[Claim, ...], sections: set[str], causes: Mapping[int, str]) -> str:
    """Return one line per finding: the outcome under each reading with its figure, and why it differs."""
    head = ["", "the paper's finding", "members", "both classes", "why"]
    lines = [_line(head), _line(["---"] * len(head))]
    for i, claim in enumerate(claims, start=1):
        members, both = (_results(of, sections) for of in (claim.studies, claim.studies_averaged))
        cells = [str(i), claim.text, f"**{claim.word}**<br>{members}", f"**{claim.averaged}**<br>{both}"]
        measured = [result.cause for result in claim.studies.values() if result.cause]
        lines.append(_line([*cells, "<br>".join(filter(None, (causes.get(i), *measured)))]))
    return "\n".join(lines)


def _results(studies: Mapping[str, Finding], sections: set[str]) -> str:
    links = {name: f"[{name}](#{name})" if name in sections else name for name in studies}
    return "<br>".join(f"{links[name]}: {result.figure or result.word}" for name, result in studies.items())


def _chapter(chapter: Chapter, folder: str) -> str:
    """Return a chapter: claim, outcome under each reading, charts, short table."""
    parts = [
        f'<a id="{chapter.name}"></a>\n## {chapter.title}',
        f"{chapter.figure}. **Claim:** {chapter.claim}",
    ]
    if chapter.published:
        parts.append(f"**Published:** {chapter.published}")
    parts += _outcomes(chapter.finding, chapter.averaged)
    if chapter.finding.cause:
        parts.append(f"**Why:** {chapter.finding.cause}")
    parts += [f"**{name}** is skipped: {why}" for name, why in chapter.skipped.items()]
    if not chapter.tidy.empty:
        parts += [f"![{chapter.title}]({folder}{name}.png)" for name in nonempty_pictures(chapter)]
        parts.append(_markdown(short_table(chapter)))
        parts.append(f"All figures with intervals: [{chapter.name}.csv]({folder}{chapter.name}.csv)")
    return "\n\n".join(parts)


def _outcomes(members: Finding, averaged: Finding | None) -> list[str]:
    """Return the outcome under each reading; in one paragraph if they say the same."""
    word = members.word.capitalize()
    if averaged is None:
        return [f"**{word}:** {members.summary}"]
    if (members.word, members.summary) == (averaged.word, averaged.summary):
        return [f"**{word}, under both readings:** {members.summary}"]
    return [
        f"**{word}:** {members.summary}",
        f"**Averaged over both classes, {averaged.word}:** {averaged.summary}",
    ]


def _markdown(shown: pd.DataFrame) -> str:
    rows = (map(str, row) for row in shown.itertuples(index=False))
    return "\n".join([_line(map(str, shown.columns)), _line(["---"] * len(shown.columns)), *map(_line, rows)])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
