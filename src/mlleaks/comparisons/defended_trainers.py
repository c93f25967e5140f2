"""Which trainers a comparison of defenses is of: the plain one and one per defense."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from mlleaks import defenses as defense_registry
from mlleaks.defenses import (
    Defense,
    DefenseSpec,
)
from mlleaks.errors import InputError, MissingExtra
from mlleaks.models import as_trainer
from mlleaks.results.comparison import NONE
from mlleaks.runtime.foreign_code import calling
from mlleaks.seeds import Seeds
from mlleaks.storage.fingerprint import describe
from mlleaks.storage.hashing import hash_inputs
from mlleaks.storage.versions import versions
from mlleaks.types import Dataset, Trainer

DefenseChoice: TypeAlias = Sequence[str] | Mapping[str, Defense] | None
"""Which defenses; a string is "all"."""


def comparison_facts(
    data: Dataset,
    trainer: Trainer | Any,
    defenses: DefenseChoice,
    *,
    seeds: int,
    seed: int,
) -> dict[str, str]:
    """Return what a comparison would be of, as text.

    The parameters are those of `compare_defenses`.

    Raises
    ------
    InputError
        ``seeds`` below one, and what `defended_trainers` raises.
    """
    if not isinstance(seeds, int | np.integer) or isinstance(seeds, bool) or seeds < 1:
        raise InputError(f"{seeds!r} seeds", expected="a whole number from 1 on", fix="Pass another number.")
    seed = Seeds(seed).root
    trainers, _ = defended_trainers(trainer, defenses)
    return {
        "data": data.name,
        "records": f"{len(data):,}, SHA-256 {hash_inputs(data.X, data.y)[:16]}",
        "trainer": describe(trainers[NONE]),
        "seeds": f"{seed} to {seed + seeds - 1}",
        **{title: describe(defended) for title, defended in trainers.items() if title != NONE},
        "versions": ", ".join(f"{key} {version}" for key, version in versions("torch").items()),
    }


def defended_trainers(
    trainer: Trainer | Any, defenses: DefenseChoice
) -> tuple[dict[str, Trainer], dict[str, str]]:
    """Return the trainers by the names of their defenses, the plain one first; and why others are skipped.

    Raises
    ------
    InputError
        No trainer, no defense or one called "none", an unknown name, or one that does not fit the trainer.
    MissingExtra
        A defense needs a library that is not installed.
    ModelError
        A defense of the user's own raises.
    """
    base, unfit = as_trainer(trainer), dict[str, str]()
    if isinstance(defenses, Mapping):
        selected = defenses
    elif isinstance(defenses, str) and defenses == "all":
        selected, unfit = _fitting(base)
    elif defenses is not None and (isinstance(defenses, str) or not isinstance(defenses, Iterable)):
        raise InputError(
            f"the defenses {defenses!r}", expected='a list of names, or "all"', fix="Pass one of them."
        )
    else:
        selected = {spec.name: spec.apply for spec in _selected(base, defenses)}
    if NONE in selected or not selected:
        raise InputError(
            f"a defense called {NONE!r}" if selected else "no defense",
            expected="one or more, with other names",
            fix="Pass names of mlleaks.defenses.REGISTRY, or functions under names of their own.",
        )
    return {NONE: base} | {title: _defended(title, f, base) for title, f in selected.items()}, unfit


def _selected(trainer: Trainer, names: Iterable[str] | None) -> Iterable[DefenseSpec]:
    """Return the defenses of these names; without any, five that fit the trainer."""
    selected = defense_registry.REGISTRY
    if names is None:
        return (spec for spec in selected.values() if spec.is_usual_for(trainer))
    return selected.select(names)


def _fitting(trainer: Trainer) -> tuple[dict[str, Defense], dict[str, str]]:
    """Return all defenses that fit a trainer and can be had split, and why the others do not."""
    fit, unfit = {}, {}
    for name, spec in defense_registry.REGISTRY.items():
        try:
            spec.apply(trainer)
        except (InputError, MissingExtra) as error:
            unfit[name] = str(error)
        else:
            fit[name] = spec.apply
    return fit, unfit


def _defended(title: str, defense: Defense, base: Trainer) -> Trainer:
    """Return what a defense, perhaps the user's own, makes of the trainer."""
    if not callable(defense):
        raise InputError(
            f"{type(defense).__name__} as the defense {title!r}",
            expected="a function defense(trainer) that returns a trainer",
            fix="Pass a function.",
        )
    fix = "Call defense(trainer) in Python to see what is wrong."
    with calling(f"from the defense {title!r}", expected="a trainer", fix=fix):
        return as_trainer(defense(base))
