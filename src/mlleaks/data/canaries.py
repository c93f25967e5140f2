"""Planting canaries: training data in which some made-up records were included by fair coins."""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.data.canary_records import make_canaries
from mlleaks.data.canary_set import CanarySet
from mlleaks.data.training_form import TrainingForm
from mlleaks.errors import InputError
from mlleaks.seeds import Seeds
from mlleaks.types import Dataset, Ints

FEWEST = 64
"""Fewer canaries can show an epsilon of about 1 at most, and may lack 20 that were or were not included."""


def canaries(data: Any, n: int, *, label: str = "label", seed: int | None = None) -> tuple[Any, CanarySet]:
    """Return training data with canaries in it, and all canaries with their coins, for an audit later.

    ``n`` records are made up that look like real ones and have a wrong class (see
    `mlleaks.data.canary_records`). A fair coin decides for each whether it is included, at a random place
    among the real records. Train the model on all records that come back, and keep the canaries secret until
    then. `mlleaks.audit` with ``canaries=`` scores what the model answers about them; because of the coins
    that bounds epsilon from one training run, whatever else happened in training.

    Source: T. Steinke, M. Nasr, M. Jagielski, *Privacy Auditing with One (1) Training Run*, NeurIPS (2023).

    Parameters
    ----------
    data : Dataset, (X, y), (X, y, ids) or DataFrame
        The training data; a DataFrame holds the classes in the column ``label``, and perhaps ids in
        ``record_id``. An NPZ file's arrays by name (``X``, ``y``, perhaps ``record_id``) will do, too.
    n : int
        How many canaries: at least `FEWEST`, at most as many as there are records. More can show a larger
        epsilon; about half of them are trained on, which costs some accuracy.
    label : str
        The column of the classes in a DataFrame.
    seed : int, optional
        Makes canaries, coins and places. Who knows it knows the coins. By default the operating system
        draws one, a new one in each call.

    Returns
    -------
    training data, CanarySet
        The training data in the form of ``data``; a DataFrame has a new index. Ids become text.

    Raises
    ------
    InputError
        Records without classes, or of one class; too few or too many canaries; records of which so many new
        ones cannot be made.

    Examples
    --------
    >>> from mlleaks import load_dataset
    >>> training, planted = canaries(load_dataset("digits"), 200, seed=1)
    >>> len(training) - 1797 == planted.included.sum(), len(planted)
    (np.True_, 200)
    """
    form = TrainingForm.of(data, label)
    numbers, classes = _numbered(form.y)
    _refuse_count(n, len(numbers))
    seeds = Seeds(secrets.randbits(128) if seed is None else seed)
    real = Dataset("records", form.X, numbers, len(classes))
    X, y = make_canaries(real, int(n), seeds.stream("canaries"))
    ids = np.array([f"canary {i + 1}" for i in range(n)])
    included = seeds.stream("canary coins").random(n) < 0.5
    planted = CanarySet(X, classes[y], ids, included)
    return form.with_canaries(planted, seeds.stream("canary places")), planted


def _refuse_count(n: Any, records: int) -> None:
    whole = isinstance(n, int | np.integer) and not isinstance(n, bool)
    if not whole or not FEWEST <= n <= records:
        raise InputError(
            f"{n!r} canaries for {records:,} records",
            expected=f"a whole number: at least {FEWEST}, because fewer bound hardly anything, and at most "
            "as many as there are records",
            fix="Pass another number, for example 1000.",
        )


def _numbered(y: Any) -> tuple[Ints, Any]:
    """Return classes as numbers, and the class of each number."""
    numbers, _ = pd.factorize(y)
    if (numbers < 0).any():
        raise InputError(
            f"{int((numbers < 0).sum())} records without a class",
            expected="a class for each record",
            fix="Fill the classes, or remove these records.",
        )
    firsts = np.unique(numbers, return_index=True)[1]
    return numbers.astype(np.int64), y[firsts]
