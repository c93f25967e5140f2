"""Saved posteriors, from any language: one table, aligned by ``record_id``, never by position.

Columns: ``record_id``, ``member`` (true/false or 1/0), ``label`` (optional, class in 0..k-1),
``model_id`` (optional), ``p_0 ... p_{k-1}``, or one column ``posteriors`` of vectors instead of
``p_*`` (NPZ: an array ``(n, k)``). Rows of other models than the target are shadow models,
with their own membership.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlleaks.data.tables import Table, column
from mlleaks.errors import InputError
from mlleaks.outputs.posteriors import validate_posteriors
from mlleaks.targets.table_columns import columns_of, flags_in, labels_in, numbers_in, posteriors_in
from mlleaks.types import Ids, Observations, Outputs

TARGET = "target"
_TABLE = "the table of posteriors"
_Columns: TypeAlias = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class SavedOutputs:
    """What a table holds: the target's observations, and each shadow model's by its ``model_id``."""

    target: Observations
    shadows: Mapping[str, Observations] = field(default_factory=dict)


def read_answers(
    table: Table,
    *,
    membership: Table | None = None,
    target: str | None = None,
    from_logits: bool = False,
) -> SavedOutputs:
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
    columns: _Columns = columns_of(table, _TABLE)
    if membership is not None:
        columns = _joined(columns, columns_of(membership, "the membership table"), target)
    ids = column(columns, "record_id", _TABLE)
    posteriors = validate_posteriors(posteriors_in(columns), from_logits=from_logits)
    member = flags_in(column(columns, "member", _TABLE))
    labels = labels_in(columns["label"], posteriors.shape[1]) if "label" in columns else None
    models = _models(columns, target)
    everything = Observations(Outputs(posteriors, labels, ids), member)
    if models is None:
        _check_unique(ids)
        return SavedOutputs(everything)
    rows = {str(model): models == model for model in dict.fromkeys(models.tolist())}
    for own in rows.values():
        _check_unique(ids[own])
    one = _target_id(models, target)
    shadows = {model: everything.take(own) for model, own in rows.items() if model != one}
    return SavedOutputs(everything.take(rows[one]), shadows)


def read_random_queries(table: Table, *, n_classes: int, from_logits: bool = False) -> Outputs:
    """Return the target's saved answers to random queries (columns ``p_*`` or ``posteriors``).

    Raises
    ------
    InputError
        The values are no posteriors over ``n_classes`` classes.
    """
    columns = columns_of(table, "the answers to random queries")
    answers = validate_posteriors(
        posteriors_in(columns), from_logits=from_logits, what="answers to random queries"
    )
    if answers.shape[1] != n_classes:
        raise InputError(
            f"answers to random queries with {answers.shape[1]} columns",
            expected=f"{n_classes}, as the target's posteriors have",
            fix="Save the answers of the same model.",
        )
    return Outputs(answers)


def _models(columns: _Columns, target: str | None) -> Ids | None:
    """Return each row's model as text, or None where the table speaks of one model only."""
    if "model_id" in columns:
        return columns["model_id"].astype(str)
    if target is not None:
        raise InputError(
            f"the target's model_id {target!r} for a table without model_id",
            expected="a column model_id",
            fix="Add the column, or leave target= (command line: --target-id) out.",
        )
    return None


def _joined(columns: _Columns, membership: _Columns, target: str | None) -> _Columns:
    """Return the columns with the membership of the target's rows; shadow models keep their own."""
    who, ids = column(membership, "record_id", "the membership table"), column(columns, "record_id", _TABLE)
    facts = {"member": column(membership, "member", "the membership table")}
    if "label" in membership:
        facts["label"] = membership["label"]
    _check_unique(who)
    models = _models(columns, target)
    own = np.ones(len(ids), bool) if models is None else models == _target_id(models, target)
    rows = _positions(ids[own], who)
    joined = dict(columns)
    for name, values in facts.items():
        joined[name] = np.empty(len(ids), dtype=object)
        if not own.all():
            joined[name][~own] = column(columns, name, f"{_TABLE}, for the shadow models")[~own]
        joined[name][own] = values[rows]
    return joined


def _positions(ids: Ids, names: Ids) -> NDArray[np.intp]:
    """Return where each id stands in ``names``; numbers and text are compared as text.

    Where that finds none of them, all are compared as numbers: what one program writes as 7, another
    writes as 7.0.
    """
    if ids.dtype.kind != names.dtype.kind:
        ids, names = ids.astype(str), names.astype(str)
    positions = pd.Index(names).get_indexer(pd.Index(ids))
    if (positions < 0).all():
        wanted_numbers, known_numbers = (pd.Index(numbers_in(values)) for values in (ids, names))
        exact = all(
            (np.abs(numbers) < 2**53).all() and numbers.is_unique
            for numbers in (wanted_numbers, known_numbers)
        )
        positions = known_numbers.get_indexer(wanted_numbers) if exact else positions
    if (positions < 0).any():
        unknown = ids[positions < 0].tolist()
        raise InputError(
            f"{len(unknown)} records without membership (first: {unknown[0]})",
            expected="every record_id of the target's posteriors in the membership table",
            fix="Add them, or drop them from the posteriors.",
        )
    return positions


def _check_unique(ids: Ids) -> None:
    twice = pd.Series(ids).duplicated()
    if twice.any():
        again = np.asarray(ids)[twice].tolist()
        raise InputError(
            f"{len(again)} record_ids that stand more than once (first: {again[0]})",
            expected="one row per record and model",
            fix="Give every record its own id, or tell models apart by model_id.",
        )


def _target_id(models: Any, target: str | None) -> str:
    names = sorted(set(models.tolist()))
    wanted = str(target) if target is not None else names[0] if len(names) == 1 else TARGET
    if wanted not in names:
        raise InputError(
            f"model ids {', '.join(names[:8])}",
            expected=f"{wanted!r} among them",
            fix="Name the target's model_id with target= (command line: --target-id).",
        )
    return wanted
