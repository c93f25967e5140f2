"""Models with and without a defense: accuracy, and attackers who know of the defense."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pandas as pd

from mlleaks.attacks.spec import Attack
from mlleaks.defenses import Defense, held_out_share, without_held_out
from mlleaks.errors import InputError
from mlleaks.results.comparison import NONE
from mlleaks.results.reproduction import Finding, Picture
from mlleaks.storage.atomic import is_unwritable
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.rows import MissingRows, pick, pick_columns
from mlleaks.studies.engine.study import Row, attack_rows, source_dataset, target_rows
from mlleaks.types import Trainer

log = logging.getLogger(__name__)

ATTACKS = ("adversary-1", "adversary-2", "adversary-3")
LEAKING_AUC = 0.6
"""A model leaks if the AUC of adversary 1 against it is larger than this."""
SHOWN = ("test_accuracy", "precision", "recall", "auc")
INDEX = ("dataset", "defense", "attack")


def defense_pictures(row: str, color: str, title: str, heat: tuple[str, str]) -> tuple[Picture, ...]:
    """Return accuracy beside adversary 1's AUC by two columns, and a matrix of all attacks."""
    dots = Picture(
        "dots",
        row,
        color,
        ("test_accuracy", "auc"),
        ("", f"{title} (AUC of adversary 1)"),
        attacks=("target", "adversary-1"),
    )
    return dots, Picture("heat", *heat, ("precision", "recall", "auc"), heat)


def strongest_and_accuracy(table: pd.DataFrame) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return the strongest attack's AUC and the test accuracy of each data set and defense."""
    auc = pick(table, "auc", list(INDEX))
    strongest = auc.groupby(level=["dataset", "defense"], sort=False).max()
    return strongest, pick(table, "test_accuracy", ["dataset", "defense"])


def measure_defenses(
    context: StudyContext,
    dataset: str,
    seed: int,
    other_datasets: tuple[str, ...],
    *,
    defenses: Mapping[str, Defense],
) -> list[Row]:
    """Return what the attackers achieve against the model without and with each defense.

    Adversaries 1 and 2 train their shadow with the same defense; the "unaware" ones train it without.
    Where the other data set is too small for the defense, there is only the unaware adversary 2.
    """
    source = source_dataset(dataset, other_datasets)
    rows: list[Row] = []
    for name, defense in ({NONE: _undefended} | dict(defenses)).items():
        trainer = defense(context.scale.reference(dataset))
        target, _ = context.pair(dataset, seed) if name == NONE else context.pair(dataset, seed, trainer)
        attacks: dict[str, Attack] = {
            "adversary-1": context.attack("adversary-1", dataset, seed, trainer),
            "adversary-1, unaware": context.attack("adversary-1", dataset, seed),
            "adversary-3": context.attack("adversary-3-maximum", dataset, seed, trainer),
            "gap": context.attack("gap", dataset, seed, trainer),
        }
        if source is not None:
            attacks |= _transferred(context, source, name, defense)
        for title, attack in attacks.items():
            if name != NONE or "unaware" not in title:
                learned_on = source if "adversary-2" in title else ""
                measured = attack_rows(title, attack, target, defense=name, source=learned_on)
                rows += [without_held_out(row, held_out_share(trainer)) for row in measured]
        rows += target_rows(target, defense=name, source="")
    return rows


def _undefended(trainer: Trainer) -> Trainer:
    return trainer


def _transferred(context: StudyContext, source: str, name: str, defense: Defense) -> dict[str, Attack]:
    """Return adversary 2's attacks, learned on ``source`` with the defense, if it can be had, and without."""
    attacks: dict[str, Attack] = {}
    try:
        trainer = defense(context.scale.reference(source))
        attacks["adversary-2"] = context.attack("adversary-1", source, 0, trainer)
    except InputError as error:  # too few records of a class for the defense's parts, say
        if is_unwritable(error):
            raise
        log.warning("adversary 2 cannot use %s on %s: %s", name, source, error)
    return attacks | {"adversary-2, unaware": context.attack("adversary-1", source, 0)}


def check_defense(table: pd.DataFrame, defense: str) -> Finding:
    """Check that every attack's AUC falls on every data set that leaks, at little cost in accuracy."""
    both = (NONE, defense)
    auc, precision = (
        {
            attack: pick_columns(table, metric, ["dataset", "defense"], both, attack=attack)
            for attack in attacks
        }
        for metric, attacks in (("auc", ATTACKS), ("precision", ATTACKS[:1]))
    )
    leaking = auc["adversary-1"][NONE] > LEAKING_AUC
    names = [str(name) for name, leaks in leaking.items() if leaks]
    if not names:
        raise MissingRows("no data set leaks without a defense")
    falls = {attack: (auc[attack][NONE] - auc[attack][defense]).reindex(names) for attack in ATTACKS}
    least = pd.DataFrame(falls).min(axis=1)
    unprotected = list(map(str, least.index[least <= 0]))
    accuracy = pick_columns(table, "test_accuracy", ["dataset", "defense"], both)
    cost = (accuracy[NONE] - accuracy[defense]).reindex(names)
    first = precision["adversary-1"].reindex(names)
    figures = "; ".join(
        f"{name}: accuracy {accuracy[NONE][name]:.3f} to {accuracy[defense][name]:.3f}, "
        f"adversary 1's precision {first[NONE][name]:.2f} to {first[defense][name]:.2f}"
        for name in names
    )
    fall = ", ".join(f"{attack} {values.mean():+.3f}" for attack, values in falls.items())
    good = not unprotected and min(values.mean() for values in falls.values()) > 0.02 and cost.mean() < 0.05
    exception = f" On {', '.join(unprotected)}, at least one attack's AUC does not fall." * bool(unprotected)
    return Finding(
        "reproduced" if good else "not reproduced",
        f"Mean fall of the AUC on the data sets that leak: {fall}.{exception} Mean loss of accuracy: "
        f"{cost.mean():+.3f}. By data set: {figures}.",
    )
