"""Targets whose training is traced, and what a strong attack with reference models finds of each.

LiRA, one variance for all records, has 32 reference models on random halves of the records. Targets are
trained on half of the records, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

import mlleaks
from mlleaks import LossTrace, MLPTrainer
from mlleaks.attacks.clipping import choose_limit
from mlleaks.attacks.lira import lira
from mlleaks.data.duplicates import drop_duplicates
from mlleaks.data.membership_plan import plan_members
from mlleaks.defenses import dropout
from mlleaks.models import as_trainer, loss_trace_iqr, model_losses, tail_statistic
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.outputs.signals import scaled_logit
from mlleaks.seeds import Seeds
from mlleaks.shadows import train_shadows
from mlleaks.stats.correlation import rank_correlation
from mlleaks.types import Bools, Dataset, Floats

MODELS, REFERENCES, TARGETS = 40, 32, 4
FPR = 0.01
SHARES = (0.01, 0.05)
SIZES = {"digits": None, "location": None, "adult": 6000, "words-20": 6000, "cifar10": 4000, "news": 4000}
DROPPED = ("digits", "location", "adult")
"""Dropout on wider records would take longer than all other cases together."""


@dataclass(frozen=True)
class Case:
    """One way of training on one data set."""

    data: str
    training: str
    trainer: Any

    @property
    def name(self) -> str:
        """A name for files and tables."""
        return f"{self.data}, {self.training}"


def cases(datasets: list[str]) -> Iterator[Case]:
    """Yield every data set with every way of training."""
    for data in datasets:
        center = data == "cifar10"
        for epochs in (5, 15, 50):
            yield Case(data, f"MLP, {epochs} epochs", MLPTrainer(epochs=epochs, center=center))
        yield Case(data, "MLP, weight decay", MLPTrainer(l2=1e-3, center=center))
        if data in DROPPED:
            yield Case(data, "MLP, dropout", dropout(MLPTrainer(center=center)))
        if data == "adult":
            for stages in (20, 100, 300):
                booster = HistGradientBoostingClassifier(max_iter=stages)
                yield Case(data, f"boosting, {stages} stages", as_trainer(booster))


@cache
def records(name: str) -> Dataset:
    """Return a data set without repeats, or a sample of it."""
    data = drop_duplicates(mlleaks.load_dataset(name))
    size = SIZES[name]
    return data if size is None else data.take(np.random.default_rng(0).permutation(len(data))[:size])


def measured(case: Case, folder: Path) -> list[dict[str, Any]]:
    """Return what the trace and the strong attack say of each target of a case."""
    data = records(case.data)
    plan = plan_members(len(data), MODELS, Seeds(0).stream("plan"))
    shadows = train_shadows(
        case.trainer, data, plan, Seeds(0), folder=folder / case.name, signal=scaled_logit
    )
    logits = np.stack([shadows.answers(model) for model in range(MODELS)]).astype(np.float64)
    inside = np.stack([plan.mask(model) for model in range(MODELS)])
    attack = Attack(logits, inside, data, _limit(logits, inside, data))
    detected = np.stack([_detected(attack(i, logits[i]), inside[i]) for i in range(MODELS)])
    return [_target(case, data, 2 * i, attack, detected) for i in range(TARGETS)]


@dataclass(frozen=True)
class Attack:
    """LiRA as an audit runs it: scaled logits count within plus or minus ``limit``."""

    logits: Floats
    inside: Bools
    data: Dataset
    limit: float

    def __call__(self, number: int, target: Floats) -> Floats:
        """Return the scores of all records, with reference models of other pairs than the target's."""
        rest = np.delete(np.arange(MODELS // 2), number // 2)
        pairs = np.random.default_rng(number).permutation(rest)[: REFERENCES // 2]
        references = _references(self.logits, self.inside, self.data, pairs)
        fit = lira("global", "online", self.limit)
        return fit(references, None)(target, np.arange(len(self.data)))


def _limit(logits: Floats, inside: Bools, data: Dataset) -> float:
    """Return the limit of scaled logits, chosen on the pairs of models that no target belongs to."""
    references = _references(logits, inside, data, np.arange(TARGETS, MODELS // 2))
    return choose_limit(references, partial(lira, "global", "online"))


def _references(logits: Floats, inside: Bools, data: Dataset, pairs: Any) -> References:
    rows = np.sort(np.concatenate([2 * pairs, 2 * pairs + 1]))
    signals = ReferenceSignals(logits[rows], inside[rows], data.y, np.arange(len(data)))
    return References(signals, rows // 2)


def _detected(scores: Floats, member: Bools) -> Bools:
    """Return which records stand above all but 1 % of the non-members."""
    nonmembers = np.sort(scores[~member])[::-1]
    return scores > nonmembers[int(FPR * len(nonmembers))]


def _target(case: Case, data: Dataset, number: int, attack: Attack, detected: Bools) -> dict[str, Any]:
    """Train a target like the reference model ``number``, trace it, attack it, compare."""
    member = attack.inside[number]
    split = data.take(np.flatnonzero(member)), data.take(np.flatnonzero(~member))
    model, trace = _trained(case, split[0], np.random.default_rng((7, number)))
    signals = scaled_logit(model.predict_proba(data.X), data.y)
    scores = attack(number, np.asarray(signals, dtype=np.float64))
    counted = (np.arange(MODELS) // 2 != number // 2)[:, None] & attack.inside
    often = ((detected & counted).sum(axis=0) / counted.sum(axis=0))[member]
    inner, outer = (model_losses(model, part.X, part.y) for part in split)
    half = trace.losses[: max(1, np.searchsorted(_stage_numbers(trace, case), 0.5, side="right"))]
    on_the_way = trace.losses[-1 if "boosting" in case.training else -2]  # -1 is the finished network
    rankings = {
        "iqr": trace.exposure(),
        "iqr of the first half": loss_trace_iqr(half),
        "last loss on the way": on_the_way,
        "finished loss": inner,
        "mean loss": trace.losses.mean(axis=0),
    }
    return {
        "case": case.name,
        "data": case.data,
        "tpr": float(_detected(scores, member)[member].mean()),
        "statistics": {
            "tail": trace.tail(outer),
            "tail of the losses on the way": tail_statistic(on_the_way, outer),
            "loss gap": float(outer.mean() - inner.mean()),
            "training only: minus log of the 99 % loss": -float(np.log(np.quantile(inner, 0.99) + 1e-30)),
            "training only: minus log of the mean loss": -float(np.log(inner.mean() + 1e-30)),
            "training only: mean iqr": float(trace.exposure().mean()),
        },
        "detected": often.round(6).tolist(),
        "rankings": {name: ranking.astype(np.float32).tolist() for name, ranking in rankings.items()},
    }


def _stage_numbers(trace: LossTrace, case: Case) -> Floats:
    """Return which share of the training was done at each row of a trace."""
    if "boosting" not in case.training:
        return np.append(np.arange(1, len(trace)) / (len(trace) - 1), 1)
    last = case.trainer.estimator.max_iter
    return np.array(sorted({round(s) for s in np.geomspace(1, last, 10)})) / last


def _trained(case: Case, data: Dataset, rng: np.random.Generator) -> tuple[Any, LossTrace]:
    if "boosting" in case.training:
        model = case.trainer(data, rng)
        return model, LossTrace.from_staged(model.estimator, data.X, data.y)
    trace = LossTrace()
    model = case.trainer.traced(replaced_ids(data), rng, trace=trace)
    return model, trace


def replaced_ids(data: Dataset) -> Dataset:
    """Return the records named by their positions, so that a trace has them in this order."""
    return Dataset(data.name, data.X, data.y, data.n_classes)


def with_figures(target: dict[str, Any]) -> dict[str, Any]:
    """Return a target with figures of each ranking instead of its numbers."""
    often = np.array(target["detected"])
    rankings = {name: _named(often, np.array(ranking)) for name, ranking in target["rankings"].items()}
    return {**target, "detected": float(often.mean()), "rankings": rankings}


def _named(often: Floats, ranking: Floats) -> dict[str, Any]:
    """Return how well the top of a ranking names the records that are detected most often.

    Precision: the share of the named ones among the most often detected. All records that are detected
    equally often count alike, so that these may be many: chance is their share of all.
    """
    figures: dict[str, Any] = {"rank correlation": finite(rank_correlation(ranking, often).value)}
    for share in SHARES:
        k = max(1, round(share * len(often)))
        truth = often >= np.sort(often)[::-1][k - 1]
        top = np.argsort(-ranking, kind="stable")[:k]
        figures[f"top {share:.0%}"] = {
            "precision": float(truth[top].mean()),
            "chance": float(truth.mean()),
            "detected": float(often[top].mean()),
        }
    return figures


def finite(value: float) -> float | None:
    """Return a rounded number; None for nan."""
    return round(float(value), 4) if np.isfinite(value) else None
