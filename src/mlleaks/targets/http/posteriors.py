"""From what a service answers to posteriors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, softmax

from mlleaks.errors import ModelError
from mlleaks.outputs.posteriors import NEGATIVE, TOLERANCE
from mlleaks.targets.http.classes import columns_of, has_booleans, matrix_of
from mlleaks.targets.http.form_kinds import Kind, not_one, sums_to
from mlleaks.targets.http.items import Items, class_key, parse_items
from mlleaks.targets.http.rounding import sum_tolerance
from mlleaks.types import Floats, Ints


@dataclass(frozen=True)
class AnswerForm:
    """How a service answers; learned from its first answers and fixed for the run.

    Parameters
    ----------
    kind : {"posteriors", "logits", "sigmoid", "percentages", "label", "top-k"}
    classes : tuple
        Class names in the order of the posteriors' columns.
    top : int or None
        How many classes a top-k list names.
    decimals : int or None
        To how many decimals the posteriors are rounded; None: not at all.
    notes : tuple of str
        What a reader of the report must know.
    positions : bool
        Whether labels are column numbers, not class names.
    scale : float
        What the scores of a complete answer sum to: 1, or 100 for percentages.
    """

    kind: Kind
    classes: tuple[Any, ...]
    top: int | None = None
    decimals: int | None = None
    notes: tuple[str, ...] = ()
    positions: bool = False
    scale: float = 1.0


@dataclass(frozen=True)
class OutputMask:
    """What makes a shadow model answer as poorly as the service.

    Parameters
    ----------
    kind : {"label-only", "top-k", "rounded"}
        See `mlleaks.defenses.LabelOnly`, `TopK` and `Rounded`.
    value : int or None
        The number of classes, or of decimals.
    """

    kind: str
    value: int | None = None


def masks(form: AnswerForm) -> tuple[OutputMask, ...]:
    """Return the output masks that a shadow model needs, in the order in which they apply.

    Examples
    --------
    >>> masks(AnswerForm("top-k", ("a", "b", "c"), top=1, decimals=2))
    (OutputMask(kind='top-k', value=1), OutputMask(kind='rounded', value=2))
    """
    if form.kind == "label":
        return (OutputMask("label-only"),)
    top = () if form.top is None else (OutputMask("top-k", form.top),)
    return top if form.decimals is None else (*top, OutputMask("rounded", form.decimals))


def to_posteriors(items: Sequence[Any], form: AnswerForm) -> Floats:
    """Return posteriors ``(n, k)`` from what a service said about ``n`` records.

    A class alone becomes a row of 0 and 1. In a top-k list the classes that are not named share what is
    missing of 1 equally. Rows that rounding has moved further from 1 than `TOLERANCE` are divided by
    their sum; all others keep the service's digits.

    Parameters
    ----------
    items : sequence of JSON
        One per record; see `mlleaks.targets.http.protocol.ProtocolSpec.read`.
    form : AnswerForm
        As `mlleaks.targets.http.answer_form.learn_form` learned it.

    Raises
    ------
    ModelError
        An item that does not fit the form: another number of classes, an unknown class, nan, null,
        negative scores, or scores that do not sum to 1 within rounding.

    Examples
    --------
    >>> to_posteriors([["20", "80"]], AnswerForm("percentages", ("a", "b"), scale=100)).tolist()
    [[0.2, 0.8]]
    >>> to_posteriors([{"b": 0.8}], AnswerForm("top-k", ("a", "b", "c"), top=1)).round(2).tolist()
    [[0.1, 0.8, 0.1]]
    """
    parsed = parse_items(items, booleans=has_booleans(form.classes))
    if form.kind == "label":
        return _one_hot(label_columns(parsed, form), len(form.classes))
    if parsed.category == "text":
        raise _misfit("text", form)
    if parsed.category == "number":
        return _two_columns(parsed.numbers, form)
    table = parsed.numbers
    if parsed.category == "named":
        table = matrix_of(parsed.named, form.classes, positions=form.positions)
    if table.shape[1] != len(form.classes):
        raise _misfit(f"{table.shape[1]} scores", form)
    if form.kind == "top-k":
        return _with_rest(table, form)
    if form.kind == "sigmoid":
        raise _misfit(f"{table.shape[1]} scores", form)
    if form.kind == "logits":
        if np.isnan(table).any():
            raise _misfit("scores of some classes only", form)
        return np.asarray(softmax(table, axis=1))
    return _posteriors(np.nan_to_num(table, nan=0.0), form)


def label_columns(parsed: Items, form: AnswerForm) -> Ints:
    """Return the column of each answered class ``(n,)``.

    Raises
    ------
    ModelError
        The items are no classes, or not of this form.

    Examples
    --------
    >>> label_columns(parse_items(["b", "a"]), AnswerForm("label", ("a", "b"))).tolist()
    [1, 0]
    """
    if parsed.category in ("scores", "named"):
        raise _misfit("scores", form)
    names = parsed.texts or [class_key(value) for value in parsed.numbers.tolist()]
    return columns_of(names, form.classes, positions=form.positions)


def _one_hot(columns: Ints, k: int) -> Floats:
    return np.asarray(np.eye(k)[columns])


def _two_columns(values: Floats, form: AnswerForm) -> Floats:
    """Return posteriors from one number per record, about the second of two classes."""
    if form.kind not in ("sigmoid", "percentages", "logits") or len(form.classes) != 2:
        raise _misfit("one number", form)
    second = expit(values) if form.kind == "logits" else values / form.scale
    if form.kind != "logits":
        wrong = np.flatnonzero((second < -NEGATIVE) | (second > 1 + NEGATIVE))
        if len(wrong):
            raise ModelError(
                f"the number {values[wrong[0]]:.4g} in answer {wrong[0] + 1}",
                expected=f"a number between 0 and {form.scale:g}, as in the first answers",
                fix="Check that all answers come from one model, or name the kind of the answers.",
            )
        second = np.clip(second, 0, 1)
    first = expit(-values) if form.kind == "logits" else 1 - second
    return np.column_stack([first, second])


def _posteriors(table: Floats, form: AnswerForm) -> Floats:
    wrong = np.flatnonzero(~sums_to(table, form.scale, form.decimals))
    if len(wrong):
        if table[wrong].min() < -NEGATIVE * form.scale:
            i = wrong[table[wrong].min(axis=1) < -NEGATIVE * form.scale][0]
            raise ModelError(
                f"a negative score in answer {i + 1}",
                expected=f"{form.kind}, as in the first answers",
                fix="Check that all answers come from one model, or name the kind of the answers.",
            )
        raise not_one(table[wrong].sum(axis=1), len(table), rows=wrong)
    posteriors = np.maximum(table / form.scale, 0)
    sums = posteriors.sum(axis=1, keepdims=True)
    return np.asarray(np.where(np.abs(sums - 1) > TOLERANCE, posteriors / sums, posteriors))


def _with_rest(table: Floats, form: AnswerForm) -> Floats:
    """Return posteriors from top-k lists; nan stands for classes that are not named."""
    parts = table / form.scale
    named = ~np.isnan(parts)
    counts = named.sum(axis=1)
    if (counts != form.top).any():
        i = np.flatnonzero(counts != form.top)[0]
        raise ModelError(
            f"{counts[i]} classes in answer {i + 1}",
            expected=f"the {form.top} most likely ones",
            fix="The service may have changed; let it answer all classes.",
        )
    sums, lowest = np.nansum(parts, axis=1), np.nanmin(parts, axis=1)
    slack = sum_tolerance(table.shape[1], form.decimals)
    hidden = table.shape[1] - counts
    # the hidden classes are each at most as likely as the least likely one that is named
    possible = (lowest >= -NEGATIVE) & (sums <= 1 + slack) & (sums + hidden * lowest >= 1 - slack)
    if not possible.all():
        wrong = np.flatnonzero(~possible)
        raise not_one(np.nansum(table[wrong], axis=1), len(table), rows=wrong)
    rest = np.maximum(1 - sums, 0) / np.maximum(hidden, 1)
    filled = np.where(named, np.maximum(np.nan_to_num(parts), 0), rest[:, np.newaxis])
    total = filled.sum(axis=1, keepdims=True)
    return np.asarray(np.where(np.abs(total - 1) > TOLERANCE, filled / total, filled))


def _misfit(got: str, form: AnswerForm) -> ModelError:
    what = {
        "label": "one class",
        "sigmoid": "one number between 0 and 1",
        "top-k": f"the {form.top} most likely classes with their scores",
    }.get(form.kind, f"{form.kind} of {len(form.classes)} classes")
    return ModelError(
        f"{got} per record",
        expected=f"{what}, as in the first answers",
        fix="Every answer of a run must have one form; the service may have changed its model.",
    )
