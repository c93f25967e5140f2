"""The self-check: everything that the package claims of itself, checked on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pandas as pd

from mlleaks.attacks import REGISTRY
from mlleaks.auditing.selfcheck.attack_checks import attack_checks
from mlleaks.auditing.selfcheck.check import Check
from mlleaks.auditing.selfcheck.epsilon_checks import epsilon_checks
from mlleaks.auditing.selfcheck.interval_checks import interval_checks
from mlleaks.auditing.selfcheck.model_checks import model_checks
from mlleaks.auditing.selfcheck.naming_checks import naming_checks
from mlleaks.auditing.selfcheck.p_value_checks import p_value_checks
from mlleaks.auditing.selfcheck.planted_leak import GAP, plant
from mlleaks.auditing.selfcheck.shift_checks import shift_checks
from mlleaks.auditing.selfcheck.verdict_checks import verdict_checks
from mlleaks.errors import InputError
from mlleaks.progress import track
from mlleaks.runtime.threads import one_thread


@dataclass(frozen=True)
class SelfCheck:
    """What a self-check has found.

    Parameters
    ----------
    checks : tuple of Check
    seconds : float
        How long it took.
    """

    checks: tuple[Check, ...]
    seconds: float

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.status == "FAILED")

    @property
    def unchecked(self) -> tuple[Check, ...]:
        """What could not be checked, for lack of an optional dependency."""
        return tuple(check for check in self.checks if check.status == "not checked")

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not self.failed

    def to_frame(self) -> pd.DataFrame:
        """Return one row per check: ``part, name, truth, expected, got, status``."""
        return pd.DataFrame([vars(check) for check in self.checks])

    def __repr__(self) -> str:
        lines = [f"  {c.part} {c.name}: expected {c.expected}, got {c.got}" for c in self.failed]
        return "\n".join([f"SelfCheck: {self.sentence}", *lines])

    @property
    def sentence(self) -> str:
        """What came out, in one sentence."""
        done = len(self.checks) - len(self.unchecked)
        outcome = f"{len(self.failed)} FAILED" if self.failed else "all ok"
        more = f", {len(self.unchecked)} not checked" if self.unchecked else ""
        return f"{done} checks: {outcome}{more}, in {self.seconds:.0f} s."


def selfcheck(parts: Iterable[str] | None = None) -> SelfCheck:
    """Return whether this installation gives true answers about data whose truth is known.

    Every attack of the registry is run on made answers with a leak of known strength, and on answers without
    one. Intervals, p-values, bounds on epsilon and lists of names are simulated with known truths. Small
    models, with and without a leak, are audited from end to end. Nothing is downloaded, and no data are
    needed. A correct package fails with a probability below one in 10,000; seeds are fixed.

    Parameters
    ----------
    parts : iterable of str, optional
        Names of `PARTS`; all by default.

    Raises
    ------
    InputError
        A part that does not exist.

    Examples
    --------
    >>> selfcheck(["naming"]).passed
    True
    """
    names = list(PARTS if parts is None else parts)
    if unknown := [name for name in names if name not in PARTS]:
        raise InputError(
            f"the part {unknown[0]!r}", expected=f"some of {', '.join(PARTS)}", fix="Pass one of these."
        )
    started = time.monotonic()
    with one_thread():
        checks = tuple(check for name in track(names, "checking") for check in PARTS[name]())
    return SelfCheck(checks, time.monotonic() - started)


def _attacks() -> Iterator[Check]:
    yield from attack_checks(REGISTRY.values(), plant(GAP, 1), plant(0.0, 2))


PARTS: dict[str, Callable[[], Iterable[Check]]] = {
    "attack": _attacks,
    "interval": interval_checks,
    "p-value": p_value_checks,
    "epsilon": epsilon_checks,
    "naming": naming_checks,
    "verdict": verdict_checks,
    "shift": shift_checks,
    "audit": model_checks,
}
"""All parts of the self-check, in the order of the table."""
