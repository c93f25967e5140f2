"""How certain a verdict is: what would have been detected, what cannot be excluded, what would decide."""

from __future__ import annotations

import math

import numpy as np

from mlleaks.report.attack_groups import NOTHING, attack_groups
from mlleaks.report.audit.figures import percent
from mlleaks.report.audit.people_text import people_not_excluded
from mlleaks.results.audit import AuditResult
from mlleaks.results.decision import (
    ALPHA,
    CLEAN,
    UNDECIDED,
    beats_chance,
    chance_level,
    compared,
    exceeding,
    finds_few,
    joint_level,
    leaks,
    shifted,
    strength,
    verdict,
)
from mlleaks.stats import intervals, power
from mlleaks.stats.contrasted import smallest_beyond
from mlleaks.stats.rounding import rounded_up
from mlleaks.stats.significance import TAIL

LEAST_FOR_TPR = 100
"""With fewer non-members a TPR at 1 % FPR cannot be measured."""


def certainty_sentences(result: AuditResult) -> list[str]:
    """Return how small a leak this audit could show, and if none was shown, what remains possible."""
    detectable = detectable_sentences(result)
    if leaks(result):
        return [*detectable, *_overstated(result)]
    facts = [_not_excluded(result), *detectable]
    return [*facts, *_would_decide(result)] if verdict(result) == UNDECIDED else facts


def detectable_sentences(result: AuditResult) -> list[str]:
    """Return how small a leak this audit could show, and who looked for it."""
    return [_detectable_beyond(result) if shifted(result) else _detectable(result)]


def clean_headline(result: AuditResult) -> str:
    """Return the headline of an audit that shows no leak: of *no detectable leak*, or undecided."""
    if verdict(result) == CLEAN:
        margin = result.margin
        few = f"{100 * margin.tpr:g} % of the members at 1 % FPR"
        if compared(result):
            auc = f"membership raises no attack's AUC to {margin.auc:g}"
            return f"No detectable leak: {auc}, and each finds less than {few}."
        return f"No detectable leak: each attack's AUC is below {margin.auc:g}, and it finds less than {few}."
    return "Undecided: no leak was found, but one that matters cannot be excluded."


def _detectable(result: AuditResult) -> str:
    """Return the smallest leak that the test detects with a probability of 80 %, and who looked for it."""
    if _detects_nothing(result):
        return "The attacks score nearly all records alike, so they detect no leak of any size."
    auc, share = _smallest(result)
    few = (
        "" if math.isnan(share) else f", or of {rounded_up(100 * share, 1)} % of the members, scored highest,"
    )
    return (
        f"With {_counted(result)}, a leak with an AUC of "
        f"{rounded_up(auc, 2)}{few} would be detected in 80 % of audits, and a smaller one less often. The "
        f"strongest attacker that was tried had {_strongest(result)}."
    )


def _detectable_beyond(result: AuditResult) -> str:
    """Return the smallest leak that shows where the sides differ by themselves."""
    sizes = [contrasted.detectable for contrasted in compared(result).values()]
    tried = f"The strongest attacker that was tried had {_strongest(result)}."
    if not sizes or any(map(math.isnan, sizes)):
        return f"How small a leak would be detected beside this difference cannot be said. {tried}"
    return (
        f"A leak that raises an AUC by {rounded_up(max(sizes), 2)} among records that are alike would be "
        f"detected in 80 % of audits, and a smaller one less often. {tried}"
    )


def _overstated(result: AuditResult) -> list[str]:
    """Return a warning if the leak is so small that audits which find such leaks overstate them."""
    if shifted(result) or finds_few(result) or _detects_nothing(result):
        return []
    if strength(result).value >= _smallest(result)[0]:
        return []
    return [
        "The leak that was found is smaller than that. Such leaks are found where they happen to look large, "
        "so the figures are too high on average: rely on the intervals, or audit more records."
    ]


def _level(result: AuditResult) -> float:
    """Return what a single statistic's own p-value must not exceed for the test of chance to reject."""
    return result.joint_test.level * chance_level(result) / ALPHA


def _detects_nothing(result: AuditResult) -> bool:
    """Return whether no labelling of these scores would be called a leak."""
    return result.joint_test.level > ALPHA


def _smallest(result: AuditResult) -> tuple[float, float]:
    """Return the smallest AUC and the smallest share of members that every attack would show."""
    sizes, sharper, level = result.units, compared(result), _level(result)
    alone = power.smallest_auc(*sizes, level), power.smallest_share(*sizes, level)
    if len(sharper) < len(result.verdicts) or any(math.isnan(c.detectable) for c in sharper.values()):
        return alone
    beyond = smallest_beyond(sharper, most=TAIL * sum(sizes) / sizes[0])
    return min(alone[0], beyond[0]), float(np.fmin(alone[1], beyond[1]))  # of two tests; nan if neither can


