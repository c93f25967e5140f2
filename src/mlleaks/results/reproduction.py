"""The results of studies as data: their page, tables and pictures are made from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

Word = Literal["reproduced", "reproduced in part", "not reproduced", "inconclusive", "not run"]
"""Inconclusive: an interval contains the limit of the criterion, so the runs cannot decide."""

BOTH = "precision of both classes"
"""The metric: precision averaged over members and non-members, weighted by their records.

The same average of their recalls is the accuracy.
"""


@dataclass(frozen=True)
class Finding:
    """Whether a claim was reproduced.

    Parameters
    ----------
    word : str
    summary : str
        The figures that decide it, in a sentence or two; or why the check was not run.
    details : str
        Further figures, by data set, in sentences.
    figure : str
        The one figure that decides most: of what does not hold, if anything does not.
    cause : str
        Why it differs from the paper's, where a further check of the same rows shows that.
    """

    word: Word
    summary: str
    details: str = ""
    figure: str = ""
    cause: str = ""

    @property
    def evidence(self) -> str:
        """Everything that was measured, in sentences."""
        return " ".join(filter(None, (self.summary, self.details, self.cause)))


@dataclass(frozen=True)
class Claim:
    """One of the paper's findings.

    Parameters
    ----------
    text : str
        The finding in one or two sentences.
    word : str
        The outcome of its studies together.
    studies : mapping of str to Finding
        The result of each of its studies, by name; "not run" if the study is not in this run.
    averaged : str
    studies_averaged : mapping of str to Finding
        The same with precision and recall averaged over both classes.
    """

    text: str
    word: Word
    studies: Mapping[str, Finding]
    averaged: Word
    studies_averaged: Mapping[str, Finding]


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
        The metrics that are drawn, one per panel.
    titles : tuple of str
        Titles of the horizontal axis and of the colours.
    log : bool
        A logarithmic horizontal axis.
    attacks : tuple of str
        Only rows of these attacks (``target`` for rows of no attack); by default all.
    """

    kind: Literal["dots", "lines", "scatter", "heat", "plane", "steps"]
    x: str
    color: str
    panels: tuple[str, ...]
    titles: tuple[str, str] = ("", "")
    log: bool = False
    attacks: tuple[str, ...] = ()


MEMBERS, BOTH_CLASSES = ("precision", "recall"), (BOTH, "accuracy")
"""The two readings of precision and recall, each a pair of metrics."""


@dataclass(frozen=True)
class Column:
    """One column of a chapter's short table.

    Parameters
    ----------
    title : str
    metrics : tuple of str
        One metric, or two that stand in one cell.
    where : mapping
        Which rows: each column's value. A function, ``min`` or ``max``, picks one of the values.
    """

    title: str
    metrics: tuple[str, ...]
    where: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ShortTable:
    """The figures of a chapter that the text shows; all others are in its CSV file.

    Parameters
    ----------
    rows : tuple of str
        The columns of the tidy table that name a row. Where several measurements share a cell, it is their
        mean.
    columns : tuple of Column
    only : tuple of tuple of str
        The rows that are shown; by default all.
    titles : tuple of str
        Of the columns that name a row; by default their names.
    """

    rows: tuple[str, ...]
    columns: tuple[Column, ...]
    only: tuple[tuple[str, ...], ...] = ()
    titles: tuple[str, ...] = ()


def readings(title: str, **where: Any) -> tuple[Column, Column]:
    """Return two columns: precision and recall of the members, and of both classes.

    Examples
    --------
    >>> [column.title for column in readings("adversary 1", attack="adversary-1")]
    ['adversary 1, members', 'adversary 1, both classes']
    """
    return Column(f"{title}, members", MEMBERS, where), Column(f"{title}, both classes", BOTH_CLASSES, where)


def attack_columns(title: str, **where: Any) -> tuple[Column, ...]:
    """Return the columns of `readings`, and the AUC.

    Examples
    --------
    >>> attack_columns("adversary 1", attack="adversary-1")[-1].title
    'adversary 1, AUC'
    """
    return *readings(title, **where), Column(f"{title}, AUC", ("auc",), where)


FIRST = {"attack": "adversary-1"}
ADVERSARY_1 = (*readings("adversary 1", **FIRST), Column("AUC", ("auc",), FIRST))
"""What adversary 1 achieves, in a table of this attack alone."""
BY_DATASET = ShortTable(("dataset",), ADVERSARY_1)
"""The short table of a study that states none."""


@dataclass(frozen=True)
class Chapter:
    """One study's results.

    Parameters
    ----------
    name, title, figure, claim, published : str
        See `studies.engine.study.Study`.
    finding : Finding
        With precision and recall of the members.
    tidy : DataFrame
        The rows of every run.
    summary : DataFrame
        Means over seeds.
    index, metrics : tuple of str
        Rows and columns of the table on the page.
    pictures : tuple of Picture
    short : ShortTable
    skipped : mapping of str to str
        Data sets that the study could not be run on, and why.
    files : mapping of str to str
        Files that are written beside the table: name and text.
    averaged : Finding or None
        With precision and recall averaged over both classes; None if the study says nothing of these.
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
    short: ShortTable = BY_DATASET
    skipped: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    averaged: Finding | None = None

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
        The paper's findings, with the outcomes of the chapters.
    skipped : mapping of str to str
        Data sets that could not be had, and why.
    provenance : mapping of str to str
        Scale, data sets, machine, versions.
    """

    chapters: tuple[Chapter, ...]
    claims: tuple[Claim, ...]
    skipped: dict[str, str]
    provenance: dict[str, str]
