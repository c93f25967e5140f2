"""Models with and without a defense: accuracy, and attackers who know of the defense."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import pandas as pd

from mlleaks.attacks.spec import Attack
from mlleaks.defenses import Defense, held_out_share, without_held_out
from mlleaks.errors import InputError
from mlleaks.results.comparison import NONE
from mlleaks.results.reproduction import FIRST, Column, Finding, Picture, ShortTable, attack_columns
from mlleaks.stats.criteria import all_hold, is_above, is_below
from mlleaks.stats.over_seeds import SeedMean
from mlleaks.storage.atomic import is_unwritable
from mlleaks.studies.engine.conclusions import each_is, finding, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows, defined, pick
from mlleaks.studies.engine.study import LEAKING_AUC, READINGS, Row, attack_rows, source_dataset, target_rows
from mlleaks.types import Trainer

log = logging.getLogger(__name__)

ATTACKS = ("adversary-1", "adversary-2", "adversary-3")
WORTH, MOST_COST = 0.02, 0.05
"""By how much the AUC must fall on average, and what a defense may cost in accuracy."""
SHOWN = ("test_accuracy", *READINGS)
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
    return dots, Picture("heat", *heat, READINGS, heat)


def defended_table(defense: str) -> ShortTable:
    """Return the short table of a study of one defense: each figure without it and with it."""
    columns: list[Column] = []
    for title, name in (("no defense", NONE), (defense, defense)):
        where = {"defense": name}
        columns += [
            Column(f"{title}, test accuracy", ("test_accuracy",), where),
            *attack_columns(title, **FIRST, **where),
        ]
    return ShortTable(("dataset",), tuple(columns))


def strongest_and_accuracy(table: pd.DataFrame) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return the strongest attack's AUC and the test accuracy of each data set and defense."""
    auc = pick(table, "auc", list(INDEX))
    strongest = auc.groupby(level=["dataset", "defense"], sort=False).max()
    return strongest, pick(table, "test_accuracy", ["dataset", "defense"])


def leak_and_accuracy(
    measured: Measurements, dataset: str, first: str, second: str
) -> tuple[SeedMean, SeedMean]:
    """Return the strongest attack's AUC and the test accuracy with one defense minus those with another."""
    rows = measured.only(dataset=dataset, defense=[first, second])

    def difference(table: pd.DataFrame) -> float:
        largest = table.groupby("defense")["value"].max()
        return float(largest[first] - largest[second])

    return tuple(rows.only(metric=metric).estimate(difference) for metric in ("auc", "test_accuracy"))  # type: ignore[return-value]


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


def check_defense(measured: Measurements, defense: str) -> Finding:
    """Check that every attack's AUC falls on every data set that leaks, at little cost in accuracy.

    The falls must be more than 0.02 on average, and the loss of accuracy less than 0.05.
    """
    table, names = measured.table, leaking(measured.table)
    both = measured.only(dataset=names, defense=[NONE, defense])
    accuracy = both.only(metric="test_accuracy")
    auc = {attack: both.only(metric="auc", attack=attack) for attack in ATTACKS}
    cost = accuracy.estimate(_falls, defense)
    means = {attack: rows.estimate(_falls, defense) for attack, rows in auc.items()}
    each = {
        (name, attack): rows.only(dataset=name).estimate(_falls, defense)
        for attack, rows in auc.items()
        for name in names
    }
    answers = (
        each_is(is_above, list(each.values()), criteria=3),
        each_is(is_above, list(means.values()), WORTH, criteria=3),
        each_is(is_below, [cost], MOST_COST, criteria=3),
    )
    return finding(
        all_hold(answers),
        f"Mean fall of the AUC on the data sets that leak: "
        f"{', '.join(f'{attack} {spoken(mean)}' for attack, mean in means.items())}.{_unprotected(each)} "
        f"Mean loss of accuracy: {spoken(cost)}.",
        f"By data set: {_by_dataset(table, names, defense)}.",
        figure=f"AUC {-means['adversary-1'].value:+.3f}, accuracy {-cost.value:+.3f}",
    )


def leaking(table: pd.DataFrame) -> list[str]:
    """Return the data sets on which adversary 1's AUC is above `LEAKING_AUC` without a defense.

    Raises
    ------
    MissingRows
        There is none.
    """
    auc = pick(table, "auc", ["dataset", "defense"], attack="adversary-1").unstack()
    names = [
        str(name) for name, value in auc.get(NONE, pd.Series(dtype=float)).items() if value > LEAKING_AUC
    ]
    if not names:
        raise MissingRows("no data set leaks without a defense")
    return names


def _falls(table: pd.DataFrame, defense: str) -> pd.Series[float]:
    """Return by how much a figure falls on each data set, from a table of one metric and attack."""
    values = table.set_index(["dataset", "defense"])["value"].unstack()
    for name in (NONE, defense):
        if name not in values:
            raise MissingRows(f"no row has the defense {name}")
    return defined(values[NONE] - values[defense], f"a figure without and with {defense}")


def _unprotected(falls: Mapping[tuple[str, str], SeedMean]) -> str:
    """Return a sentence on the data sets where an attack's AUC does not fall, or may not."""
    answers = {key: is_above(fall.interval(), 0.0) for key, fall in falls.items()}
    sentences = ""
    for wanted, phrase in ((False, "does not fall"), (None, "may not fall: its interval contains 0")):
        names = dict.fromkeys(name for (name, _), answer in answers.items() if answer is wanted)
        if names:
            sentences += f" On {', '.join(names)}, at least one attack's AUC {phrase}."
    return sentences


def _by_dataset(table: pd.DataFrame, names: Sequence[str], defense: str) -> str:
    """Return accuracy and adversary 1's precision without and with the defense, on each data set."""
    accuracy = pick(table, "test_accuracy", ["dataset", "defense"])
    first = pick(table, "precision", ["dataset", "defense"], attack="adversary-1")
    return "; ".join(
        f"{name}: accuracy {accuracy[name, NONE]:.3f} to {accuracy[name, defense]:.3f}, "
        f"adversary 1's precision {first[name, NONE]:.2f} to {first[name, defense]:.2f}"
        for name in names
    )
