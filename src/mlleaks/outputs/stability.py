"""Whether a model answers a record alike when asked again, in another order and among other records.

An audit asks about each record once, members before non-members. It holds if an answer depends on the
record, and perhaps on noise that is drawn anew for each answer: then answers to the same record are as
likely in one order as in another. Whatever depends on the call instead (a position, the other records,
how often the model was called) may differ between the two sides without any leak.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from mlleaks.errors import ModelError
from mlleaks.outputs.occasion import asking_again
from mlleaks.outputs.query import query
from mlleaks.types import Floats, MemberSplit, Model, Observations, Records

SIDE = 200
"""Members, and non-members, that are asked about twice more: at most 800 queries in all.

At most half of a side, so that each record stands among other records than before.
"""
SAME = 1e-4
"""Answers that differ by less on average are the same: rounding depends on the size of a batch."""
SYSTEMATIC = 0.02
"""A change with the call that is at least this share of what two records' answers differ by matters."""
RARE = 7e-6
"""The p-value of the sign test below which changes are no symmetric noise, whatever its distribution."""


@dataclass(frozen=True)
class Repeats:
    """Answers to the same records.

    Parameters
    ----------
    first : float array (n, k)
        As they were in the audit.
    second, third : float arrays (n, k)
        In another order, in two calls with the same records each.
    """

    first: Floats
    second: Floats
    third: Floats

    @property
    def queries(self) -> int:
        """How many answers were asked for besides the audit's."""
        return len(self.second) + len(self.third)

    @property
    def changes(self) -> tuple[Floats, Floats]:
        """From one answer to the next: the largest change of a posterior of each record ``(n,)``."""
        return _distance(self.first, self.second), _distance(self.second, self.third)

    @property
    def spread(self) -> float:
        """The mean change from one answer to the next."""
        return float(np.mean(self.changes))

    @property
    def between(self) -> float:
        """How much the answers to two different records differ on average, by the same measure."""
        return float(_distance(self.first, np.roll(self.second, 1, axis=0)).mean())

    def depends_on_call(self) -> bool:
        """Return whether answers got more or less confident with each call, or changed with the order only.

        Noise that is drawn anew makes the first, second and third answer exchangeable: each of these
        changes is as likely with the other sign.
        """
        sure = [answers.max(axis=1) for answers in (self.first, self.second, self.third)]
        reordered, repeated = self.changes
        return any(
            abs(change.mean()) > SYSTEMATIC * self.between and _sign_test(change) < RARE
            for change in (sure[0] - sure[1], sure[1] - sure[2], reordered - repeated)
        )


def queries_again(split: MemberSplit) -> int:
    """Return how many queries `query_again` sends."""
    return 2 * (_repeated(len(split.members)) + _repeated(len(split.nonmembers)))


def query_again(
    model: Model,
    split: MemberSplit,
    observations: Observations,
    rng: np.random.Generator,
) -> Repeats:
    """Return the answers to some members and non-members when the model is asked about them twice more.

    Parameters
    ----------
    model : Model
    split : MemberSplit
    observations : Observations
        What `observe` returned for them.
    rng : numpy.random.Generator
        Chooses up to `SIDE` records of each side, and their order.
    """
    sides = (split.nonmembers, split.members)  # the other way round than they were observed
    rows = [rng.permutation(len(side))[: _repeated(len(side))] for side in sides]
    some = [side.take(row).X for side, row in zip(sides, rows, strict=True)]
    k = observations.outputs.posteriors.shape[1]
    second, third = (_asked_again(model, some, k, number) for number in (1, 2))
    first = observations.outputs.posteriors[np.concatenate([rows[0] + len(split.members), rows[1]])]
    return Repeats(first, second, third)


def refuse_unstable(repeats: Repeats) -> tuple[str, ...]:
    """Return a note if a record's answers differ; an error if they cannot be audited.

    Raises
    ------
    ModelError
        Answers depend on the call.

    Examples
    --------
    >>> p = np.array([[0.9, 0.1], [0.2, 0.8]])
    >>> refuse_unstable(Repeats(p, p, p))
    ()
    """
    spread, between = repeats.spread, repeats.between
    if spread <= SAME:
        return ()
    change = f"by {spread:.2g} on average (two different records: {between:.2g})"
    if repeats.depends_on_call():
        raise ModelError(
            f"answers to the same records that change with the call, {change}",
            expected="answers that depend on the record alone, or on noise drawn anew for each",
            fix="Let predict_proba use neither positions, nor the other records of a call, nor earlier "
            "calls; put networks into evaluation mode.",
        )
    largest = max(float(change.max()) for change in repeats.changes)
    return (
        f"Asked again, the model answers the same record differently, {change}, at most by {largest:.2g}. "
        "All figures are for one answer per record; an attacker who averages several may find more.",
    )


def _asked_again(model: Model, parts: list[Records], k: int, number: int) -> Floats:
    """Return answers that come from no store of the first answers."""
    with asking_again(number):
        return np.concatenate([query(model, X, n_classes=k) for X in parts])


def _repeated(n: int) -> int:
    """Return how many of ``n`` records are queried again."""
    return min(SIDE, -(-n // 2))


def _sign_test(changes: Floats) -> float:
    """Return the p-value of "a change is as likely up as down" (two-sided); those of zero do not count."""
    up, down = int((changes > 0).sum()), int((changes < 0).sum())
    return float(binomtest(up, up + down).pvalue) if up + down else 1.0


def _distance(a: Floats, b: Floats) -> Floats:
    distance: Floats = np.abs(a - b).max(axis=1)
    return distance
