"""Permutation tests: sums over members, compared with those over random records."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mlleaks.types import Bools, Floats, Ints

AT_ONCE = 2_000_000
"""Labels of random labellings that are in memory at a time."""


def labelled_sums(
    member: Bools, values: Floats, strata: Ints, rng: np.random.Generator, *, draws: int
) -> tuple[Floats, Floats]:
    """Return the sums of the members' values, and those of as many random records of each stratum.

    Parameters
    ----------
    member : bool array (n,)
    values : float array (n, d)
    strata : int array (n,)
        Labels are permuted within strata.
    rng : numpy.random.Generator
    draws : int
        How many random labellings.

    Returns
    -------
    observed : float array (d,)
    random : float array (draws, d)
        Single precision. Without a difference, observed and random sums have one distribution.

    Examples
    --------
    >>> member, values = np.array([True, False, False]), np.array([[3.0], [2.0], [1.0]])
    >>> observed, random = labelled_sums(member, values, np.zeros(3, int), np.random.default_rng(0), draws=99)
    >>> observed.tolist(), set(random.ravel().tolist()) == {1.0, 2.0, 3.0}
    ([3.0], True)
    """
    single = values.astype(np.float32)
    observed = member.astype(np.float32)[None] @ single
    random = [labels @ single for labels in _random_labels(member, strata, rng, draws)]
    return observed[0], np.concatenate(random)


def _random_labels(member: Bools, strata: Ints, rng: np.random.Generator, draws: int) -> Iterator[Floats]:
    """Yield labels ``(some, n)`` in random order within strata, ``draws`` rows in all."""
    places = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    rows = max(1, AT_ONCE // len(member))
    for start in range(0, draws, rows):
        labels = np.empty((min(rows, draws - start), len(member)), dtype=np.float32)
        for place in places:
            own = np.tile(member[place].astype(np.float32), (len(labels), 1))
            labels[:, place] = rng.permuted(own, axis=1)
        yield labels


def at_least(observed: Floats, random: Floats) -> Floats:
    """Return the share of random values that are as large as each observed one, which counts as one.

    The p-value of a permutation test: without a difference it is below ``a`` with a probability of at most
    ``a``. Differences within single precision are ties.

    Parameters
    ----------
    observed : float array (d,)
    random : float array (draws,)

    Examples
    --------
    >>> at_least(np.array([2.0, 9.0]), np.array([1.0, 2.0, 3.0])).tolist()
    [0.75, 0.25]
    """
    ordered = np.sort(random)
    slack = 1e-4 * max(1e-3, float(np.abs(ordered).max(initial=0)))
    larger = len(ordered) - np.searchsorted(ordered, observed - slack)
    return np.asarray((larger + 1) / (len(ordered) + 1))
