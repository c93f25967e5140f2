"""An audit within a number of queries: a random sample of the records if there are too many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from mlleaks.attacks.needs import AugmentedAnswers, BoundaryDistances, NoisyAnswers, RandomQueries
from mlleaks.auditing.prepared import PreparedAudit
from mlleaks.data.records import RecordSet, parse_records
from mlleaks.errors import InputError
from mlleaks.seeds import Seeds
from mlleaks.types import Ints

FEWEST = 20
"""Records of a side that an audit needs at least."""
MOST_RANDOM = 0.25
"""Random queries that would take a larger share of the budget are not sent."""
WORTH = 100
"""Records of the smaller side that must remain, or changed records are not asked about."""
VARIANTS = (NoisyAnswers, AugmentedAnswers, BoundaryDistances)
FORM = 2
"""Queries by which each preparation learns the form of the answers."""
TRIES = 4
"""How often a sample is made smaller until the audit of it keeps within the budget."""


def within_budget(
    prepare: Callable[..., PreparedAudit],
    sides: Mapping[str, Any],
    most: int,
    seeds: Seeds,
    *,
    spent: int = 0,
) -> PreparedAudit:
    """Return an audit that sends no more than ``most`` records to the target.

    The largest sample is not searched for exactly: about a tenth of the budget may stay unused.

    Parameters
    ----------
    prepare : callable
        ``prepare(**sides, random_queries=True, variants=True) -> PreparedAudit``; it sends two records to
        learn the form of the answers.
    sides : mapping
        ``members`` and ``nonmembers``, each ``(X, y)``, ``(X, y, ids)`` or ``X``.
    most : int
    spent : int
        Of these, records that were sent before.
    seeds : Seeds
        Draw the sample: the same records for the same seed, whatever is stored.

    Raises
    ------
    InputError
        Not even the smallest audit keeps within the budget.
    """
    if most < 1:
        raise InputError(
            f"a budget of {most} queries", expected="at least 1", fix="Pass another max_queries."
        )
    ready = prepare(**sides)
    whole = total_queries(ready) + FORM + spent
    if whole <= most:
        return ready
    parsed = {name: parse_records(value, name) for name, value in sides.items()}
    fixed, variants = _queries_for(ready, RandomQueries), _queries_for(ready, *VARIANTS)
    if variants and most * min(map(len, parsed.values())) < WORTH * whole:
        prepare, whole = partial(prepare, variants=False), whole - variants
    if fixed > MOST_RANDOM * most:
        prepare, whole, fixed = partial(prepare, random_queries=False), whole - fixed, 0
    share = max(0.0, (most - fixed - FORM - spent) / max(1, whole - fixed - spent))
    for attempt in range(1, TRIES + 1):
        sizes = {name: max(FEWEST, int(share * len(side))) for name, side in parsed.items()}
        some = {
            name: _sample(side, sizes[name], seeds.stream(f"budget {name}")) for name, side in parsed.items()
        }
        ready = prepare(**some)
        used = total_queries(ready) + FORM * (1 + attempt) + spent
        if used <= most:
            sampled = any(sizes[name] < len(side) for name, side in parsed.items())
            return replace(ready, notes=(*ready.notes, _note(parsed, sizes, most))) if sampled else ready
        share *= 0.95 * most / used
    raise InputError(
        f"{used:,} queries for the smallest audit",
        expected=f"no more than {most:,} (max_queries)",
        fix=f"Allow at least {used:,} queries.",
    )


def _queries_for(ready: PreparedAudit, *kinds: type) -> int:
    """Return how many queries the plan has for some kinds of needs."""
    pairs = zip(ready.plan.needs, ready.plan.costs, strict=True)
    return sum(cost.queries for need, cost in pairs if isinstance(need, kinds))


def refuse_groups() -> None:
    """Raise `InputError`: a sample of rows would tear people apart."""
    raise InputError(
        "a budget of queries and records grouped by person",
        expected="one of them: a sample of rows would tear people apart",
        fix="Pass the records of fewer people instead of a budget.",
    )


def total_queries(ready: PreparedAudit) -> int:
    """Return how many records an audit sends to the target."""
    return ready.queries + ready.plan.cost.queries


def _sample(side: RecordSet, size: int, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """Return some records, of each class in proportion to its records."""
    rows = np.sort(stratified_rows(side.y, len(side), size, rng))
    X = side.X.iloc[rows] if hasattr(side.X, "iloc") else side.X[rows]
    return X, None if side.y is None else side.y[rows], side.ids[rows]


def stratified_rows(labels: Any, n: int, size: int, rng: np.random.Generator) -> Ints:
    """Return ``size`` of ``n`` rows; of each class as many as its share, rounded by chance.

    Examples
    --------
    >>> labels = np.repeat(["a", "b"], [80, 20])
    >>> rows = stratified_rows(labels, 100, 10, np.random.default_rng(0))
    >>> np.unique(labels[rows], return_counts=True)[1].tolist()
    [8, 2]
    """
    if size >= n:
        return np.arange(n)
    order = rng.permutation(n)
    if labels is not None:  # in turn through the classes: a stretch of any length has each class's share
        codes = np.unique(np.asarray(labels).astype(str), return_inverse=True)[1][order]
        counts = np.bincount(codes)
        place = np.empty(n)
        for code, count in enumerate(counts):
            place[codes == code] = (np.arange(count) + rng.random()) / count
        order = order[np.argsort(place, kind="stable")]
    return np.asarray(order[:size])


def _note(parsed: Mapping[str, RecordSet], sizes: Mapping[str, int], most: int) -> str:
    members, nonmembers = (
        f"{min(sizes[name], len(parsed[name])):,} of {len(parsed[name]):,} {text}"
        for name, text in (("members", "members"), ("nonmembers", "non-members"))
    )
    return (
        f"The budget of {most:,} queries covers a random sample, drawn by class: {members} and {nonmembers}. "
        "All intervals are for samples of this size."
    )
