"""From a study's tidy table to its chapter: means over seeds, and whether the claim holds."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pandas as pd

from mlleaks.results.study import Chapter, Finding
from mlleaks.stats.aggregation import summarize
from mlleaks.studies.engine.study import Study, TooFew

log = logging.getLogger(__name__)


def chapter(
    study: Study,
    tidy: pd.DataFrame,
    *,
    unfit: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> Chapter:
    """Return the chapter of a study.

    Parameters
    ----------
    study : Study
    tidy : DataFrame
        ``dataset, seed`` and what `Study.run` returns, a row a measurement; may be empty.
    unfit : mapping of str to str, optional
        Data sets that the study could not be run on, and why.
    files : mapping of str to str, optional
        What else it leaves: name and text.
    """
    if tidy.empty:
        finding, summary = (
            Finding("not run", "none of its data sets is in this run, or too few of them."),
            tidy,
        )
    else:
        summary = summarize(tidy)
        finding = _checked(study, summary)
    return Chapter(
        name=study.name,
        title=study.title,
        figure=study.figure,
        claim=study.claim,
        published=study.published,
        finding=finding,
        tidy=tidy,
        summary=summary,
        index=study.index,
        metrics=study.metrics,
        pictures=study.pictures,
        unfit=unfit or {},
        files=files or {},
    )


def _checked(study: Study, summary: pd.DataFrame) -> Finding:
    try:
        return study.check(summary)
    except TooFew as error:
        return Finding("not run", f"{error}.")
    except (KeyError, IndexError, ValueError) as error:
        log.info("check of %s: %r", study.name, error)
        return Finding("not run", "this run has too few data sets or settings for the check.")
