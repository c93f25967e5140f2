"""Machine learning as a service: a model that somebody else trained, by an algorithm that nobody tells."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mlleaks.data.protocol import SHADOW
from mlleaks.results.reproduction import Finding, Picture, ShortTable, attack_columns
from mlleaks.stats.criteria import Answer, is_above
from mlleaks.stats.over_seeds import SeedMean
from mlleaks.studies.engine.algorithms import algorithms
from mlleaks.studies.engine.conclusions import conclude, each_is, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows, pick, pick_columns
from mlleaks.studies.engine.study import READINGS, Row, Study, source_dataset
from mlleaks.studies.paper.service import MLP, find_service
from mlleaks.studies.paper.service_attackers import (
    ALL,
    LABEL,
    TOP,
    AttackerShadows,
    ServiceAnswers,
    attack_answers,
)

OVERFITS = 0.05
"""A service overfits if its training accuracy is above its test accuracy by more than this."""
CHANCE = 0.5
LEARNED = {"adversary-1": "adversary 1", "adversary-2": "adversary 2"}
"""The attackers of the claim, and what its finding calls them."""
POSTERIORS = ("adversary-1", "combining", "adversary-2", "adversary-3")
"""All attackers that read posteriors."""


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what each attacker achieves against the service, for each kind of answers."""
    source = source_dataset(dataset, other_datasets)
    foreign = None
    if source is not None:
        foreign = context.observe(source, 0, context.scale.reference(source), SHADOW)
    own = {
        name: context.observe(dataset, seed, trainer, SHADOW)
        for name, trainer in algorithms(context, dataset).items()
    }
    service = find_service(context, dataset, seed)
    observed = ServiceAnswers(
        context.observe(dataset, seed, service.trainer),
        context.random_answers(dataset, seed, service.trainer),
    )
    shadows = AttackerShadows(own["network"], tuple(own.values()), foreign)
    return attack_answers(observed, shadows, context.seeds(seed), algorithm=service.algorithm)


def check(measured: Measurements) -> Finding:
    """Check that adversaries 1 and 2 beat chance wherever the service overfits.

    Where the service itself takes a network, the shadow is no other algorithm: such runs say nothing about
    adversary 1.
    """
    levels = pick(_of_any(measured).table, "overfitting", attack="target")
    leaking = [str(name) for name, level in levels.items() if level > OVERFITS]
    if not leaking:
        raise MissingRows(f"no service overfits by more than {OVERFITS}")
    rows = measured.only(dataset=leaking, metric="auc")
    pick_columns(_of_any(rows).table, "auc", ["dataset", "attack"], LEARNED, answers=ALL)
    other = Measurements(rows.tidy[rows.tidy["algorithm"] != MLP])
    runs = {"adversary-1": other, "adversary-2": rows}
    areas = {name: _areas(runs[attack].only(attack=attack, answers=ALL)) for attack, name in LEARNED.items()}
    answers = {name: _beats_chance(list(each.values())) for name, each in areas.items()}
    figures = {
        name: ", ".join(f"{dataset} {_area(e)}" for dataset, e in each.items()) or "no run"
        for name, each in areas.items()
    }
    sentences = [*_by_dataset(measured, levels), _restrictions(_of_any(rows))]
    what = "AUC where the service overfits, and its algorithm is not the shadow's"
    return conclude(answers, figures, what=what, details=" ".join(sentences))


def _of_any(measured: Measurements) -> Measurements:
    """Return the measurements of a data set as one setting, whichever algorithm each seed's search took."""
    return Measurements(measured.tidy.drop(columns="algorithm"))


def _beats_chance(areas: Sequence[SeedMean]) -> Answer:
    """Return whether an attacker's AUC is above one half on each data set; None without any."""
    return each_is(is_above, areas, CHANCE, criteria=len(LEARNED)) if areas else None


def _areas(rows: Measurements) -> dict[str, SeedMean]:
    """Return an attack's mean AUC over seeds on each data set."""
    whole = _of_any(rows)
    names = dict.fromkeys(whole.tidy["dataset"])
    return {name: whole.only(dataset=name).estimate(lambda table: table["value"]) for name in names}


