"""Learning how a service answers from its first answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mlleaks.errors import InputError, ModelError
from mlleaks.targets.http.classes import (
    NUMBERED_NOTE,
    POSITIONS_NOTE,
    are_positions,
    checked,
    columns_of,
    has_booleans,
    in_order,
    is_numbered,
    matrix_of,
)
from mlleaks.targets.http.form_kinds import Kind, kind_of_numbers, kind_of_rows, sums_to
from mlleaks.targets.http.items import Items, class_key, parse_items
from mlleaks.targets.http.posteriors import AnswerForm, masks, to_posteriors
from mlleaks.targets.http.rounding import decimals_of
from mlleaks.types import Floats

__all__ = ["AnswerForm", "learn_form", "masks", "to_posteriors"]

_NONE: tuple[str, ...] = ()

FEW = 20
"""Fewer answers than this may mislead; the notes say so."""

_SORTED = "classes are in alphabetical or numerical order, as scikit-learn sorts them"
_BINARY = "the service answers one number, read as the probability of the second class"
_KINDS: dict[Kind, str] = {
    "posteriors": "the answers are probabilities that sum to 1",
    "logits": "the answers are logits or log-probabilities; a softmax makes posteriors of them",
    "sigmoid": _BINARY,
    "percentages": "the answers are percentages; they are divided by 100",
    "label": "the service answers the class alone, without any score",
    "top-k": "the service answers its most likely classes; the others share the rest equally",
}


def learn_form(
    items: Sequence[Any],
    *,
    classes: Sequence[Any] | None,
    n_classes: int | None,
    kind: Kind | None = None,
) -> AnswerForm:
    """Return how a service answers, decided from all of ``items``.

    Parameters
    ----------
    items : sequence of JSON
        What the service said about each of some records; 20 or more, of several classes.
    classes : sequence or None
        The service's class names, in the order of the data set's labels; None where they are not known.
    n_classes : int or None
        The number of classes, where it is known.
    kind : str, optional
        The kind of the answers, where the user knows better than a look at the numbers.

    Raises
    ------
    ModelError
        The items have no common form, or are no answers of a classifier.
    InputError
        Class names that do not fit ``n_classes``, or a form that cannot be read without class names.

    Examples
    --------
    >>> form = learn_form([["0.2", "0.8"], ["0.6", "0.4"]], classes=None, n_classes=2)
    >>> form.kind, form.classes
    ('posteriors', (0, 1))
    >>> learn_form(["cat", "dog"], classes=["cat", "dog"], n_classes=2).kind
    'label'
    """
    names = checked(classes, n_classes)
    parsed = parse_items(items, booleans=has_booleans(names))
    n_classes = n_classes if names is None else len(names)
    if kind == "label" or parsed.category == "text":
        form = _label_form(parsed, names, n_classes)
    elif parsed.category == "number":
        form = _number_form(parsed, names, n_classes, kind)
    elif parsed.category == "scores":
        width = parsed.numbers.shape[1]
        form = _row_form(parsed.numbers, parsed, _fitting(names, n_classes, width), kind)
    else:
        form = _named_form(parsed, names, n_classes, kind)
    if kind is not None and form.kind != kind:
        raise ModelError(
            f"answers that are {form.kind}",
            expected=f"{kind}, as was said",
            fix="Leave the kind out, or name another one.",
        )
    form = replace(form, notes=(_summary(form.kind, len(items), kind), *form.notes))
    to_posteriors(items, form)  # refuses what does not fit
    return form


def _summary(kind: Kind, n: int, said: Kind | None) -> str:
    source = "as the user says" if said else f"decided from {n} answers"
    few = "; few, so check it" if said is None and n < FEW else ""
    return f"{_KINDS[kind]} ({source}{few})"


def _fitting(names: tuple[Any, ...] | None, n_classes: int | None, width: int) -> tuple[Any, ...]:
    """Return class names for ``width`` scores."""
    if n_classes is not None and n_classes != width:
        raise ModelError(
            f"{width} scores per record",
            expected=f"{n_classes}, one per class",
            fix="Check the name of the output and the number of classes.",
        )
    return tuple(range(width)) if names is None else names


def _row_form(table: Floats, parsed: Items, classes: tuple[Any, ...], kind: Kind | None) -> AnswerForm:
    plain, percent = decimals_of(parsed.written), decimals_of(parsed.written, scale=100)
    kind = kind or kind_of_rows(table, plain, percent)
    if kind == "sigmoid":
        raise ModelError(
            f"{table.shape[1]} scores per record",
            expected="one number per record, if they are to be read as sigmoid",
            fix="Leave the kind out, or name another one.",
        )
    scale = 100.0 if kind == "percentages" else 1.0
    decimals = {"posteriors": plain, "percentages": percent}.get(kind)
    notes = _rounding_notes(decimals)
    if kind == "posteriors" and np.isin(table, (0.0, 1.0)).all():
        notes += ("all scores are 0 or 1: they say no more than the class",)
    return AnswerForm(kind, classes, decimals=decimals, notes=notes, scale=scale)


def _rounding_notes(decimals: int | None) -> tuple[str, ...]:
    if decimals is None:
        return ()
    return (f"the probabilities have at most {decimals} decimals: the service may round them",)


def _number_form(
    parsed: Items, names: tuple[Any, ...] | None, n_classes: int | None, kind: Kind | None
) -> AnswerForm:
    values = parsed.numbers
    whole = bool((values == np.round(values)).all())
    if kind is None and whole and not _is_percent(values, names, n_classes):
        return _label_form(parsed, names, n_classes)
    kind = kind or ("percentages" if whole else kind_of_numbers(values, n_classes))
    if n_classes not in (None, 2) or kind not in ("sigmoid", "percentages", "logits"):
        raise ModelError(
            "one number per record",
            expected="a score per class" if kind in ("posteriors", "top-k") else "two classes",
            fix="Leave the kind out, or name another one.",
        )
    scale = 100.0 if kind == "percentages" else 1.0
    decimals = None if kind == "logits" else decimals_of(parsed.written, scale=scale)
    notes = () if kind == "sigmoid" else (_BINARY,)
    return AnswerForm(
        kind, names or (0, 1), decimals=decimals, notes=(*notes, *_rounding_notes(decimals)), scale=scale
    )


def _is_percent(values: Floats, names: tuple[Any, ...] | None, n_classes: int | None) -> bool:
    """Return whether whole numbers are percentages of the second of two classes: they are no classes."""
    keys = {class_key(name) for name in names or ()}
    are_names = all(class_key(value) in keys for value in values.tolist())
    several = len(set(values.tolist())) > 2
    return n_classes == 2 and not are_names and several and values.min() >= 0 and 1 < values.max() <= 100


def _label_form(parsed: Items, names: tuple[Any, ...] | None, n_classes: int | None) -> AnswerForm:
    if parsed.category in ("scores", "named"):
        raise ModelError("scores per record", expected="one class per record", fix="Leave the kind out.")
    answered = parsed.texts or [class_key(value) for value in parsed.numbers.tolist()]
    classes, notes = names, _NONE
    if classes is None:
        classes, notes = _classes_from(answered, n_classes, numeric=not parsed.texts)
    positions = are_positions(answered, classes)
    if positions:
        notes += (POSITIONS_NOTE,)
    elif is_numbered(answered, classes):
        notes += (NUMBERED_NOTE,)
    columns_of(answered, classes, positions=positions)
    if not parsed.texts and len(classes) == 2 and set(answered) <= {"0", "1"}:
        notes += ("0 and 1 are read as classes; if they are probabilities, name the kind sigmoid",)
    return AnswerForm("label", classes, notes=notes, positions=positions)


def _classes_from(
    answered: list[str], n_classes: int | None, *, numeric: bool
) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    if n_classes is not None and (numeric or is_numbered(answered, ())):
        return tuple(range(n_classes)), ()
    distinct = in_order(answered)
    if n_classes is not None and len(distinct) == n_classes:
        return distinct, (_SORTED,)
    raise InputError(
        f"{len(distinct)} different classes in {len(answered)} answers, and no list of class names",
        expected="the name of every class: the service answers the class alone",
        fix="Pass the class names in the order of the data set's labels.",
    )


def _named_form(
    parsed: Items, names: tuple[Any, ...] | None, n_classes: int | None, kind: Kind | None
) -> AnswerForm:
    answered = [name for scores in parsed.named for name in scores]
    classes, notes = names, _NONE
    if classes is None:
        classes, notes = _named_classes(parsed, answered, n_classes)
    elif is_numbered(answered, classes):
        notes = (NUMBERED_NOTE,)
    positions = are_positions(answered, classes)
    if positions:
        notes = (POSITIONS_NOTE,)
    table = matrix_of(parsed.named, classes, positions=positions)
    if kind != "top-k" and not np.isnan(table).any():
        form = _row_form(table, parsed, classes, kind)
    else:
        form = _partial_form(table, parsed, classes)
    return replace(form, notes=(*form.notes, *notes), positions=positions)


def _named_classes(
    parsed: Items, answered: list[str], n_classes: int | None
) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    if n_classes is not None and is_numbered(answered, ()):
        return tuple(range(n_classes)), (NUMBERED_NOTE,)
    if n_classes is not None and set(answered) <= {str(i) for i in range(n_classes)}:
        return tuple(range(n_classes)), (POSITIONS_NOTE,)
    distinct = in_order(answered)
    complete = all(len(scores) == len(distinct) for scores in parsed.named)
    if len(distinct) < 2 or (n_classes is None and not complete) or n_classes not in (None, len(distinct)):
        raise InputError(
            f"{len(distinct)} different class names in {len(parsed.named)} answers",
            expected="the name of every class" if n_classes is None else f"{n_classes} classes",
            fix="Pass the class names in the order of the data set's labels.",
        )
    return distinct, (_SORTED,)


def _partial_form(table: Floats, parsed: Items, classes: tuple[Any, ...]) -> AnswerForm:
    """Return the form of answers that do not name all classes."""
    counts = (~np.isnan(table)).sum(axis=1)
    full = np.nan_to_num(table, nan=0.0)
    plain, percent = decimals_of(parsed.written), decimals_of(parsed.written, scale=100)
    scale = 100.0 if full.max() > 1.5 else 1.0
    decimals = plain if scale == 1 else percent
    if (counts == counts[0]).all():
        notes = _rounding_notes(decimals)
        if counts[0] == len(classes) - 1:
            notes += ("only one class is not named, so its probability follows from the others",)
        return AnswerForm("top-k", classes, top=int(counts[0]), decimals=decimals, notes=notes, scale=scale)
    if sums_to(full, scale, decimals).all():
        kind: Kind = "posteriors" if scale == 1 else "percentages"
        notes = ("classes that an answer does not name have probability 0", *_rounding_notes(decimals))
        return AnswerForm(kind, classes, decimals=decimals, notes=notes, scale=scale)
    raise ModelError(
        f"{counts.min()} to {counts.max()} classes per answer, with scores that do not sum to 1",
        expected="the same number of classes in every answer",
        fix="Let the service answer all classes, or always the same number of them.",
    )
