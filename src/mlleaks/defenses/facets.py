"""What trainers state of themselves: the members that they hold out, and whether they change answers."""

from __future__ import annotations

from typing import Any


def held_out_share(trainer: Any) -> float:
    """Return the share of its members that a trainer fits no weight to, in [0, 1).

    A trainer states it as an attribute ``held_out_share``; without one it uses all members.

    Examples
    --------
    >>> from mlleaks.defenses import early_stopping
    >>> from mlleaks.models import MLPTrainer
    >>> held_out_share(MLPTrainer()), held_out_share(early_stopping(MLPTrainer(), share=0.2))
    (0.0, 0.2)
    >>> from mlleaks.defenses import stacking
    >>> round(held_out_share(stacking(early_stopping(MLPTrainer(), share=0.3))), 12)
    0.1
    """
    return float(getattr(trainer, "held_out_share", 0.0))


def changes_answers(trainer: Any) -> bool:
    """Return whether a trainer's models change answers after an undefended model has given them.

    A trainer states it as an attribute ``changes_answers``; without one it does not.

    Examples
    --------
    >>> from mlleaks.defenses import LabelOnly, dropout, mask_trainer
    >>> from mlleaks.models import MLPTrainer
    >>> changes_answers(dropout(MLPTrainer())), changes_answers(mask_trainer(MLPTrainer(), LabelOnly()))
    (False, True)
    """
    return bool(getattr(trainer, "changes_answers", False))
