"""What an attack achieved: numbers with intervals, and whether chance could explain them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mlleaks.attacks.needs import Evidence, ReferenceModels, ShadowModels, merge_needs
from mlleaks.attacks.spec import Attack, AttackSpec
from mlleaks.auditing.planning import AttackPlan
from mlleaks.errors import InputError
from mlleaks.outputs.signals import predicted_classes
from mlleaks.progress import track
from mlleaks.results.audit import ClassCounts, Verdict
from mlleaks.seeds import Seeds
from mlleaks.stats import intervals, significance
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import ESTIMATES, TPR_NAMES, Roc, roc
from mlleaks.types import Bools, Floats, Observations, Outputs

BuiltAttack = tuple[AttackSpec, Attack]


def evaluate(
    spec: AttackSpec, attack: Attack, target: Observations, *, evidence: Evidence | None = None
) -> Verdict:
    """Return the verdict of ``attack`` on records whose membership is known.

    The attack is handed the outputs alone; membership is used only to count.

    Parameters
    ----------
    spec : AttackSpec
        Names the attack.
    attack : Attack
    target : Observations
        At least one member and one non-member.
    evidence : Evidence, optional
        What the attack was built from: how many models the attacker had. By default as many as it needs.

    Raises
    ------
    InputError
        The attack's scores are not one number per record.
    """
    scores = scores_of(spec.name, attack, target.outputs)
    flagged = scores > attack.threshold
    curve = roc(target.member, scores)  # sorts the records, once
    p_values = {name: test(curve) for name, test in significance.TESTS.items()}
    return Verdict(
        attack=spec.name,
        title=spec.title,
        threshold=attack.threshold,
        estimates=_estimates(curve, flagged, attack.threshold),
        p_value=min(significance.holm(list(p_values.values()))),
        p_values=p_values,
        scores=scores,
        per_class=() if math.isnan(attack.threshold) else _per_class(target, flagged),
        uses_labels=spec.uses_labels,
        threshold_from=spec.threshold_from,
        reads=spec.reads,
        needs=_in_words(spec, evidence or Evidence({})),
    )


def _in_words(spec: AttackSpec, evidence: Evidence) -> tuple[str, ...]:
    """Return what an attack was given, with the number of models that there were."""
    shadows, references = evidence.get(ShadowModels), evidence.get(ReferenceModels)
    online = references is not None and references.online
    uses = [need for need in spec.uses if isinstance(need, ReferenceModels) and online]
    counts: dict[Any, int] = {} if shadows is None else {ShadowModels: len(shadows)}
    if references is not None:
        counts[ReferenceModels] = references.n_models
    needs: list[Any] = list(merge_needs([*spec.needs, *uses]))
    return tuple(str(replace(n, count=counts[type(n)]) if type(n) in counts else n) for n in needs)


def estimates_of(name: str, attack: Attack, target: Observations) -> Mapping[str, Estimate]:
    """Return the figures of an attack that is in no registry; see `evaluate`."""
    scores = scores_of(name, attack, target.outputs)
    return _estimates(roc(target.member, scores), scores > attack.threshold, attack.threshold)


def scores_of(name: str, attack: Attack, outputs: Outputs) -> Floats:
    """Return an attack's score of each record ``(n,)``.

    Raises
    ------
    InputError
        The attack's scores are not one number per record.
    """
    scores = np.asarray(attack.score(outputs))
    if scores.shape != (len(outputs),) or np.isnan(scores).any():
        raise InputError(
            f"scores of shape {scores.shape} from {name!r}, {int(np.isnan(scores).sum())} of them nan",
            expected=f"one number for each of the {len(outputs)} records",
            fix="Repair the attack's score method.",
        )
    return scores


def _estimates(curve: Roc, flagged: Bools, threshold: float) -> dict[str, Estimate]:
    tprs = {name: intervals.tpr_at_fpr(curve, fpr) for name, fpr in TPR_NAMES.items()}
    decisions = _decisions(curve.member, flagged, not math.isnan(threshold))
    return decisions | {"auc": intervals.area(curve), **tprs}


def build_all(plan: AttackPlan, evidence: Evidence, seeds: Seeds) -> list[BuiltAttack]:
    """Return each attack of a plan with its spec, built from the evidence.

    Every attack has a random stream of its own, named after it.

    Parameters
    ----------
    plan : AttackPlan
    evidence : Evidence
        What the plan's attacks need.
    seeds : Seeds
        Where the attacks' streams come from.
    """
    return [
        (spec, spec.build(evidence, seeds.stream(f"attack {spec.name}")))
        for spec in track(plan.attacks, "attacking")
    ]


def evaluate_all(built: list[BuiltAttack], evidence: Evidence, target: Observations) -> tuple[Verdict, ...]:
    """Return the verdict of each attack; see `build_all` and `evaluate`."""
    return tuple(evaluate(spec, attack, target, evidence=evidence) for spec, attack in built)


def target_facts(target: Observations) -> Mapping[str, Estimate]:
    """Return the target's training accuracy, test accuracy and overfitting level (difference).

    Empty without labels.
    """
    if target.outputs.labels is None:
        return {}
    right = predicted_classes(target.outputs.posteriors) == target.outputs.labels
    train, test = (
        intervals.share(int(right[side].sum()), int(side.sum())) for side in (target.member, ~target.member)
    )
    gap = intervals.difference(train, test)
    return {"train_accuracy": train, "test_accuracy": test, "overfitting": gap}


def _decisions(member: Bools, flagged: Bools, decided: bool) -> dict[str, Estimate]:
    """Return the estimates of the attack's own threshold; without one, undefined."""
    n, m = int(member.sum()), int((~member).sum())
    if not decided:
        return dict.fromkeys(ESTIMATES[:5], intervals.share(0, 0))
    hits, alarms = int((flagged & member).sum()), int((flagged & ~member).sum())
    recall, fpr = intervals.share(hits, n), intervals.share(alarms, m)
    return {
        "precision": intervals.precision(hits, n, alarms, m),
        "recall": recall,
        "fpr": fpr,
        "accuracy": intervals.accuracy(hits, n, alarms, m),
        "advantage": intervals.difference(recall, fpr),
    }


def _per_class(target: Observations, flagged: Bools) -> tuple[ClassCounts, ...]:
    """Return counts by true class, or by answered class where the true one is unknown."""
    labels = target.outputs.labels
    classes = predicted_classes(target.outputs.posteriors) if labels is None else labels
    k = target.outputs.posteriors.shape[1]
    groups = (target.member, target.member & flagged, ~target.member, ~target.member & flagged)
    counts = [np.bincount(classes[rows], minlength=k).tolist() for rows in groups]
    return tuple(ClassCounts(label, *(count[label] for count in counts)) for label in range(k))
