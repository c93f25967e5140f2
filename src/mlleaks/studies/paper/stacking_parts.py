"""Stacking under each reading of its parts: which records its three models share, and how many they get.

The paper trains each of the three models on a disjoint part of the training set and says that the accuracy
stays. A third of the records is little for a network, so the parts may have been others: one for each layer,
or thirds of a training set that is three times as large as that of the network without a defense.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.data.splits import disjoint
from mlleaks.defenses import Defense, stacking
from mlleaks.results.comparison import NONE
from mlleaks.results.reproduction import FIRST, Column, Finding, ShortTable, attack_columns
from mlleaks.stats.criteria import Answer, all_hold, any_holds, is_above, is_below
from mlleaks.stats.intervals import LEVEL
from mlleaks.stats.over_seeds import SeedMean
from mlleaks.studies.engine.conclusions import at_two_levels, conclude, each_is, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows, pick
from mlleaks.studies.engine.study import Row, Study, target_rows
from mlleaks.studies.paper.defended import INDEX, SHOWN, defense_pictures, leaking, measure_defenses
from mlleaks.types import Dataset, Model, Trainer

MODELS = 3
"""In a stack: a network, a forest, and the logistic regression on top."""
THIRD = "none, on a third"
DISJOINT, LAYERS, SAME = "stack, disjoint", "stack, part per layer", "stack, same records"
STACKS: dict[str, Defense] = {
    DISJOINT: stacking,
    LAYERS: partial(stacking, parts="layers"),
    SAME: partial(stacking, parts="same"),
}
READINGS = {
    "Thirds of the network's records": (NONE, DISJOINT),
    "One half for each layer": (NONE, LAYERS),
    "Thirds as large as the network's records": (THIRD, DISJOINT),
}
"""The readings with disjoint parts: the network that the accuracy is compared with, and the stack."""
ATTACKS = ("adversary-1", "adversary-3")
MOST_COST = 0.02
"""The accuracy is maintained if it falls by less than this."""
SPOKEN: Mapping[Answer, str] = {True: "yes", False: "no", None: "not decided"}


@dataclass(frozen=True)
class ThirdTrainer:
    """Train on a third of the records: those that the network of a stack with disjoint parts sees.

    It is the same network, too: it starts from the same weights. The other records are no members of the
    model, though a plan of members counts them, so only what it answers about non-members is used.

    Parameters
    ----------
    base : Trainer

    Examples
    --------
    >>> def train(data, rng):
    ...     print(len(data), "records")
    >>> data = Dataset("toy", np.arange(60.0)[:, None], np.repeat([0, 1], 30), 2)
    >>> ThirdTrainer(train)(data, np.random.default_rng(0))
    20 records
    """

    base: Trainer

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the model of a third of the records."""
        third = disjoint(data.y, [1.0] * MODELS, rng)[0]
        return self.base(data.take(third), rng.spawn(1)[0])


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return accuracy and what the attackers achieve without stacking and with each kind of parts.

    Of the network that is trained on a third of the records there is only the test accuracy. So attacks
    against each stack are compared with those against the network that is trained on all records.
    """
    rows = measure_defenses(context, dataset, seed, (), defenses=STACKS)
    third = context.observe(dataset, seed, ThirdTrainer(context.scale.reference(dataset)))
    small = target_rows(third, defense=THIRD, source="")
    return rows + [row for row in small if row["metric"] == "test_accuracy"]


def check(measured: Measurements) -> Finding:
    """Check that one reading with disjoint parts keeps the accuracy, and that each weakens the attacks.

    The accuracy must fall by less than 0.02, and the AUC of adversaries 1 and 3 fall, on every data set that
    leaks without a defense.
    """
    names = leaking(measured.table)
    for name in names:
        there = set(measured.only(dataset=name).tidy["defense"])
        if missing := [defense for defense in (NONE, THIRD, *STACKS) if defense not in there]:
            raise MissingRows(f"{name} lacks {', '.join(missing)}")
    costs = {reading: _costs(measured, names, *pair) for reading, pair in READINGS.items()}
    falls = {stack: _falls(measured, names, stack) for stack in (DISJOINT, LAYERS)}
    accuracy = {reading: _maintained(each.values()) for reading, each in costs.items()}
    protection = {
        stack: each_is(is_above, list(each.values()), criteria=2 * len(falls))
        for stack, each in falls.items()
    }
    sentences = [
        f"{reading}: accuracy maintained: {SPOKEN[accuracy[reading]]} ({_extreme(costs[reading], max)}); "
        f"attacks weakened: {SPOKEN[protection[stack]]} ({_extreme(falls[stack], min)})."
        for reading, (_, stack) in READINGS.items()
    ]
    answers = {"accuracy": any_holds(accuracy.values()), "protection": all_hold(protection.values())}
    best = min(costs.values(), key=lambda each: max(cost.value for cost in each.values()))
    least = min(falls.values(), key=lambda each: min(fall.value for fall in each.values()))
    figures = {
        "accuracy": f"{_extreme(best, max)} under the cheapest reading",
        "protection": _extreme(least, min),
    }
    return conclude(
        answers,
        figures,
        what="Largest fall of the test accuracy, and smallest fall of an attack's AUC; a minus is a rise",
        details=f"{' '.join(sentences)} {_careless(measured, names)} {_figures(measured.table, names)}",
    )


def _difference(rows: Measurements, first: str, second: str) -> SeedMean:
    """Return a figure with one defense minus that with another; of one metric, attack and data set."""

    def difference(table: pd.DataFrame) -> float:
        values = table.set_index("defense")["value"]
        return float(values[first] - values[second])

    return rows.only(defense=[first, second]).estimate(difference)


def _costs(measured: Measurements, names: Sequence[str], network: str, stack: str) -> dict[str, SeedMean]:
    """Return by how much a stack's test accuracy is below a network's, on each data set."""
    rows = measured.only(metric="test_accuracy")
    return {name: _difference(rows.only(dataset=name), network, stack) for name in names}


def _falls(measured: Measurements, names: Sequence[str], stack: str) -> dict[str, SeedMean]:
    """Return by how much each attack's AUC falls on each data set, against the network on all records."""
    auc = measured.only(metric="auc")
    return {
        f"{attack} on {name}": _difference(auc.only(dataset=name, attack=attack), NONE, stack)
        for attack in ATTACKS
        for name in names
    }


