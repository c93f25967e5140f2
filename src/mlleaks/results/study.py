"""What a study found, as data: all that its page, table and pictures are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

Word = Literal["reproduced", "reproduced in part", "not reproduced", "not run"]


@dataclass(frozen=True)
class Finding:
    """Whether a claim's direction was found again.

    Parameters
    ----------
    word : str
    evidence : str
        The figures that say so, or why it was not run.
    """

    word: Word
    evidence: str


@dataclass(frozen=True)
class Claim:
    """One of the paper's findings in a line, and what became of it."""

    text: str
    word: Word
    evidence: str


@dataclass(frozen=True)
class Picture:
    """How a tidy table is drawn.

    Parameters
    ----------
    kind : str
        ``dots``: values with intervals by category; ``lines``: by a number; ``scatter``: one metric
        against another; ``heat``: a matrix; ``plane``: points in a plane; ``steps``: histograms.
    x, color : str
        Columns of the table (for ``scatter`` ``x`` is a metric, for ``heat`` ``color`` is the rows' column).
    panels : tuple of str
        The metrics that are drawn, one a panel.
    titles : tuple of str
        Of the horizontal axis and of the colours.
    log : bool
        A logarithmic horizontal axis.
    attacks : tuple of str
        Only rows of these attacks (``target`` for what belongs to none); by default all.
    """

    kind: Literal["dots", "lines", "scatter", "heat", "plane", "steps"]
    x: str
    color: str
    panels: tuple[str, ...]
    titles: tuple[str, str] = ("", "")
    log: bool = False
    attacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """One study's results.

    Parameters
    ----------
    name, title, figure, claim, published : str
        See `experiments.study.Study`.
    finding : Finding
    tidy : DataFrame
        Every run.
    summary : DataFrame
        Means over seeds.
    index, metrics : tuple of str
        Rows and columns of the table that people see.
    pictures : tuple of Picture
    unfit : mapping of str to str
        Data sets that the study could not be run on, and why.
    files : mapping of str to str
        What else is left beside the table: name and text.
    """

    name: str
    title: str
    figure: str
    claim: str
    published: str
    finding: Finding
    tidy: pd.DataFrame
    summary: pd.DataFrame
    index: tuple[str, ...]
    metrics: tuple[str, ...]
    pictures: tuple[Picture, ...]
    unfit: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        """Whether the claim is this project's own, not the paper's."""
        return self.figure.startswith("Ours")


@dataclass(frozen=True)
class Reproduction:
    """All studies of a run.

    Parameters
    ----------
    chapters : tuple of Chapter
    claims : tuple of Claim
        The paper's findings, put together from the chapters.
    skipped : mapping of data set to why it was left out
    facts : mapping of str to str
        Scale, seeds, machine, versions.
    """

    chapters: tuple[Chapter, ...]
    claims: tuple[Claim, ...]
    skipped: dict[str, str]
    facts: dict[str, str]
