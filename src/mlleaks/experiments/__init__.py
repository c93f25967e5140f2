"""The paper's studies, one a file. A module here that has ``STUDY`` is listed and run by name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from mlleaks.errors import InputError

if TYPE_CHECKING:
    from mlleaks.experiments.study import Study

_ORDER = (
    *("first-adversary", "overfitting", "epochs", "posteriors", "shadow-count", "hyperparameters"),
    *("structure", "combining", "transfer", "why-it-transfers", "training-free", "threshold"),
    *("three-adversaries", "dropout", "dropout-ratios", "stacking", "stacking-price"),
    *("defenses-compared", "shipped", "schedules", "attack-model"),
)
"""As the paper has them; others follow."""


@cache
def catalogue() -> dict[str, Study]:
    """Return all studies by name, in the paper's order.

    Examples
    --------
    >>> list(catalogue())[:2]
    ['first-adversary', 'overfitting']
    """
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    studies = {module.STUDY.name: module.STUDY for module in modules if hasattr(module, "STUDY")}
    rank = {name: place for place, name in enumerate(_ORDER)}
    return dict(sorted(studies.items(), key=lambda item: (rank.get(item[0], len(rank)), item[0])))


def chosen(names: Sequence[str]) -> list[Study]:
    """Return the studies of these names; all of them for none.

    Raises
    ------
    InputError
        There is no study of a name.
    """
    known = catalogue()
    for name in names:
        if name not in known:
            raise InputError(
                f"the study {name!r}",
                expected=f"one of {', '.join(known)}",
                fix="Pass one of them, or none for all.",
            )
    return [known[name] for name in names or known]