def _sides(result: AuditResult) -> tuple[str, str]:
    if result.persons is None:
        return "members", "non-members"
    return "people among the members", "people among the non-members"


def _counted(result: AuditResult) -> str:
    return " and ".join(f"{n:,} {side}" for n, side in zip(result.units, _sides(result), strict=True))


def _strongest(result: AuditResult) -> str:
    """Return what the attacker had who needs most; reference models are more than a shadow model."""
    kinds = [group.attacker_has for group in attack_groups(result)]
    for kind in ("reference model", "shadow model", "never saw", "queries per", "true classes", NOTHING):
        if had := [attacker for attacker in kinds if kind in attacker]:
            return had[0]
    return kinds[0]


def _not_excluded(result: AuditResult) -> str:
    """Return how large a leak can still be if none was shown.

    An attack's two upper limits fail with a probability of ``ALPHA / (2 * attacks)`` each (`joint_level`
    splits its error between two ends), so that all of them hold together with 95 %.
    """
    if result.persons is not None:
        return people_not_excluded(result)
    fpr, level = max(0.01, result.smallest_fpr), joint_level(result)
    against = {} if shifted(result) else compared(result)
    rate = max(intervals.tpr_at_fpr(curve, fpr, level).high for curve in result.curves.values())
    one_sided = (1 + level) / 2
    auc = max(
        0.5 + against[attack].upper(one_sided) if attack in against else intervals.area(curve, level).high
        for attack, curve in result.curves.items()
    )
    may = (
        "Membership may raise the AUC of these attacks to" if against else "These attacks may have an AUC of"
    )
    return (
        f"{_none(result)} {may} up to {rounded_up(auc, 2)}, and they may find up to "
        f"{rounded_up(100 * rate, 1)} % of the members at {percent(fpr)} FPR. Larger values can be excluded, "
        "with 95 % confidence for all of these attacks together. That says nothing about a leak of fewer "
        "records, or one that only other attacks find."
    )


def _none(result: AuditResult) -> str:
    chance = "a difference of the sides explains" if beats_chance(result) else "chance"
    return (
        f"None of the {len(result.verdicts)} attacks does better than {chance} (5 % level for all of them "
        "together)."
    )


def _would_decide(result: AuditResult) -> list[str]:
    """Return how many records would decide whether there is a leak that matters."""
    if shifted(result):
        return ["Non-members that were drawn as the members were would decide it, not more records."]
    margin, level = result.margin, _level(result)
    relative = _relative_error(result)
    needed = power.records_to_exclude(margin.auc, margin.tpr, level, relative_error=relative)
    members, opposite = _sides(result)
    limits = f"an AUC of {margin.auc:g} and {100 * margin.tpr:g} % of the members at 1 % FPR"
    if math.isinf(needed):
        least = _resolvable(level, relative)
        return [
            f"The margin, {limits}, is smaller than any number of records can resolve: pass {least} or more."
        ]
    fewer = min(result.units)
    if needed <= fewer:
        some = ", ".join(exceeding(result)[:3])
        return [f"The figures of {some} lie too close to the margin ({limits}), or above it, to decide."]
    facts = [
        f"If there is no leak, about {_two_digits(needed):,} {members} and as many {opposite} would show it: "
        f"that all attacks stay below {limits}."
    ]
    if result.units[1] < LEAST_FOR_TPR:
        facts.append(f"A TPR at 1 % FPR needs {LEAST_FOR_TPR} {opposite} or more.")
    else:
        smallest = power.smallest_margin(*result.units, level, relative_error=relative)
        facts.append(
            "In 80 % of audits without a leak, so many records show that no attack reaches an AUC of "
            f"{rounded_up(smallest, 2)}."
        )
    return facts


def _resolvable(level: float, relative: float) -> str:
    """Return the smallest margin that some number of records resolves."""
    auc = power.smallest_margin(power.MOST, power.MOST, level, relative_error=relative)
    finite = (
        tpr
        for tpr in np.arange(0.0101, 0.1, 0.0001)
        if math.isfinite(power.records_to_exclude(0.99, tpr, level, relative_error=relative))
    )
    return f"{rounded_up(auc, 4)},{next(finite):.4f}"


def _relative_error(result: AuditResult) -> float:
    """Return how uncertain an attack's AUC is, relative to that of scores without a leak; of the worst."""
    against, alone = compared(result), power.standard_error(*result.units)
    errors = [c.error for c in against.values()]
    if len(against) < len(result.verdicts) or any(map(math.isnan, errors)):
        errors.append(alone)
    return float(np.nanmax(errors) / alone)


def _two_digits(number: float) -> int:
    """Return a number rounded up to two digits.

    Examples
    --------
    >>> _two_digits(2709.0), _two_digits(87.0)
    (2800, 87)
    """
    unit = 10 ** max(math.floor(math.log10(number)) - 1, 0)
    return int(math.ceil(number / unit) * unit)
