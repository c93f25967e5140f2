"""Lists of members at a bounded share of false names: how much of them is false, and how many they hold.

    OMP_NUM_THREADS=1 python benchmarks/naming.py

Real models: each of 200 models per setup, trained on a random half of the records, is the target once; 16 of
the others are its reference models (LiRA, online). Half of the non-members are the audit's, the others are
held out and show how many false names a list would hold. Another 16 make a second list: how many names do the
two share? Simulated: normal scores, whose truth is known, and
records of few people. About three minutes on one thread.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from machine import seconds, write
from scipy.stats import norm
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import mlleaks
from mlleaks.attacks.lira import lira_scores
from mlleaks.outputs.signals import scaled_logit
from mlleaks.stats import intervals, metrics
from mlleaks.stats.clustered import clustered_auc
from mlleaks.stats.cutoffs import PRIORS
from mlleaks.stats.metrics import roc
from mlleaks.stats.naming import NamingList, held_out_fdp, name_members

SEED = 2026
AUDITS, REFERENCES = 200, 16
LEVELS = (0.05, 0.1)
LIMIT = 8.0
"""Scaled logits count within plus or minus this: votes of a forest are often all for one class."""
TRIALS = 2000
FEWEST = 10
"""Pairs of lists that name somebody, for a mean."""
SHARED = "members in both lists at 5 % of two sets of reference models"
OTHER_PRIOR = "the list at 5 % for a prior of 50 %, used at one of 10 %: false"


@dataclass(frozen=True)
class Setup:
    """A data set, how many of its records take part, and a kind of model."""

    data: str
    records: int
    make: Callable[[int], Any]


SETUPS = {
    "digits, random forest": Setup("digits", 1797, lambda s: RandomForestClassifier(40, random_state=s)),
    "digits, logistic regression": Setup(
        "digits",
        1797,
        lambda s: make_pipeline(StandardScaler(), LogisticRegression(C=100, max_iter=60, tol=1e-2)),
    ),
    "location, logistic regression": Setup(
        "location", 2000, lambda s: LogisticRegression(C=0.1, max_iter=60, tol=1e-2)
    ),
    "location, random forest": Setup("location", 2000, lambda s: RandomForestClassifier(20, random_state=s)),
    "adult, decision tree of 200 leaves": Setup(
        "adult", 4000, lambda s: DecisionTreeClassifier(max_leaf_nodes=200, random_state=s)
    ),
}


def main() -> None:
    """Run all setups and both simulations."""
    figures: dict[str, Any] = {"seed": SEED, "audits": AUDITS, "reference models": REFERENCES, "real": {}}
    for name, setup in SETUPS.items():
        took = seconds(lambda name=name, setup=setup: figures["real"].update({name: study(setup)}))
        print(f"{name}: {took:.0f} s", file=sys.stderr)
    figures["simulated lists"] = {f"d = {d}": simulated(d) for d in (0.0, 1.0, 2.0, 3.0)}
    figures["records of 30 people, 20 each"] = {f"d = {d}": clustered(d) for d in (0.0, 0.7, 1.5)}
    write("naming", figures)


def study(setup: Setup) -> dict[str, Any]:
    """Return the mean figures of the lists over all audits of a setup."""
    rng = np.random.default_rng(SEED)
    signals, trained_on = models(setup, rng)
    audits = []
    for target in range(AUDITS):
        first, second = (
            lira_scores(signals[target], signals[references], trained_on=trained_on[references])
            for references in (target + 1 + np.arange(2 * REFERENCES).reshape(2, REFERENCES)) % AUDITS
        )
        member = trained_on[target]
        audits.append(audited(member, first, rng) | {SHARED: shared_names(member, first, second)})
    n_members = int(trained_on[0].sum())
    n_nonmembers = (trained_on.shape[1] - n_members) // 2
    means = {name: mean([audit[name] for audit in audits]) for name in ("auc", "tpr@1%fpr", OTHER_PRIOR)}
    lists = {
        name: of_lists([audit[name] for audit in audits]) for name in audits[0] if name.startswith("level")
    }
    pairs = [audit[SHARED] for audit in audits if not math.isnan(audit[SHARED])]
    shared = {SHARED: mean(pairs) | {"pairs": len(pairs)} if len(pairs) >= FEWEST else {"pairs": len(pairs)}}
    return {"members": n_members, "non-members": n_nonmembers, **means, **lists, **shared}


def of_lists(lists: list[tuple[float, float]]) -> dict[str, Any]:
    """Return the mean share of false names, 0 for empty lists, and of members named, over all audits."""
    false, named = (list(column) for column in zip(*lists, strict=True))
    filled = [f for f, tpr in lists if tpr > 0]
    figures = {"false": mean(false), "members named": mean(named)}
    figures["lists that name somebody"] = share(len(filled), len(lists))
    if 3 <= len(filled) < len(lists):
        figures["false in those"] = mean(filled)
    return figures


def models(setup: Setup, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return each model's signal of each record ``(audits, n)``, and what it was trained on."""
    data = mlleaks.load_dataset(setup.data)
    data = data.take(rng.permutation(len(data))[: setup.records])
    X = np.asarray(data.X, dtype=np.float32)
    trained_on = np.stack([rng.permutation(len(data)) % 2 == 0 for _ in range(AUDITS)])
    signals = np.empty(trained_on.shape)
    for i, half in enumerate(trained_on):
        model = setup.make(i).fit(X[half], data.y[half])
        posteriors = np.zeros((len(data), data.n_classes))
        posteriors[:, model.classes_] = model.predict_proba(X)
        signals[i] = np.clip(scaled_logit(posteriors, data.y), -LIMIT, LIMIT)
    return signals, trained_on


