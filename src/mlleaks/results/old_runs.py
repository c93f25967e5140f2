"""Runs that earlier versions have stored, in the form of this one."""

from __future__ import annotations

from typing import Any

_ATTACKS = {"label-gap": "gap"}
"""Old name -> new name."""
_COUNTS = {
    "members_accused": "members_flagged",
    "others": "nonmembers",
    "others_accused": "nonmembers_flagged",
}
_USES_LABELS = ("gap", "shokri")
_THRESHOLDS = {"gap": "definition"} | dict.fromkeys(("adversary-1", "adversary-2", "shokri"), "attack model")
"""What earlier versions did not store; all other attacks of theirs were adversary 3's."""


def current(document: dict[str, Any], arrays: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return ``result.json`` and the arrays of a run as this version stores them."""
    if document["schema"] > 1:
        return document, arrays
    skipped = {_ATTACKS.get(name, name): why for name, why in document["left_out"].items()}
    verdicts = [_verdict(verdict) for verdict in document["verdicts"]]
    named = {_array_name(name): values for name, values in arrays.items()}
    return document | {"verdicts": verdicts, "skipped": skipped}, named


def _verdict(old: dict[str, Any]) -> dict[str, Any]:
    attack = _ATTACKS.get(old["attack"], old["attack"])
    per_class = [{_COUNTS.get(key, key): count for key, count in row.items()} for row in old["per_class"]]
    title = "Gap attack: flags what is classified correctly" if attack == "gap" else old["title"]
    return old | {
        "attack": attack,
        "title": title,
        "per_class": per_class,
        "uses_labels": attack in _USES_LABELS,
        "threshold_from": _THRESHOLDS.get(attack, "random queries"),
        "reads": "predicted class" if attack == "gap" else "posteriors",
    }


def _array_name(name: str) -> str:
    kind, _, attack = name.partition(" ")
    return f"{kind} {_ATTACKS.get(attack, attack)}" if attack else name
