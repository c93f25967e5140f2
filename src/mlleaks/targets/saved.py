"""Saved posteriors, from any language: one table, aligned by ``record_id``, never by position.

Columns: ``record_id``, ``member`` (true/false or 1/0), ``label`` (optional, class in 0..k-1),
``model_id`` (optional), ``p_0 ... p_{k-1}``. A NPZ file may hold the posteriors as one array
``posteriors (n, k)`` instead of ``p_*``. Rows of other models than the target are shadow models,
with their own membership.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.errors import InputError
from mlleaks.posteriors import validated
from mlleaks.tables import Table, column
from mlleaks.types import Bools, Ids, Ints, Observations, Outputs

TARGET = "target"
_WORDS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}


@dataclass(frozen=True)
class Answers:
    """A table, taken apart: the target's observations and, if there are any, the shadows'."""

    target: Observations
    shadow: Observations | None


def read_answers(
    table: Table,
    *,
    membership: Table | None = None,
    target: str | None = None,
    from_logits: bool = False,
) -> Answers:
    """Return the observations in a table of saved posteriors.

    Parameters
    ----------
    table : DataFrame or mapping of str to arrays
        See the module's docstring.
    membership : DataFrame or mapping of str to arrays, optional
        ``record_id``, ``member`` and perhaps ``label`` of the target's records, if ``table`` does
        not have them; joined by ``record_id``.
    target : str, optional
        The ``model_id`` of the target; by default the only one, or ``"target"``.
    from_logits : bool
        The columns are unnormalised log-probabilities.

    Raises
    ------
    InputError
        A column is missing, an id stands twice or has no membership, values are no posteriors.

    Examples
    --------
    >>> table = {"record_id": [7, 8], "member": [1, 0], "p_0": [0.9, 0.4], "p_1": [0.1, 0.6]}
    >>> answers = read_answers(table)
    >>> answers.target.member.tolist(), answers.target.ids.tolist()
    ([True, False], [7, 8])
    """
    if membership is not None:
        table = _joined(table, membership)
    ids = column(table, "record_id", "the table of posteriors")
    posteriors = _posteriors(table)
    member = _flags(column(table, "member", "the table of posteriors"))
    labels = _labels(table, posteriors.shape[1])
    models = np.asarray(table["model_id"]).astype(str) if "model_id" in table else None
    if not len(ids) == len(posteriors) == len(member):
        raise InputError(
            f"{len(ids)} ids, {len(member)} memberships, {len(posteriors)} rows of posteriors",
            expected="one of each for every record",
            fix="Write the arrays again from one table.",
        )
    posteriors = validated(posteriors, from_logits=from_logits)
    everything = Observations(Outputs(posteriors, labels), member, ids)
    if models is None:
        _check_unique(ids)
        return Answers(everything, None)
    own = models == _target_id(models, target)
    for model in np.unique(models):
        _check_unique(ids[models == model])
    return Answers(_only(everything, own), None if own.all() else _only(everything, ~own))


def read_noise(table: Table, *, n_classes: int, from_logits: bool = False) -> Outputs:
    """Return the target's saved answers to random queries (columns ``p_*`` or ``posteriors``).

    Raises
    ------
    InputError
        The values are no posteriors over ``n_classes`` classes.
    """
    answers = validated(_posteriors(table), from_logits=from_logits, what="answers to random queries")
    if answers.shape[1] != n_classes:
        raise InputError(
            f"answers to random queries with {answers.shape[1]} columns",
            expected=f"{n_classes}, as the target's posteriors have",
            fix="Save the answers of the same model.",
        )
    return Outputs(answers)


def _only(seen: Observations, rows: Bools) -> Observations:
    labels = None if seen.outputs.labels is None else seen.outputs.labels[rows]
    return Observations(Outputs(seen.outputs.posteriors[rows], labels), seen.member[rows], seen.ids[rows])


def _posteriors(table: Table) -> Any:
    if "posteriors" in table:
        return np.asarray(table["posteriors"])
    names = [name for name in table if re.fullmatch(r"p_\d+", str(name))]
    expected = [f"p_{i}" for i in range(max(len(names), 2))]
    absent = [name for name in expected if name not in table]
    if absent:
        raise InputError(
            f"no column {absent[0]!r} in the table of posteriors "
            f"(it has {', '.join(map(str, list(table)[:12]))})",
            expected="p_0 ... p_{k-1}, one for each of at least two classes",
            fix="Number the columns from p_0 without gaps; for a binary model write both.",
        )
    if isinstance(table, pd.DataFrame):
        return table[expected].to_numpy()
    return np.column_stack([np.asarray(table[name]) for name in expected])


def _flags(values: Any) -> Bools:
    if values.dtype == bool:
        return np.asarray(values)
    words = pd.Series(values).astype(str).str.strip().str.lower()
    flags = words.map(_WORDS)
    if flags.isna().any():
        raise InputError(
            f"member = {words[flags.isna()].iloc[0]!r}",
            expected="true or false, 1 or 0, in every row",
            fix="Rewrite the column; records of unknown membership do not belong in the table.",
        )
    return flags.to_numpy(dtype=bool)


def _labels(table: Table, n_classes: int) -> Ints | None:
    if "label" not in table:
        return None
    values = pd.to_numeric(pd.Series(np.asarray(table["label"])), errors="coerce").to_numpy(float)
    wrong = ~((values >= 0) & (values < n_classes) & (values % 1 == 0))
    if wrong.any():
        raise InputError(
            f"label {np.asarray(table['label'])[wrong][0]!r} ({int(wrong.sum())} such rows)",
            expected=f"whole numbers in 0..{n_classes - 1}: label i belongs to column p_i",
            fix="Number the classes like the columns.",
        )
    return values.astype(np.int64)


def _joined(table: Table, membership: Table) -> Table:
    for there, source in ((table, "the table of posteriors"), (membership, "the membership table")):
        column(there, "record_id", source)
    who = pd.DataFrame({k: membership[k] for k in ("record_id", "member", "label") if k in membership})
    _check_unique(who["record_id"].to_numpy())
    column(who, "member", "the membership table")
    index = pd.Index(who["record_id"]).get_indexer(pd.Index(np.asarray(table["record_id"])))
    if (index < 0).any():
        unknown = np.asarray(table["record_id"])[index < 0]
        raise InputError(
            f"{len(unknown)} records without membership (first: {unknown[0]!r})",
            expected="every record_id of the posteriors in the membership table",
            fix="Add them, or drop them from the posteriors.",
        )
    columns: dict[str, Any] = {str(name): values for name, values in table.items()}
    return columns | {str(name): who[name].to_numpy()[index] for name in who if name != "record_id"}


def _check_unique(ids: Ids) -> None:
    twice = pd.Series(ids).duplicated()
    if twice.any():
        raise InputError(
            f"{int(twice.sum())} record_ids that stand more than once (first: {ids[twice][0]!r})",
            expected="one row a record and model",
            fix="Give every record its own id, or tell models apart by model_id.",
        )


def _target_id(models: Any, target: str | None) -> str:
    known = sorted(set(models.tolist()))
    wanted = target or (known[0] if len(known) == 1 else TARGET)
    if wanted not in known:
        raise InputError(
            f"model ids {', '.join(known[:8])}",
            expected=f"{wanted!r} among them",
            fix="Name the target's model_id with target= (command line: --target-id).",
        )
    return wanted
