"""The results of studies as data: their page, tables and pictures are made from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

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
    evidence : str
        The figures that show it, in sentences; or why the check was not run.
    """

    word: Word
    evidence: str


@dataclass(frozen=True)
class Claim:
    """One of the paper's findings.

    Parameters
    ----------
    text : str
        The finding in one or two sentences.
    word : str
        The outcome of its studies together.
    studies : mapping of str to str
        The outcome of each of its studies, by name; "not run" if the study is not in this run.
    averaged : str
    studies_averaged : mapping of str to str
        The same with precision and recall averaged over both classes.
    """

    text: str
    word: Word
    studies: Mapping[str, Word]
    averaged: Word
    studies_averaged: Mapping[str, Word]


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
