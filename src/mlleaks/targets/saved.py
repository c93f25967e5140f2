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
from mlleaks.observations import taken
from mlleaks.posteriors import validated
from mlleaks.tables import Table, column
from mlleaks.types import Bools, Ids, Ints, Observations, Outputs

TARGET = "target"
_COLUMNS = ("record_id", "member", "label", "model_id", "posteriors")
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
    table = _checked(table, "the table of posteriors")
    if membership is not None:
        table = _joined(table, _checked(membership, "the membership table"), target)
    ids = column(table, "record_id", "the table of posteriors")
    posteriors = _posteriors(table)
    member = _flags(column(table, "member", "the table of posteriors"))
    labels = _labels(table, posteriors.shape[1])
    models = _models(table, target)
    posteriors = validated(posteriors, from_logits=from_logits)
    everything = Observations(Outputs(posteriors, labels), member, ids)
    if models is None:
        _check_unique(ids)
        return Answers(everything, None)
    own = models == _target_id(models, target)
    for model in np.unique(models):
        _check_unique(ids[models == model])
    return Answers(taken(everything, own), None if own.all() else taken(everything, ~own))


def read_noise(table: Table, *, n_classes: int, from_logits: bool = False) -> Outputs:
    """Return the target's saved answers to random queries (columns ``p_*`` or ``posteriors``).

    Raises
    ------
    InputError
        The values are no posteriors over ``n_classes`` classes.
    """
    table = _checked(table, "the answers to random queries")
    answers = validated(_posteriors(table), from_logits=from_logits, what="answers to random queries")
    if answers.shape[1] != n_classes:
        raise InputError(
            f"answers to random queries with {answers.shape[1]} columns",
            expected=f"{n_classes}, as the target's posteriors have",
            fix="Save the answers of the same model.",
        )
    return Outputs(answers)


def _checked(table: Table, source: str) -> Table:
    """Return a table whose used columns are arrays of one length, the posteriors with two axes."""
    if isinstance(table, pd.DataFrame):
        return table
    known = [n for n in table if n in _COLUMNS or re.fullmatch(r"p_\d+", str(n))]
    arrays: dict[str, Any] = {str(name): _array(table[name], str(name), source) for name in known}
    for name, values in arrays.items():
        axes = 2 if name == "posteriors" else 1
        if values.ndim != axes or len(values) != len(next(iter(arrays.values()))):
            raise InputError(
                f"{name} of shape {values.shape} in {source}",
                expected=f"{axes} ax{'e' if axes == 2 else 'i'}s, and as many rows as the others have",
                fix="Write the arrays again from one table.",
            )
    return arrays


def _array(values: Any, name: str, source: str) -> Any:
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputError(
            f"{name} in {source} with rows of different lengths",
            expected="a rectangular array",
            fix="Write it again.",
        ) from error


def _models(table: Table, target: str | None) -> Any:
    """Return each row's model as text, or None where the table speaks of one model only."""
    if "model_id" in table:
        return np.asarray(table["model_id"]).astype(str)
    if target is not None:
        raise InputError(
            f"the target's model_id {target!r} for a table without model_id",
            expected="a column model_id",
            fix="Add the column, or leave target= (command line: --target-id) out.",
        )
    return None


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
            f"label {np.asarray(table['label'])[wrong].tolist()[0]!r} ({int(wrong.sum())} such rows)",
            expected=f"whole numbers in 0..{n_classes - 1}: label i belongs to column p_i",
            fix="Number the classes like the columns.",
        )
    return values.astype(np.int64)


def _joined(table: Table, membership: Table, target: str | None) -> Table:
    """Return the table with the target's rows told their membership; shadows keep their own."""
    who = pd.DataFrame({n: column(membership, n, "the membership table") for n in ("record_id", "member")})
    if "label" in membership:
        who["label"] = np.asarray(membership["label"])
    _check_unique(who["record_id"].to_numpy())
    ids, models = column(table, "record_id", "the table of posteriors"), _models(table, target)
    own = np.ones(len(ids), bool) if models is None else models == _target_id(models, target)
    index = pd.Index(who["record_id"]).get_indexer(pd.Index(ids[own]))
    if (index < 0).any():
        unknown = ids[own][index < 0].tolist()
        raise InputError(
            f"{len(unknown)} records without membership (first: {unknown[0]!r})",
            expected="every record_id of the target's posteriors in the membership table",
            fix="Add them, or drop them from the posteriors.",
        )
    columns: dict[str, Any] = {str(name): values for name, values in table.items()}
    for name in who.columns.drop("record_id"):
        told = np.empty(len(ids), dtype=object)
        if not own.all():
            told[~own] = column(table, name, "the table of posteriors, for the shadow models")[~own]
        told[own] = who[name].to_numpy()[index]
        columns[name] = told
    return columns


def _check_unique(ids: Ids) -> None:
    twice = pd.Series(ids).duplicated()
    if twice.any():
        again = np.asarray(ids)[twice].tolist()
        raise InputError(
            f"{len(again)} record_ids that stand more than once (first: {again[0]!r})",
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