def _area(estimate: SeedMean) -> str:
    low, high = estimate.interval()
    return f"{estimate.value:.3f} ({low:.3f} to {high:.3f})"


def _by_dataset(measured: Measurements, levels: pd.Series[float]) -> list[str]:
    """Return a sentence on each service: its algorithm, how it overfits, and the AUC of each attacker."""
    sentences = []
    for dataset, level in levels.items():
        name = str(dataset)
        rows = measured.only(dataset=name)
        took = " or ".join(dict.fromkeys(rows.tidy["algorithm"]))
        table = _of_any(rows).table
        train, test = (pick(table, f"{part}_accuracy")[name] for part in ("train", "test"))
        auc = pick(table, "auc", "attack", answers=ALL)
        figures = ", ".join(f"{who} {auc[who]:.3f}" for who in POSTERIORS if who in auc)
        counts = "" if level > OVERFITS else "; it hardly overfits and does not count"
        if counts == "" and MLP in took:
            counts = f"; runs with an {MLP}, which is adversary 1's algorithm, do not count for adversary 1"
        sentences.append(
            f"{name}: the service took {took}, training and test accuracy {train:.3f} and {test:.3f}, "
            f"AUC: {figures}{counts}."
        )
    return sentences


def _restrictions(rows: Measurements) -> str:
    """Return what less than all posteriors takes from the attackers, where the service overfits."""
    own = rows.only(attack="adversary-1")
    pick_columns(own.table, "auc", ["dataset", "answers"], [ALL, TOP])
    fewer = own.only(answers=[ALL, TOP]).estimate(_change, TOP)
    gap = rows.only(attack=["adversary-1", "gap"])
    gap = Measurements(gap.tidy[(gap.tidy["attack"] == "gap") == (gap.tidy["answers"] == LABEL)])
    gap = gap.only(answers=[ALL, LABEL])
    pick_columns(gap.table, "auc", ["dataset", "answers"], [ALL, LABEL])
    left = pick(gap.table, "auc", answers=LABEL).mean()
    without = rows.only(answers=LABEL).tidy["attack"]
    skipped = [name for name in POSTERIORS if name in set(rows.tidy["attack"]) - set(without)]
    return (
        "Where services overfit, the top three posteriors instead of all, which are as many as these "
        f"attackers read, change the AUC of adversary 1 by {spoken(fewer)}. With the label alone, "
        f"{', '.join(skipped)} have nothing to read and are not run. The gap attack, which knows the true "
        f"classes, still has an AUC of {left:.3f}: {spoken(_gap(gap))} against adversary 1 with all "
        "posteriors."
    )


def _gap(rows: Measurements) -> SeedMean:
    return Measurements(rows.tidy.drop(columns="attack")).estimate(_change, LABEL)


def _change(table: pd.DataFrame, kind: str) -> pd.Series[float]:
    values = pick_columns(table, "auc", ["dataset", "answers"], [ALL, kind])
    return values[kind] - values[ALL]


STUDIES = (
    Study(
        name="mlaas",
        title="A model behind a service leaks, too",
        figure="Section on machine learning as a service",
        claim="Adversary 1, whose shadow is another algorithm than the service's, and adversary 2, whose "
        "shadow also comes from another domain, still find members of a model behind a service.",
        datasets=("location", "words-100", "adult"),
        run=run,
        check=check,
        pictures=(
            Picture("heat", "answers", "attack", READINGS, ("", ""), attacks=(*POSTERIORS, "gap")),
            Picture("dots", "dataset", "algorithm", ("train_accuracy", "test_accuracy"), ("", "")),
        ),
        across=True,
        index=("dataset", "algorithm", "answers", "attack"),
        short=ShortTable(
            ("dataset", "attack"),
            tuple(c for kind in (ALL, TOP, LABEL) for c in attack_columns(kind, answers=kind)),
        ),
        position=9,
    ),
)
