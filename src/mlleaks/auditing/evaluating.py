"""What an attack achieved: numbers with intervals, and whether luck could explain them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from mlleaks.attacks.base import Attack, AttackSpec
from mlleaks.errors import InputError
from mlleaks.outputs.signals import predicted_classes
from mlleaks.results.audit import ClassCounts, Verdict
from mlleaks.stats import intervals, significance
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import ESTIMATES, TPR_NAMES, roc
from mlleaks.types import Bools, Floats, Observations


def evaluate(spec: AttackSpec, attack: Attack, seen: Observations) -> Verdict:
    """Return the verdict of ``attack`` on records whose membership is known.

    The attack is handed the outputs alone; membership is used only to count.

    Parameters
    ----------
    spec : AttackSpec
        Names the attack.
    attack : Attack
    seen : Observations
        At least one member and one other.

    Raises
    ------
    InputError
        The attack's scores are not one number a record.
    """
    scores = np.asarray(attack.score(seen.outputs))
    if scores.shape != (len(seen),) or np.isnan(scores).any():
        raise InputError(
            f"scores of shape {scores.shape} from {spec.name!r}, {int(np.isnan(scores).sum())} of them nan",
            expected=f"one number for each of the {len(seen)} records",
            fix="Mend the attack's score method.",
        )
    decided = not math.isnan(attack.threshold)
    accused = scores > attack.threshold
    p_values = {name: test(seen.member, scores) for name, test in significance.TESTS.items()}
    return Verdict(
        attack=spec.name,
        title=spec.title,
        threshold=attack.threshold,
        estimates=_decisions(seen.member, accused, decided) | _curve(seen.member, scores),
        p_value=min(significance.holm(list(p_values.values()))),
        p_values=p_values,
        scores=scores,
        per_class=_per_class(seen, accused) if decided else (),
    )


def target_facts(seen: Observations) -> Mapping[str, Estimate]:
    """Return the target's training accuracy, test accuracy and overfitting level (difference).

    Empty without labels.
    """
    if seen.outputs.labels is None:
        return {}
    right = predicted_classes(seen.outputs.posteriors) == seen.outputs.labels
    train, test = (
        intervals.share(int(right[side].sum()), int(side.sum())) for side in (seen.member, ~seen.member)
    )
    gap = intervals.difference(train, test)
    return {"train_accuracy": train, "test_accuracy": test, "overfitting": gap}


def _decisions(member: Bools, accused: Bools, decided: bool) -> dict[str, Estimate]:
    """Return the estimates of the attack's own threshold; without one, undefined."""
    n, m = int(member.sum()), int((~member).sum())
    if not decided:
        return dict.fromkeys(ESTIMATES[:5], intervals.share(0, 0))
    hits, alarms = int((accused & member).sum()), int((accused & ~member).sum())
    recall, fpr = intervals.share(hits, n), intervals.share(alarms, m)
    return {
        "precision": intervals.share(hits, hits + alarms),
        "recall": recall,
        "fpr": fpr,
        "accuracy": intervals.share(hits + m - alarms, n + m),
        "advantage": intervals.difference(recall, fpr),
    }


def _curve(member: Bools, scores: Floats) -> dict[str, Estimate]:
    """Return the estimates that need no threshold."""
    curve = roc(member, scores)
    tprs = {name: intervals.tpr_at_fpr(curve, fpr) for name, fpr in TPR_NAMES.items()}
    return {"auc": intervals.auc(member, scores), **tprs}


def _per_class(seen: Observations, accused: Bools) -> tuple[ClassCounts, ...]:
    """Return counts by true class, or by answered class where the true one is unknown."""
    labels = seen.outputs.labels
    classes = predicted_classes(seen.outputs.posteriors) if labels is None else labels
    k = seen.outputs.posteriors.shape[1]
    groups = (seen.member, seen.member & accused, ~seen.member, ~seen.member & accused)
    counts = [np.bincount(classes[rows], minlength=k).tolist() for rows in groups]
    return tuple(ClassCounts(label, *(count[label] for count in counts)) for label in range(k))
