"""Saved answers of models that share the records evenly with the target: their number tells its members.

In the plan that Carlini et al. train models by (*Membership Inference Attacks From First Principles*, IEEE
S&P 2022), every record is in exactly half of all models. If one of these is the target, one model less was
trained on each of its members than on its non-members.
"""

from __future__ import annotations

import numpy as np

from mlleaks.types import Bools, Floats


def is_balanced(trained_on: Bools, target: Bools) -> bool:
    """Return whether every record is in equally many models only if the target counts as one of them.

    Not where the target's complement is among the models: without it, the others are as they should be.

    Parameters
    ----------
    trained_on : bool array (m, n)
    target : bool array (n,)
        What the target was trained on.

    Examples
    --------
    >>> trained_on = np.array([[True, False, True, False], [False, True, True, False]])
    >>> is_balanced(trained_on, np.array([True, True, False, False])), is_balanced(trained_on, ~trained_on[0])
    (False, False)
    >>> is_balanced(trained_on[:, :3], np.array([True, True, False]))
    True
    """
    numbers = trained_on.sum(axis=0) + target
    return bool(np.ptp(numbers) == 0 and not (trained_on == ~target).all(axis=1).any())


def one_model_less(
    values: Floats, trained_on: Bools, target: Bools, *, seed: int = 0
) -> tuple[Floats, Bools]:
    """Return signals and memberships of one model less, in a plan that is balanced with the target.

    For each record a random one of the models on the side that the target is not on is skipped, and the last
    model takes its place. Then as many models are left on either side of every record, whatever the target
    was trained on, and all their arrangements are equally likely.

    Parameters
    ----------
    values : float array (m, n)
    trained_on : bool array (m, n)
    target : bool array (n,)
    seed : int
        Of the random choice.

    Examples
    --------
    >>> trained_on = np.array([[True, False, False], [False, True, False], [True, False, True]])
    >>> _, members = one_model_less(trained_on * 1.0, trained_on, np.array([False, True, True]))
    >>> members.sum(axis=0).tolist()
    [1, 1, 1]
    """
    order = np.random.default_rng(seed).random(trained_on.shape)
    first = np.where(trained_on != target, order, 2.0).argmin(axis=0)
    here = first < len(values) - 1
    values, trained_on = values.copy(), trained_on.copy()
    for part in (values, trained_on):
        part[first[here], np.flatnonzero(here)] = part[-1, here]
    return values[:-1], trained_on[:-1]
