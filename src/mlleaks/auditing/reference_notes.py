"""What a reader should know about reference models: records and classes of which they know little."""

from __future__ import annotations

import numpy as np

from mlleaks.types import Bools, Ids, Ints

FEW = 2
"""A record with fewer models trained on it, or fewer models that were not, says little."""
NAMED = 5
"""Records or classes that a note names."""


def note_records(trained_on: Bools, ids: Ids) -> tuple[str, ...]:
    """Return a note on records with fewer than `FEW` models on a side, where there are enough for two each.

    Parameters
    ----------
    trained_on : bool array (m, n)
        Which audited records each model was trained on.
    ids : array (n,)

    Examples
    --------
    >>> trained_on = np.array([[True, True], [True, True], [False, True], [False, False]])
    >>> print(note_records(trained_on, np.array(["a", "b"]))[0][:63])
    1 of 2 records have fewer than 2 reference models that were tra
    >>> note_records(trained_on[:, :1], np.array(["a"]))
    ()
    """
    inside = trained_on.sum(axis=0)
    few = np.minimum(inside, len(trained_on) - inside) < FEW
    if not few.any() or not inside.any() or len(trained_on) < 2 * FEW:
        return ()
    return (
        f"{int(few.sum()):,} of {len(few):,} records have fewer than {FEW} reference models that were "
        f"trained on them, or fewer than {FEW} that were not ({_first(ids[few].tolist())}). Attacks that "
        "compare the two sides leave them out: there they score as if nothing was known. More models help.",
    )


def note_classes(trained_on: Bools, classes: Ints) -> tuple[str, ...]:
    """Return a note on classes of which some model has no record.

    Parameters
    ----------
    trained_on : bool array (m, n)
        Which records of the pool each model is trained on.
    classes : int array (n,)

    Examples
    --------
    >>> note_classes(np.array([[True, True, False], [True, False, True]]), np.array([0, 1, 1]))
    ()
    >>> print(note_classes(np.array([[True, True, False], [True, False, True]]), np.array([0, 1, 2]))[0])
    2 of 2 reference models are trained without a whole class (class 1, class 2), which has too few records.
    """
    present = np.unique(classes)
    counts = np.stack([(trained_on[:, classes == c]).sum(axis=1) for c in present], axis=1)
    absent = counts == 0
    if not absent.any():
        return ()
    names = [f"class {c}" for c in present[absent.any(axis=0)]]
    return (
        f"{int(absent.any(axis=1).sum()):,} of {len(absent):,} reference models are trained without a whole "
        f"class ({_listed(names)}), which has too few records.",
    )


def _first(names: list[object]) -> str:
    return f"record {names[0]}" if len(names) == 1 else f"records {_listed([str(name) for name in names])}"


def _listed(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
