"""What the attacks find against models that saw none of the records: a difference between the sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlleaks.stats.contrasted import Contrasted

ALPHA = 0.01
"""Sides that do not differ are called different in at most this share of audits, besides a blind check's."""


@dataclass(frozen=True)
class Placebo:
    """The attacks of an audit against models that were trained on neither members nor non-members.

    Parameters
    ----------
    attacks : mapping of str to Contrasted
        By attack, those that could be run against such a model.
    sources : mapping of str to str
        By attack, which models these were, in words.
    p_value : float
        Of "members and non-members look alike to a model that saw neither"; 1 without an attack.
    weighted : mapping of str to Contrasted
        By attack, the same with weights under which the two sides have the same features; empty where the
        sides do not differ, or overlap too little.
    why_not : str or None
        Why no model could be had for the attacks that need whole answers.
    """

    attacks: Mapping[str, Contrasted] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    p_value: float = 1.0
    weighted: Mapping[str, Contrasted] = field(default_factory=dict)
    why_not: str | None = None

    @property
    def differs(self) -> bool:
        """Whether the sides differ to a model that saw neither, at a level of `ALPHA`.

        Examples
        --------
        >>> Placebo(p_value=0.01).differs, Placebo().differs
        (True, False)
        """
        return self.p_value <= ALPHA
