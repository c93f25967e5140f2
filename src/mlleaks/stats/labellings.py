"""Random labellings of records: what chance makes of scores, exactly valid however many of them tie."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mlleaks.seeds import Seeds
from mlleaks.types import Bools, Floats, Ints

LABELLINGS = 10_000
"""At least so many labellings are tried, the observed one included; so no p-value is below 1 in so many."""


@dataclass(frozen=True)
class Labellings:
    """Random labellings of records; the first is the observed one.

    The records stand in a circle in random order, and their labels turn: each turn is a labelling, and the
    observed one is as likely as any other of its circle. Further circles hold labels in another random
    order. So p-values are exactly valid, and sums over all turns are one fast Fourier transform.

    Parameters
    ----------
    places : int array (c, n)
        Where each record stands in each circle.
    labels : float array (c, n)
        The labels around each circle, 1 for members.
    turns : int array (c, t)
        By how many places the labels turn.
    """

    places: Ints
    labels: Floats
    turns: Ints

    @classmethod
    def draw(cls, member: Bools, *, seed: int = 0, count: int = LABELLINGS) -> Labellings:
        """Return ``count`` labellings or a few more with as many members as ``member (n,)`` has.

        Many split their records by ``default_rng(0).permutation(n)``. The circles must not have the same
        order: in that order labels are a pattern, and a turned pattern is the same again.
        """
        rng, n = Seeds(seed).stream("labellings"), len(member)
        circles = math.ceil(count / n)
        places = np.stack([rng.permutation(n) for _ in range(circles)])
        labels = np.stack([rng.permuted(member) for _ in range(circles)]).astype(np.float64)
        labels[0, places[0]] = member
        each = min(n, count)
        turns = np.stack([rng.permutation(n)[:each] for _ in range(circles)])
        turns[0] = np.append(0, 1 + rng.permutation(n - 1)[: each - 1])
        return cls(places, labels, turns)

    def sums(self, values: Ints | Bools) -> Ints:
        """Return the sum of whole numbers ``values (n,)`` over the members of each labelling ``(b,)``."""
        return np.rint(self.real_sums(values)).astype(np.int64)

    def real_sums(self, values: Ints | Bools | Floats) -> Floats:
        """Return the sum of any numbers ``values (n,)`` over the members of each labelling ``(b,)``.

        It is exact to about 1e-13 of the largest sums: equal sums can differ by so much.
        """
        around = np.empty_like(self.labels)
        np.put_along_axis(around, self.places, np.broadcast_to(values, self.places.shape), axis=1)
        spectrum = np.fft.rfft(around) * np.fft.rfft(self.labels).conj()
        every = np.fft.irfft(spectrum, around.shape[1])
        return np.asarray(np.take_along_axis(every, self.turns, axis=1)).ravel()

    def first_nonmember(self, records: Ints) -> Ints:
        """Return the place of the first non-member among ``records (k,)`` in each labelling; else ``k``."""
        n = self.labels.shape[1]
        first = [
            _first_false(label[(place[records][:, None] - turn) % n] > 0)
            for place, label, turn in zip(self.places, self.labels, self.turns, strict=True)
        ]
        return np.concatenate(first)


def upper_p_values(statistic: Ints | Floats) -> Floats:
    """Return the share of labellings whose statistic is at least as high, for each of them ``(b,)``.

    Examples
    --------
    >>> upper_p_values(np.array([3, 1, 3, 0])).tolist()
    [0.5, 0.75, 0.5, 1.0]
    """
    rising = np.sort(statistic)
    return np.asarray(1 - np.searchsorted(rising, statistic, side="left") / len(rising))


def _first_false(rows: Bools) -> Ints:
    """Return the position of the first false in each column of ``rows (k, b)``; ``k`` if there is none."""
    return np.where(rows.all(axis=0), len(rows), rows.argmin(axis=0))
