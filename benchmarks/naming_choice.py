"""Which attack names members: chosen beforehand, by a quarter of the non-members, or by all of them.

    OMP_NUM_THREADS=1 python benchmarks/naming_choice.py

Each of 200 models per setup, trained on a random half of the records, is the target once; 16 of the others
are its reference models. Half of the non-members are the audit's, the others are held out and show how many
false names a list holds. Lists at 5 % false names. LiRA (online) is the attack chosen beforehand; six attacks
compete otherwise.

Null audits: half of a target's non-members play the members. So nothing leaks, with the scores of real
models. They count lists that name somebody and bounds on epsilon above 0.

Switching: an audit takes the attack chosen beforehand, unless another one is clearly better; then a quarter
chooses. Simulated where both happen: normal scores of 500 members and 500 non-members, five attacks.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from evaluating import Fixed
from machine import seconds, write
from naming import AUDITS, REFERENCES, SEED, Setup, false_share, mean, models, of_lists, share
from scipy.special import expit
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlleaks.attacks.bayes_optimal import base_scores
from mlleaks.attacks.difficulty_calibration import calibration_scores
from mlleaks.attacks.lira import lira_scores
from mlleaks.attacks.spec import AttackSpec
from mlleaks.attacks.student_t import student_t_scores
from mlleaks.auditing.evaluating import evaluate
from mlleaks.results.audit import AuditResult
from mlleaks.results.exposure import exposure_of
from mlleaks.stats import metrics
from mlleaks.stats.chosen_list import name_by_best_attack
from mlleaks.stats.cutoffs import LEVEL, PRIORS
from mlleaks.stats.epsilon import epsilon_lower_bound
from mlleaks.stats.metrics import roc
from mlleaks.stats.naming import NamingList, name_members
from mlleaks.types import Observations, Outputs

BEFOREHAND = "LiRA"
SWITCHES, FRESH = 400, 20_000
"""Simulated audits, and fresh non-members of each."""


def mlp(seed: int) -> Any:
    """Return a perceptron that memorises: 64 hidden units, 40 epochs."""
    network = MLPClassifier((64,), activation="tanh", max_iter=40, learning_rate_init=3e-3, random_state=seed)
    return make_pipeline(StandardScaler(), network)


SETUPS = {
    "Location, random forest": Setup("location", 3000, lambda s: RandomForestClassifier(20, random_state=s)),
    "Location, logistic regression": Setup(
        "location", 3000, lambda s: LogisticRegression(C=0.1, max_iter=60, tol=1e-2)
    ),
    "Location, MLP": Setup("location", 2000, mlp),
    "Adult, random forest": Setup("adult", 4000, lambda s: RandomForestClassifier(20, random_state=s)),
    "Adult, MLP": Setup("adult", 2000, mlp),
}


def main() -> None:
    """Run all setups."""
    warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is meant
    figures: dict[str, Any] = {"seed": SEED, "audits": AUDITS, "reference models": REFERENCES, "setups": {}}
    for name, setup in SETUPS.items():
        took = seconds(lambda name=name, setup=setup: figures["setups"].update({name: study(setup)}))
        print(f"{name}: {took:.0f} s", file=sys.stderr)
    nulls = [figures["setups"][name].pop("null") for name in SETUPS]
    n = len(nulls) * AUDITS
    figures["null audits"] = {what: share(sum(null[what] for null in nulls), n) for what in nulls[0]}
    figures["switching"] = switching()
    write("naming_choice", figures)


def study(setup: Setup) -> dict[str, Any]:
    """Return the mean figures of each rule over all audits of a setup, and the counts of its null audits."""
    rng = np.random.default_rng(SEED)
    signals, trained_on = models(setup, rng)
    audits, null = [], dict.fromkeys(["names somebody", "epsilon above 0, LiRA", "epsilon above 0, six"], 0)
    for target in range(AUDITS):
        references = (target + 1 + np.arange(REFERENCES)) % AUDITS
        attacks = scored(signals[target], signals[references], trained_on[references])
        audits.append(audited(trained_on[target], attacks, rng))
        for what, happened in null_audit(trained_on[target], attacks, rng).items():
            null[what] += happened
    n = int(trained_on[0].sum())
    figures = {name: mean([audit[name] for audit in audits]) for name in ("tpr@1%fpr", "epsilon")}
    figures |= {name: of_lists([audit[name] for audit in audits]) for name in audits[0] if "prior" in name}
    return {"members": n, "non-members": (trained_on.shape[1] - n) // 2, **figures, "null": null}


def scored(target: np.ndarray, references: np.ndarray, trained_on: np.ndarray) -> dict[str, np.ndarray]:
    """Return the scores of six attacks by name."""
    return {
        "loss": target,
        BEFOREHAND: lira_scores(target, references, trained_on=trained_on),
        "LiRA, offline": lira_scores(target, references, trained_on=trained_on, mode="offline"),
        "Student-t": student_t_scores(target, references, trained_on=trained_on),
        "BASE": base_scores(expit(target), expit(references), trained_on=trained_on),
        "difficulty calibration": calibration_scores(target, references, trained_on=trained_on),
    }


def audited(
    member: np.ndarray, attacks: Mapping[str, np.ndarray], rng: np.random.Generator
) -> dict[str, Any]:
    """Return the figures of one audit; the lists are made without the held-out half of the non-members."""
    outside = rng.permutation(np.flatnonzero(~member))
    held_out, rest = outside[: len(outside) // 2], outside[len(outside) // 2 :]
    rows = np.concatenate([np.flatnonzero(member), rest])
    sides, values = member[rows], {name: scores[rows] for name, scores in attacks.items()}
    figures: dict[str, Any] = {
        "tpr@1%fpr": metrics.tpr_at_fpr(roc(sides, values[BEFOREHAND]), 0.01),
        "epsilon": epsilon_lower_bound(sides, values[BEFOREHAND]).epsilon,
    }
    for prior in PRIORS:
        for rule, (attack, listed) in lists(sides, values, prior).items():
            fresh = attacks[attack][held_out]
            figures[f"{rule}, prior {prior:.0%}"] = false_share(listed, fresh), listed.share.value
    return figures


def lists(
    sides: np.ndarray, attacks: Mapping[str, np.ndarray], prior: float
) -> dict[str, tuple[str, NamingList]]:
    """Return the attack and the list of each rule; the level of the last one does not hold."""
    every = {name: name_members(sides, scores, level=LEVEL, prior=prior) for name, scores in attacks.items()}
    choice = name_by_best_attack(sides, attacks, level=LEVEL, prior=prior)
    longest = max(every, key=lambda name: every[name].share.value)
    return {
        "LiRA, chosen beforehand": (BEFOREHAND, every[BEFOREHAND]),
        "best of six, chosen by a quarter of the non-members": (choice.attack, choice.listed),
        "best of six, chosen by all non-members": (longest, every[longest]),
    }


def null_audit(
    member: np.ndarray, attacks: Mapping[str, np.ndarray], rng: np.random.Generator
) -> dict[str, bool]:
    """Return what an audit finds whose members are non-members, too."""
    outside = rng.permutation(np.flatnonzero(~member))
    sides = np.arange(len(outside)) % 2 == 0
    values = {name: scores[outside] for name, scores in attacks.items()}
    return {
        "names somebody": bool(name_by_best_attack(sides, values).listed.cutoff),
        "epsilon above 0, LiRA": epsilon_lower_bound(sides, values[BEFOREHAND]).epsilon > 0,
        "epsilon above 0, six": epsilon_lower_bound(sides, values).epsilon > 0,
    }


def switching(beforehand: float = 1.5, rest: float = 1.8) -> dict[str, Any]:
    """Return how often audits keep the attack chosen beforehand, and how much of their lists is false.

    Members' scores are higher by ``beforehand`` for that attack, by ``rest`` for the four others.
    """
    rng, member = np.random.default_rng(SEED), np.repeat([True, False], 500)
    answers = Outputs(np.full((1000, 2), 0.5), np.zeros(1000, dtype=np.int64))
    stayed, false = 0, []
    for _ in range(SWITCHES):
        common = rng.normal(size=1000 + FRESH)
        scores = {
            f"attack {i}": math.sqrt(0.5) * (common + rng.normal(size=1000 + FRESH))
            + np.r_[(rest if i else beforehand) * member, np.zeros(FRESH)]
            for i in range(5)
        }
        result = result_of(Observations(answers, member), {name: s[:1000] for name, s in scores.items()})
        names = exposure_of(result).names()
        false.append(false_share(names.listed, scores[names.attack][1000:]))
        stayed += exposure_of(result).beforehand
    return {"kept": share(stayed, SWITCHES), "false": mean(false)}


def result_of(observations: Observations, scores: Mapping[str, np.ndarray]) -> AuditResult:
    """Return the result of an audit in which the attacks have these scores; the first is the headline."""
    verdicts = []
    for name, values in scores.items():
        spec = AttackSpec(name, name, "made", needs=(), build=lambda *_: None, threshold_from="definition")
        verdicts.append(evaluate(spec, Fixed(values), observations))
    labels = observations.outputs.labels
    ids, first = np.arange(len(observations)), next(iter(scores))
    shared = {"member": observations.member, "predicted": labels, "labels": labels, "ids": ids}
    texts = {"class_names": ("0", "1"), "notes": (), "provenance": {}, "headline": first}
    return AuditResult("made", tuple(verdicts), {}, {}, **shared, **texts)


if __name__ == "__main__":
    main()
