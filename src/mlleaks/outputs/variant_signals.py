"""Answers to several queries about each record: the record itself, and changed versions of it."""

from __future__ import annotations

from dataclasses import dataclass

from mlleaks.types import Floats, Ids


@dataclass(frozen=True)
class VariantSignals:
    """The true class's scaled logit of changed versions of each record.

    Parameters
    ----------
    target : float array (n, q)
        What the target answers.
    references : float array (m, n, q)
        What each reference model answers.
    ids : array (n,)
        What each record is called.
    """

    target: Floats
    references: Floats
    ids: Ids
