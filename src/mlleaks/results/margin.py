"""How much an attack may find before it counts as a leak."""

from __future__ import annotations

from dataclasses import dataclass

from mlleaks.errors import InputError

FPR = 0.01
"""The false-positive rate of the margin's TPR."""


@dataclass(frozen=True)
class Margin:
    """The figures below which a leak is too small to matter.

    Parameters
    ----------
    auc : float
        In (0.5, 1].
    tpr : float
        At 1 % FPR, in (0.01, 1].

    Raises
    ------
    InputError
        A margin that guessing reaches, or that is no rate.

    Examples
    --------
    >>> Margin().auc, Margin().tpr
    (0.55, 0.02)
    """

    auc: float = 0.55
    tpr: float = 0.02

    def __post_init__(self) -> None:
        for name, value, chance in (("AUC", self.auc, 0.5), ("TPR at 1 % FPR", self.tpr, FPR)):
            if not chance < value <= 1:
                raise InputError(
                    f"a margin of {value} for the {name}",
                    expected=f"above {chance}, which guessing reaches, and at most 1",
                    fix="Pass the smallest leak that matters to you, for example 0.55 and 0.02.",
                )


DEFAULT_MARGIN = Margin()


def parse_margin(text: str) -> Margin:
    """Return the margin that ``text`` states: an AUC, and perhaps a TPR at 1 % FPR after a comma.

    Raises
    ------
    InputError
        Another form, or see `Margin`.

    Examples
    --------
    >>> parse_margin("0.6"), parse_margin("0.6, 0.05")
    (Margin(auc=0.6, tpr=0.02), Margin(auc=0.6, tpr=0.05))
    """
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) not in (1, 2):
        raise InputError(
            f"the margin {text!r}",
            expected="an AUC, or an AUC and a TPR at 1 % FPR with a comma between them",
            fix="For example: --margin 0.55,0.02.",
        )
    return Margin(*values)
