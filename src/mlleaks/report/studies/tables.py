"""A study's figures as tables for people: a short one for the text, and one with everything."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from mlleaks.report.studies import figures
from mlleaks.results.reproduction import Chapter, Column

EMPTY = "–"


def full_table(chapter: Chapter) -> pd.DataFrame:
    """Return a chapter's whole table: one row per setting, ``mean (low-high)`` per metric."""
    rows = chapter.summary[chapter.summary["metric"].isin(chapter.metrics)]
    index = [name for name in chapter.index if name in rows]
    cells = rows.assign(cell=[_with_interval(row, digits=3) for row in rows.to_dict("records")])
    wide = cells.pivot_table(index=index, columns="metric", values="cell", aggfunc="first", sort=False)
    ordered = wide[[name for name in chapter.metrics if name in wide]]
    return ordered.fillna(EMPTY).reset_index().rename(columns=figures.LABELS)


def short_table(chapter: Chapter) -> pd.DataFrame:
    """Return the figures that a chapter's text shows, as its `ShortTable` says.

    A cell of one metric has its 95 % interval; a cell of two has the two means. Rows without any figure
    are skipped.
    """
    short, summary = chapter.short, chapter.summary
    rows = list(short.rows)
    keys = summary[rows].drop_duplicates()
    columns = [(column, _selected(summary, column)) for column in short.columns]
    lines = []
    for key in keys.itertuples(index=False, name=None):
        if short.only and tuple(map(str, key)) not in short.only:
            continue
        cells = [_cell(part[(part[rows] == list(key)).all(axis=1)], column) for column, part in columns]
        if any(cell != EMPTY for cell in cells):
            lines.append([*key, *cells])
    titles = [figures.LABELS.get(name, name) for name in short.titles or rows]
    return pd.DataFrame(lines, columns=[*titles, *(column.title for column in short.columns)])


def _selected(summary: pd.DataFrame, column: Column) -> pd.DataFrame:
    """Return the rows of a table of means that a column shows."""
    part = summary[summary["metric"].isin(column.metrics)]
    for name, wanted in column.where.items():
        value = wanted(summary[name]) if callable(wanted) else wanted
        part = part[part[name] == value]
    return part


def _cell(rows: pd.DataFrame, column: Column) -> str:
    if len(column.metrics) == 1 and len(rows) == 1:
        return _with_interval(rows.iloc[0].to_dict(), digits=2)
    means = [rows.loc[rows["metric"] == metric, "value"].mean() for metric in column.metrics]
    texts = [EMPTY if math.isnan(mean) else f"{mean:.2f}" for mean in means]
    return EMPTY if set(texts) == {EMPTY} else " / ".join(texts)


def _with_interval(row: Mapping[Any, Any], digits: int) -> str:
    """Return a mean with its interval, if it has one."""
    value, low, high = (float(row[name]) for name in ("value", "low", "high"))
    if math.isnan(value):
        return EMPTY
    if math.isnan(low):
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"