def _maintained(costs: Any) -> Answer:
    """Return whether the accuracy is maintained on all data sets, at levels for one reading of several."""
    costs = list(costs)
    return at_two_levels(
        lambda level: all_hold(is_below(cost.interval(level), MOST_COST) for cost in costs),
        yes=1 - (1 - LEVEL) / len(READINGS),  # one of them is enough, and each has a chance to be it
        no=1 - (1 - LEVEL) / (2 * len(costs)),
    )


def _extreme(estimates: Mapping[str, SeedMean], choose: Any) -> str:
    """Return the largest or smallest of several figures with its interval, and where it is."""
    where = choose(estimates, key=lambda name: estimates[name].value)
    return f"{spoken(estimates[where])}, {where if ' on ' in where else f'on {where}'}"


def _careless(measured: Measurements, names: Sequence[str]) -> str:
    """Return a sentence on the stack whose models all see the same records."""
    cost = _extreme(_costs(measured, names, NONE, SAME), max)
    return (
        f"With no disjoint parts at all: accuracy {cost}; attacks "
        f"{_extreme(_falls(measured, names, SAME), min)}."
    )


def _figures(table: pd.DataFrame, names: Sequence[str]) -> str:
    """Return the test accuracy and adversary 1's AUC of each network and stack, on each data set."""
    accuracy: Any = pick(table, "test_accuracy", ["dataset", "defense"])
    auc: Any = pick(table, "auc", ["dataset", "defense"], attack="adversary-1")
    sentences = []
    for name in names:
        each = (f"{d} {accuracy[name, d]:.3f} and {auc[name, d]:.3f}" for d in (NONE, *STACKS))
        sentences.append(f"{name}: {'; '.join(each)}; {THIRD} {accuracy[name, THIRD]:.3f}.")
    return f"Test accuracy and adversary 1's AUC. {' '.join(sentences)}"


STUDIES = (
    Study(
        name="stacking-parts",
        title="What stacking costs depends on how its parts are meant",
        figure="Ours, after the section on defenses",
        claim="Under at least one reading of the disjoint parts, a stack keeps the accuracy of a network. "
        "Under each of them it weakens the attacks.",
        published="CIFAR-100, adversary 1: precision and recall fall by more than 30 %, the accuracy stays.",
        datasets=("location", "news", "words-20", "adult", "cifar100", "cifar10", "face"),
        run=run,
        check=check,
        pictures=defense_pictures("defense", "dataset", "data set", ("attack", "defense")),
        index=INDEX,
        metrics=("train_accuracy", *SHOWN),
        short=ShortTable(
            ("defense",),
            tuple(
                column
                for name in ("location", "cifar100")
                for column in (
                    Column(f"{name}, test accuracy", ("test_accuracy",), {"dataset": name}),
                    *attack_columns(name, **FIRST, dataset=name),
                )
            ),
        ),
        position=19,
    ),
)
