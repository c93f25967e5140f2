"""Conditions for a CI gate, such as ``auc > 0.6``, ``adversary-1:tpr@1%fpr.low >= 0.02`` and ``leaks``."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from mlleaks.errors import InputError
from mlleaks.results.audit import AuditResult
from mlleaks.results.decision import (
    UNDECIDED,
    beats_chance,
    differs_much,
    leaks,
    reversed_attacks,
    shifted,
    verdict,
)
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import ESTIMATES

TARGET_FACTS = ("train_accuracy", "test_accuracy", "overfitting")
_METRICS = (*ESTIMATES, *TARGET_FACTS)
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_FORM = re.compile(
    r"\s*(?:(?P<attack>[\w-]+)\s*:)?\s*(?P<metric>[\w@.%-]+?)(?:\.(?P<end>low|high))?"
    r"\s*(?P<operator>>=|<=|>|<)\s*(?P<bound>[-+.\deE]+)\s*"
)


@dataclass(frozen=True)
class Condition:
    """A comparison that fails a build when it holds, for one attack or for any of them."""

    text: str
    attack: str | None
    metric: str
    end: str
    compare: Callable[[float, float], bool]
    bound: float

    def holds(self, result: AuditResult) -> bool:
        """Return whether the condition holds for ``result``.

        Raises
        ------
        InputError
            The figure is undefined in this audit, or the two sides are `reversed_in` it, so that a gate
            would pass for the wrong reason.
        """
        if self.reversed_in(result):
            raise InputError(
                "non-members that look more like training records than the members do",
                expected="members and non-members the right way round, from one source",
                fix="Check whether the two were swapped, or come from different sources. If neither, it can "
                "be chance, as in up to 3 % of audits of models that do not leak: audit with other "
                "non-members, for chance will hardly repeat itself.",
            )
        if self.undecidable(result):
            raise InputError(
                "members and non-members that differ by themselves: no leak can be distinguished from that",
                expected="members and non-members from one source",
                fix="Draw non-members as the members were drawn, for example by a random split "
                "before training.",
            )
        if self.metric == "leaks":
            return leaks(result)
        if self.metric == "undecided":
            return verdict(result) == UNDECIDED
        if self.metric == "shift":
            return self._shift(result)
        values = [getattr(e, self.end) for e in self._estimates(result)]
        defined = [value for value in values if not math.isnan(value)]
        if not defined:
            raise InputError(
                f"the condition {self.text!r}, whose figure is undefined in this audit",
                expected="a figure that these records can measure",
                fix="Bring labels, more non-members or what the attack needs, or ask for another.",
            )
        return any(self.compare(value, self.bound) for value in defined)

    def _shift(self, result: AuditResult) -> bool:
        if result.blind is None or result.blind.why_not is not None:
            why = "only answers were audited" if result.blind is None else result.blind.why_not
            raise InputError(
                f"the condition shift, but no blind check ({why})",
                expected="an audit of a model, with its records",
                fix="Pass the records and the model, or leave the condition out.",
            )
        return shifted(result)

    def reversed_in(self, result: AuditResult) -> bool:
        """Return whether this asks for a verdict while non-members look more like members than these do."""
        return self.metric == "leaks" and bool(reversed_attacks(result)) and not leaks(result)

    def undecidable(self, result: AuditResult) -> bool:
        """Return whether this asks for a verdict, and what the attacks find may be a shift."""
        return self.metric == "leaks" and (beats_chance(result) or differs_much(result)) and not leaks(result)

    def _estimates(self, result: AuditResult) -> list[Estimate]:
        if self.metric in TARGET_FACTS:
            return [e for name, e in result.target.items() if name == self.metric]
        verdicts = result.verdicts if self.attack is None else [result.verdict(self.attack)]
        return [v.estimates[self.metric] for v in verdicts]


def parse(text: str, attacks: Collection[str] | None = None) -> Condition:
    """Return the condition that ``text`` states: ``[attack:]metric[.low|.high] OP number``.

    ``leaks`` and ``undecided`` are the verdict; ``shift`` holds if members and non-members differ by
    themselves.
    ``.low`` and ``.high`` are the ends of the 95 % interval. Without an attack the condition holds if it does
    for any. ``attacks`` are the names that there are; without them an unknown name is an error when the
    condition is tested.

    Raises
    ------
    InputError
        Another form, an attack or metric that does not exist, or a bound that no figure can reach.

    Examples
    --------
    >>> condition = parse("adversary-1:auc.low > 0.6")
    >>> condition.attack, condition.metric, condition.end, condition.bound
    ('adversary-1', 'auc', 'low', 0.6)
    """
    if not isinstance(text, str):
        raise _unreadable(text)
    if text.strip() in ("leaks", "undecided", "shift"):
        return Condition(text, None, text.strip(), "value", operator.gt, 0)
    match = _FORM.fullmatch(text)
    try:
        bound = float(match["bound"]) if match else math.nan
    except ValueError:
        match = None
    if match is None or match["metric"] not in _METRICS:
        raise _unreadable(text)
    if not -1 <= bound <= 1:
        raise InputError(
            f"the condition {text!r}, which no audit can change",
            expected="a bound between -1 and 1, as all figures are",
            fix="Divide percentages by 100.",
        )
    if match["attack"] is not None and attacks is not None and match["attack"] not in attacks:
        raise InputError(
            f"the attack {match['attack']!r} in {text!r}",
            expected=f"one of {', '.join(attacks)}",
            fix="Leave it out to test every attack.",
        )
    if match["attack"] is not None and match["metric"] in TARGET_FACTS:
        raise InputError(
            f"the condition {text!r}, a figure of the target asked of an attack",
            expected=f"{match['metric']} alone",
            fix="Leave the attack out.",
        )
    end = match["end"] or "value"
    return Condition(text, match["attack"], match["metric"], end, _OPERATORS[match["operator"]], bound)


def _unreadable(text: object) -> InputError:
    return InputError(
        f"the condition {text!r}",
        expected="leaks, undecided, shift, or [attack:]metric[.low|.high] > number, "
        f"metric one of {', '.join(_METRICS)}",
        fix="For example: --fail-if 'auc > 0.6'.",
    )