def audited(member: np.ndarray, scores: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    """Return the figures of one audit; the lists are made without the held-out half of the non-members."""
    outside = rng.permutation(np.flatnonzero(~member))
    held_out, rest = outside[: len(outside) // 2], outside[len(outside) // 2 :]
    taking_part = np.concatenate([np.flatnonzero(member), rest])
    sides, values = member[taking_part], scores[taking_part]
    curve = roc(sides, values)
    figures: dict[str, Any] = {"auc": metrics.area(curve), "tpr@1%fpr": metrics.tpr_at_fpr(curve, 0.01)}
    for level, prior in product(LEVELS, PRIORS):
        listed = name_members(sides, values, level=level, prior=prior)
        false = false_share(listed, scores[held_out])
        figures[f"level {level:.0%}, prior {prior:.0%}"] = false, listed.share.value
    half = name_members(sides, values, level=LEVELS[0], prior=PRIORS[0])
    figures[OTHER_PRIOR] = false_share(half, scores[held_out], prior=PRIORS[1])
    return figures


def shared_names(member: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Return which share of the longer list's members the other names, too; nan if both are empty.

    The lists are of the same attack on the same target and records, with other reference models.
    """
    lists = [name_members(member, scores, level=LEVELS[0]).named & member for scores in (first, second)]
    longer = max(int(named.sum()) for named in lists)
    return float((lists[0] & lists[1]).sum() / longer) if longer else math.nan


def false_share(listed: NamingList, held_out: np.ndarray, *, prior: float | None = None) -> float:
    """Return the share of false names among candidates of a prior; 0 for an empty list."""
    value = held_out_fdp(listed, held_out).value
    if math.isnan(value):
        return 0.0
    odds = value / (1 - value)  # of false to true names, at the prior of the list
    if prior is not None:
        odds *= (1 - prior) / prior * listed.prior / (1 - listed.prior)
    return odds / (1 + odds)


def mean(values: list[float]) -> dict[str, float]:
    """Return the mean of shares with a 95 % t interval; if all are 0, with the exact one of "is not 0"."""
    array = np.array(values)
    if not array.any():
        return share(0, len(array))
    half, center = float(intervals.t_half_width(array.std(ddof=1), len(array))), float(array.mean())
    return {
        "share": round(center, 4),
        "low": round(max(0, center - half), 4),
        "high": round(center + half, 4),
    }


def simulated(d: float, n: int = 500, m: int = 500) -> dict[str, Any]:
    """Return what lists of normal scores hold, members' higher by ``d``, and how often the FDP is covered."""
    rng, member = np.random.default_rng(SEED), np.repeat([True, False], [n, m])
    figures: dict[str, Any] = {}
    for level, prior in product(LEVELS, PRIORS):
        false, named, covered = [], [], 0
        for _ in range(TRIALS):
            scores = rng.normal(d * member)
            listed = name_members(member, scores, level=level, prior=prior)
            fpr, tpr = float(norm.sf(listed.threshold)), listed.share.value
            fdp = (1 - prior) * fpr / ((1 - prior) * fpr + prior * tpr) if tpr else 0.0
            covered += not tpr or listed.fdp.low <= fdp <= listed.fdp.high
            false.append(fdp)
            named.append(tpr)
        figures[f"level {level:.0%}, prior {prior:.0%}"] = {
            "false": mean(false),
            "members named": mean(named),
            "interval covers": share(covered),
        }
    return figures


def clustered(d: float, people: int = 30, rows: int = 20, correlation: float = 0.3) -> dict[str, Any]:
    """Return how often the AUC's interval covers the truth if rows, and if people, count as independent."""
    rng, person = np.random.default_rng(SEED), np.repeat(np.arange(people), rows)
    member, truth = person < people // 2, float(norm.cdf(d / math.sqrt(2)))
    by_rows = by_people = 0
    for _ in range(TRIALS):
        own = math.sqrt(correlation) * rng.normal(size=people)[person]
        scores = own + math.sqrt(1 - correlation) * rng.normal(size=len(person)) + d * member
        naive, robust = intervals.auc(member, scores), clustered_auc(member, scores, person)
        by_rows += naive.low <= truth <= naive.high
        by_people += robust.low <= truth <= robust.high
    return {"auc": round(truth, 4), "rows independent": share(by_rows), "summed per person": share(by_people)}


def share(hits: int, trials: int = TRIALS) -> dict[str, float]:
    """Return a share of the trials with its exact interval."""
    e = intervals.share(hits, trials)
    return {"share": round(e.value, 4), "low": round(e.low, 4), "high": round(e.high, 4)}


if __name__ == "__main__":
    main()
