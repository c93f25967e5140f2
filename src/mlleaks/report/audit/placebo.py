"""The attacks against models that saw none of the records, in words and rows."""

from __future__ import annotations

from dataclasses import dataclass

from mlleaks.report.attack_groups import shown_first
from mlleaks.report.audit.figures import percent
from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.results.decision import best, compared, shifted
from mlleaks.results.placebo import Placebo
from mlleaks.stats.estimate import Estimate


@dataclass(frozen=True)
class PlaceboRow:
    """An attack on the target beside the same attack on a placebo.

    Parameters
    ----------
    title, attack : str
    target, placebo, difference : Estimate
        AUCs, and the first minus the second.
    beyond : Estimate or None
        The difference among records that are alike; None if the sides do not differ.
    p_value : float
        Of "no difference", and no more members at either end, corrected for all attacks; among records that
        are alike if the sides differ.
    tpr, placebo_tpr : float
        At 1 % FPR.
    """

    title: str
    attack: str
    target: Estimate
    placebo: Estimate
    difference: Estimate
    beyond: Estimate | None
    p_value: float
    tpr: float
    placebo_tpr: float


def placebo_rows(result: AuditResult) -> list[PlaceboRow]:
    """Return the best attack of each group beside its placebo; none without one."""
    placebo = result.placebo or Placebo()
    against = compared(result) if shifted(result) else {}
    return [
        PlaceboRow(
            title=v.title,
            attack=v.attack,
            target=v.estimates["auc"],
            placebo=placebo.attacks[v.attack].placebo,
            difference=placebo.attacks[v.attack].difference,
            beyond=against[v.attack].difference if v.attack in against else None,
            p_value=against.get(v.attack, placebo.attacks[v.attack]).p_value,
            tpr=v.estimates["tpr@1%fpr"].value,
            placebo_tpr=placebo.attacks[v.attack].tpr,
        )
        for v in shown_first(result)
        if v.attack in placebo.attacks
    ]


def placebo_sentences(result: AuditResult) -> list[str]:
    """Return what the placebo is and what it shows, one fact per sentence; none without one."""
    placebo = result.placebo
    if placebo is None or (result.blind is None and not placebo.attacks):
        return []
    if not placebo.attacks:
        return [f"There is no placebo, a model that saw none of the records: {placebo.why_not}."]
    sources = " and ".join(dict.fromkeys(placebo.sources.values()))
    finds = "find a difference" if placebo.differs else "find no difference"
    facts = [f"Against a placebo ({sources}) the attacks {finds} between members and non-members."]
    if shifted(result):
        facts.append(_beyond(result))
    if placebo.why_not is not None:
        facts.append(f"For other attacks there is no placebo: {placebo.why_not}.")
    return facts


def placebo_sentence(result: AuditResult, verdict: Verdict) -> list[str]:
    """Return what an attack finds beyond its placebo, where the sides do not differ and there is one."""
    against = {} if shifted(result) else compared(result)
    if verdict.attack not in against:
        return []
    contrasted = against[verdict.attack]
    low, value, high = (100 * end for end in _ends(contrasted.difference))
    return [
        "Against models that saw none of these records it does so in "
        f"{percent(contrasted.placebo.value)}; the audited model exceeds that by {value:.1f} points "
        f"(95 % interval {low:.1f} to {high:.1f}; p = {contrasted.p_value:.2g}, all attacks and both ends of "
        "the ranking counted)."
    ]


def shift_size(result: AuditResult) -> str:
    """Return a sentence, after a space, on what the best attack finds without any membership."""
    placebo = {} if result.placebo is None else result.placebo.attacks
    first = best(result)
    if first.attack not in placebo:
        return ""
    return (
        f" The best attack's AUC is {first.estimates['auc'].value:.2f} here, and "
        f"{placebo[first.attack].placebo.value:.2f} against models that saw none of these records."
    )


def shift_sentence(result: AuditResult) -> list[str]:
    """Return by how much the figures overstate, if the sides differ by themselves."""
    if not shifted(result):
        return []
    placebo = result.placebo or Placebo()
    sizes = [
        f"the attack {v.attack} has an AUC of {v.estimates['auc'].value:.2f} here and of "
        f"{placebo.attacks[v.attack].placebo.value:.2f} against a model that saw none of these records"
        for v in shown_first(result)[:1]
        if v.attack in placebo.attacks
    ]
    more = f": {sizes[0]}" if sizes else ""
    return [f"Members and non-members differ by themselves, and the figures below contain that, too{more}."]


def _beyond(result: AuditResult) -> str:
    against = compared(result)
    if not against:
        if result.persons is not None:
            return "With people, records that are alike are not compared with each other."
        return "Too few records have counterparts on the other side to compare records that are alike."
    name, most = max(against.items(), key=lambda item: item[1].difference.value)
    low, value, high = (100 * end for end in _ends(most.difference))
    return (
        "Among members and non-members that are alike in their features, the target's AUC exceeds the "
        f"placebo's by {value:.1f} points ({name}; 95 % interval {low:.1f} to {high:.1f})."
    )


def _ends(difference: Estimate) -> tuple[float, float, float]:
    return difference.low, difference.value, difference.high
