"""Which reference model trains on which records: each audited record in about half of them."""

from __future__ import annotations

import numpy as np

from mlleaks.data.membership_plan import MembershipPlan
from mlleaks.errors import InputError
from mlleaks.types import Bools, Ints


def plan_references(
    classes: Ints, n_models: int, rng: np.random.Generator, *, size: int, further: int = 0
) -> MembershipPlan:
    """Return a plan for reference models in pairs that share no audited record.

    The plan is about the audited records, then the further ones. A model has ``size`` records: half of the
    audited ones, filled up with further ones. If half of the audited records are more than that, it has
    ``size`` of them, and each record is in less than half of the models.

    Parameters
    ----------
    classes : int array (n,)
        Of the audited records.
    n_models : int
        At least 2; an odd number leaves the last model without its complement.
    rng : numpy.random.Generator
        A longer plan begins like a shorter one.
    size : int
        How many records the target was trained on.
    further : int
        How many records there are to fill up with.

    Raises
    ------
    InputError
        Fewer than two models, or fewer than four audited records.

    Examples
    --------
    >>> plan = plan_references(np.zeros(6, int), 4, np.random.default_rng(0), size=4, further=5)
    >>> masks = np.array([plan.mask(model) for model in range(4)])
    >>> masks[:, :6].sum(axis=0).tolist(), masks.sum(axis=1).tolist()
    ([2, 2, 2, 2, 2, 2], [4, 4, 4, 4])
    """
    n = len(classes)
    if n_models < 2 or n < 4:
        raise InputError(
            f"{n_models} reference models for {n} audited records",
            expected="two models or more, and at least four records",
            fix="Pass a larger number of models, or more records.",
        )
    masks = np.zeros((n_models + n_models % 2, n + further), dtype=bool)
    for first in range(0, n_models, 2):
        one = _half(classes, rng)
        order = n + rng.permutation(further)
        for model, half, fill in ((first, one, order), (first + 1, ~one, order[::-1])):
            rows = np.flatnonzero(half)
            masks[model, rows if len(rows) <= size else np.sort(rng.permutation(rows)[:size])] = True
            masks[model, fill[: max(0, size - len(rows))]] = True
    return MembershipPlan(np.packbits(masks[:n_models], axis=1), n + further)


def plan_offline(n_records: int, n_models: int, rng: np.random.Generator, *, size: int) -> MembershipPlan:
    """Return a plan for reference models that have none of the audited records: pairs of random parts.

    Parameters
    ----------
    n_records : int
        The records that the attacker has, at least 2.
    n_models : int
        At least 2.
    rng : numpy.random.Generator
        A longer plan begins like a shorter one.
    size : int
        How many records the target was trained on; a model has at most half of the attacker's.

    Examples
    --------
    >>> plan = plan_offline(10, 2, np.random.default_rng(0), size=3)
    >>> len(plan.members(0)), set(plan.members(0)) & set(plan.members(1))
    (3, set())
    """
    if n_models < 2 or n_records < 2:
        raise InputError(
            f"{n_models} reference models for {n_records} records",
            expected="two of each or more",
            fix="Pass a larger number of models, or more shadow records.",
        )
    size = min(size, n_records // 2)
    masks = np.zeros((n_models + n_models % 2, n_records), dtype=bool)
    for first in range(0, n_models, 2):
        order = rng.permutation(n_records)
        masks[first, order[:size]] = masks[first + 1, order[-size:]] = True
    return MembershipPlan(np.packbits(masks[:n_models], axis=1), n_records)


def pairs_of(trained_on: Bools) -> Ints:
    """Return a number for each model ``(m,)``; two that share it complement each other.

    Complementary means: whatever one was trained on, the other was not, and together they have half of the
    records or more. Such a model would tell what its complement was trained on.

    Parameters
    ----------
    trained_on : bool array (m, n)

    Examples
    --------
    >>> pairs_of(np.array([[True, False, True], [True, True, False], [False, True, False]]))
    array([0, 1, 0])
    """
    values = trained_on.astype(np.float32)
    sizes = values.sum(axis=1)
    common = values @ values.T
    pairs = np.full(len(values), -1)
    for model in range(len(values)):
        if pairs[model] < 0:
            free = pairs < 0
            free[model] = False
            apart = free & (common[model] == 0) & (sizes + sizes[model] >= trained_on.shape[1] / 2)
            pairs[model] = pairs.max() + 1
            pairs[np.flatnonzero(apart)[:1]] = pairs[model]
    return pairs


def _half(classes: Ints, rng: np.random.Generator) -> Bools:
    """Return a random half of the records ``(n,)`` that has some of each class, as does the other half.

    Only classes are touched that would be missing on a side: the target's members are drawn at random, too,
    so numbers per class must vary between models as they do in the target.
    """
    half = np.zeros(len(classes), dtype=bool)
    half[rng.permutation(len(classes))[int(rng.integers(2)) :: 2]] = True
    number = np.bincount(classes)
    inside = np.bincount(classes[half], minlength=len(number))
    for label in rng.permutation(np.flatnonzero(number > 1)):
        if 0 < inside[label] < number[label]:
            continue
        side = inside[label] > 0  # where all of them are
        spare = (number - inside if side else inside) > 1
        partners = np.flatnonzero((half != side) & spare[classes])
        if len(partners):
            swapped = np.array([rng.choice(np.flatnonzero(classes == label)), rng.choice(partners)])
            half[swapped] = ~half[swapped]
            inside[classes[swapped]] += np.where(half[swapped], 1, -1)
    return half
