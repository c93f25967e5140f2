"""A defense before and after: the target's accuracy, and the three adversaries who know of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial

import pandas as pd

from mlleaks.attacks.gap import GapAttack
from mlleaks.attacks.threshold import calibrate
from mlleaks.defenses import Defense, held_out_share, without_held_out
from mlleaks.errors import InputError
from mlleaks.outputs.signals import maximum
from mlleaks.results.study import Finding, Picture
from mlleaks.storage.atomic import is_unwritable
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import Row, Study, TooFew, pick, rows, target_rows
from mlleaks.studies.paper.three_adversaries import source
from mlleaks.types import Trainer

log = logging.getLogger(__name__)

NONE = "none"
ATTACKS = ("adversary-1", "adversary-2", "adversary-3")
LEAKS = 0.6
"""AUC of adversary 1 from which on there is something to defend."""
SHOWN = ("test_accuracy", "precision", "recall", "auc")
INDEX = ("dataset", "defense", "attack")


def pictures(row: str, color: str, title: str, heat: tuple[str, str]) -> tuple[Picture, ...]:
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


def sides(table: pd.DataFrame) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return the strongest attack's AUC and the test accuracy of each data set and defense."""
    auc = pick(table, "auc", list(INDEX))
    strongest = auc.groupby(level=["dataset", "defense"], sort=False).max()
    return strongest, pick(table, "test_accuracy", ["dataset", "defense"])


def study(
    name: str,
    defended: Defense,
    *,
    title: str,
    claim: str,
    published: str,
    datasets: tuple[str, ...],
    position: int,
) -> Study:
    """Return the study of one defense.

    Parameters
    ----------
    name : str
        Of the defense and of its study.
    defended : Defense
        Puts it on the paper's network.
    title, claim, published, datasets, position : as in `Study`
    """

    def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
        """Return accuracy and the three adversaries' figures without and with the defense."""
        return compared(lab, dataset, seed, others, defenses={name: defended})

    return Study(
        name=name,
        title=title,
        figure="Section on defenses",
        claim=claim,
        published=published,
        datasets=datasets,
        run=run,
        check=partial(check, defense=name),
        pictures=pictures("dataset", "defense", "defense", ("defense", "attack")),
        across=True,
        index=INDEX,
        metrics=SHOWN,
        position=position,
    )


def compared(
    lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...], *, defenses: Mapping[str, Defense]
) -> list[Row]:
    """Return what the adversaries achieve against the model without and with each defense.

    Adversaries 1 and 2 train their shadow with the same defense; unaware of it, without. Where the other
    data set cannot have the defense, adversary 2 is there unaware only.
    """
    elsewhere = source(dataset, others)
    told: list[Row] = []
    for name, defense in ({NONE: _as_it_is} | dict(defenses)).items():
        trainer = defense(lab.scale.reference(dataset))
        target, _ = lab.pair(dataset, seed) if name == NONE else lab.pair(dataset, seed, trainer)
        attacks = {
            "adversary-1": lab.adversary_1(dataset, seed, trainer),
            "adversary-1, unaware": lab.adversary_1(dataset, seed),
            "adversary-3": calibrate(lab.noise(dataset, seed, trainer), maximum),
            "gap": GapAttack(),
        }
        if elsewhere is not None:
            try:
                hers = defense(lab.scale.reference(elsewhere))
                attacks["adversary-2"] = lab.adversary_1(elsewhere, 0, hers)
            except InputError as error:  # too few records of a class for its parts, say
                if is_unwritable(error):
                    raise
                log.warning("adversary 2 cannot have %s on %s: %s", name, elsewhere, error)
            attacks["adversary-2, unaware"] = lab.adversary_1(elsewhere, 0)
        for title, attack in attacks.items():
            if name != NONE or "unaware" not in title:
                of = elsewhere if "adversary-2" in title else ""
                measured = rows(title, attack, target, defense=name, source=of)
                told += [without_held_out(row, held_out_share(trainer)) for row in measured]
        told += target_rows(target, defense=name, source="")
    return told


def _as_it_is(trainer: Trainer) -> Trainer:
    return trainer


def check(table: pd.DataFrame, defense: str) -> Finding:
    """Check that every adversary's AUC falls on every data set that leaks, at little cost in accuracy."""
    index = ["dataset", "defense", "attack"]
    auc = pick(table, "auc", index).unstack("defense")
    precision = pick(table, "precision", index).unstack("defense")
    leaking = auc.xs("adversary-1", level="attack")[NONE] > LEAKS
    names = [name for name, leaks in leaking.items() if leaks]
    if not names:
        raise TooFew("none of the data sets leaks without a defense")
    falls = {
        attack: (auc[NONE] - auc[defense]).xs(attack, level="attack").reindex(names) for attack in ATTACKS
    }
    least = pd.DataFrame(falls).min(axis=1)
    kept = list(map(str, least.index[least <= 0]))
    accuracy = pick(table, "test_accuracy", ["dataset", "defense"]).unstack()
    cost = (accuracy[NONE] - accuracy[defense]).reindex(names)
    first = precision.xs("adversary-1", level="attack").reindex(names)
    told = "; ".join(
        f"{name}: accuracy {accuracy[NONE][name]:.3f} to {accuracy[defense][name]:.3f}, "
        f"adversary 1's precision {first[NONE][name]:.2f} to {first[defense][name]:.2f}"
        for name in map(str, names)
    )
    fall = ", ".join(f"{attack} {values.mean():+.3f}" for attack, values in falls.items())
    good = not kept and min(values.mean() for values in falls.values()) > 0.02 and cost.mean() < 0.05
    no_less = f", but some adversary's does not fall on {', '.join(kept)}" if kept else ""
    return Finding(
        "reproduced" if good else "not reproduced",
        f"mean fall of the AUC where there is a leak: {fall}{no_less}; accuracy lost "
        f"{cost.mean():+.3f}. {told}.",
    )
