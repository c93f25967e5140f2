"""What a comparison of attacks says in sentences."""

from __future__ import annotations

import math
from typing import Any

from mlleaks.report.attack_names import with_plain_name
from mlleaks.results.attack_comparison import TPR, AttackComparison, largest


def headline(result: AttackComparison) -> str:
    """Return the first sentence: what the leading attack finds, and what it takes to find as much without it.

    The number of models is the middle one of those that the leading attack was run with.
    """
    means, leader = result.means(), result.leader
    numbers = sorted(means.loc[means["attack"] == leader, "models"])
    if not numbers or means.loc[means["attack"] != leader].empty:
        best = largest(means)
        return f"{_with_models(best['models'])} {best['attack']} finds most: {_power(result, best['value'])}."
    models = numbers[(len(numbers) - 1) // 2]
    value = float(means[(means["attack"] == leader) & (means["models"] == models)]["value"].iloc[0])
    start = f"{_with_models(models)} the attack {leader} {_verb(result)} {_power(result, value)}; "
    needed = result.models_needed(value)
    if needed is None:
        return start + f"no other attack reaches that with up to {_most(result)}."
    other, count = needed
    if count > models:
        return start + f"the best other attack, {other}, needs {count} for that."
    return start + f"{other} reaches that with {_count(count)}."


def sentences(result: AttackComparison) -> list[str]:
    """Return what else to know: the paired difference, and what attackers without reference models find."""
    text = []
    differences = result.differences()
    if len(differences):
        row: Any = differences.iloc[(len(differences) - 1) // 2]
        sign = "above" if row["difference"] >= 0 else "below"
        interval = (
            f" (standard error {_points(result, row['standard_error'])}, paired over {row['runs']} "
            f"{row['unit']})"
            if row["runs"] > 1
            else " (one target: no interval)"
        )
        text.append(
            f"With {_count(row['models'])}, {row['attack']} is {_points(result, abs(row['difference']))} "
            f"{sign} the best other attack, {row['other']}{interval}."
        )
    means = result.means()
    alone = means[means["models"] <= 1]
    if len(alone):
        best = largest(alone)
        text.append(
            f"Without reference models the best attack, {best['attack']}, {_verb(result)} "
            f"{_power(result, best['value'])}."
        )
    return text


def attack_title(result: AttackComparison, name: str) -> str:
    """Return an attack's name with what it is in plain words."""
    return with_plain_name(name, result.attacks[name].title)


def models_text(models: int) -> str:
    """Return how many models an attacker has, for a table.

    Examples
    --------
    >>> models_text(0), models_text(1), models_text(8)
    ('none', '1 shadow model', '8')
    """
    return {0: "none", 1: "1 shadow model"}.get(models, str(models))


def _count(models: int) -> str:
    return {0: "no model", 1: "one shadow model"}.get(models, f"{models} reference models")


def _with_models(models: int) -> str:
    return f"With {_count(models)}"


def _most(result: AttackComparison) -> str:
    return _count(int(result.means()["models"].max()))


def _verb(result: AttackComparison) -> str:
    return "finds" if result.metric == TPR else "has"


def _power(result: AttackComparison, value: float) -> str:
    if result.metric == TPR:
        return f"{percent(value)} of the members at 1 % FPR"
    return f"an AUC of {value:.3f}"


def _points(result: AttackComparison, value: float) -> str:
    if math.isnan(value):
        return "unknown"
    return f"{100 * value:.1f} points" if result.metric == TPR else f"{value:.3f}"


def percent(share: float) -> str:
    """Return a share in percent, with one decimal below ten.

    Examples
    --------
    >>> percent(0.412), percent(0.0312)
    ('41 %', '3.1 %')
    """
    return f"{100 * share:.1f} %" if 100 * share < 9.95 else f"{100 * share:.0f} %"
