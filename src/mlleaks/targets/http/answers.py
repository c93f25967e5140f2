"""Reading answers: as many items as records, in their order, or the reason why not.

No error shows text from an answer: a service may echo the records in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlleaks.errors import ModelError

PROBABILITIES = (
    "predict_proba",
    "probabilities",
    "probability",
    "output_probability",
    "probs",
    "proba",
    "softmax",
    "scores",
    "score",
    "confidences",
    "logits",
)
"""Names under which services answer probabilities, the most telling first."""

_NAMES = ("classes", "displayNames", "labels", "class_names")
_LABEL = ("label", "predicted_label", "class", "predicted_class", "prediction", "predict")
_LABELS = (*_LABEL, "predictions", "labels", "classes")

DEPTH = 4
"""How deep in objects an answer may lie."""


def kind_of(value: Any) -> str:
    """Return what a part of an answer is, without its content.

    Examples
    --------
    >>> kind_of({"error": "..."}), kind_of([1, 2]), kind_of("<html>"), kind_of(None)
    ('an object of 1 members', 'a list of 2', 'a text of 6 characters', 'null')
    """
    if isinstance(value, Mapping):
        return f"an object of {len(value)} members"
    if isinstance(value, str):
        return f"a text of {len(value)} characters"
    if isinstance(value, Sequence):
        return f"a list of {len(value)}"
    return "null" if value is None else {bool: "true or false"}.get(type(value), "a number")


def member(answer: Any, name: str, protocol: str) -> Any:
    """Return one member of an answer that must be an object.

    Raises
    ------
    ModelError
        It is no object, or has no such member.

    Examples
    --------
    >>> member({"predictions": [1, 0]}, "predictions", "KServe v1")
    [1, 0]
    """
    if isinstance(answer, Mapping) and name in answer:
        return answer[name]
    raise ModelError(
        kind_of(answer) + (f" without {name!r}" if isinstance(answer, Mapping) else ""),
        expected=f"the answer of {protocol}: an object with {name!r}",
        fix="Check the URL and the protocol; an answer of this kind may be an error of the service.",
    )


def listed(value: Any, n: int) -> list[Any]:
    """Return a list of one entry per record.

    Raises
    ------
    ModelError
        It is no list, or has another length.

    Examples
    --------
    >>> listed([1, 0], 3)
    Traceback (most recent call last):
    mlleaks.errors.ModelError: got answers to 2 records; expected 3, as many as were sent. ...
    """
    if not isinstance(value, list):
        raise ModelError(
            kind_of(value),
            expected=f"a list with an answer for each of {n} records",
            fix="Check the URL, the protocol and the name of the output.",
        )
    if len(value) != n:
        raise wrong_count(len(value), n)
    return value


def wrong_count(answers: int, n: int) -> ModelError:
    """Return the error for an answer about another number of records."""
    return ModelError(
        f"answers to {answers} records",
        expected=f"{n}, as many as were sent",
        fix="Send one record per request if the service takes no batches, or choose another request body.",
    )


def transposed(columns: Mapping[str, Any], n: int) -> list[dict[str, Any]]:
    """Return one object per record from an object of columns.

    Raises
    ------
    ModelError
        A column is no list of ``n`` values.

    Examples
    --------
    >>> transposed({"a": [0.1, 0.6], "b": [0.9, 0.4]}, 2)
    [{'a': 0.1, 'b': 0.9}, {'a': 0.6, 'b': 0.4}]
    """
    lists = {str(name): listed(column, n) for name, column in columns.items()}
    return [{name: column[row] for name, column in lists.items()} for row in range(n)]


def pick(outputs: Mapping[str, Any], output: str | None) -> str | None:
    """Return the name of the output that holds probabilities, or None where the names do not tell.

    Parameters
    ----------
    outputs : mapping of name to output
    output : str, optional
        The name that the user or the metadata says.

    Examples
    --------
    >>> pick({"label": [1], "probabilities": [[0.1, 0.9]]}, None)
    'probabilities'
    """
    if output in outputs:
        return output
    if len(outputs) == 1:
        return next(iter(outputs))
    known_names = [name for wanted in PROBABILITIES for name in outputs if name.lower() == wanted]
    return known_names[0] if known_names else None


def item_of(value: Any, output: str | None) -> Any:
    """Return one record's item: a number, text, list of scores, ``{class: score}`` or top-k list.

    Some services name several outputs per record (``{"probabilities": [...], "label": 1}``), others the
    classes beside the scores (``{"classes": ["a", "b"], "scores": [0.2, 0.8]}``).

    Parameters
    ----------
    value : JSON
    output : str, optional
        Name of the output that holds the probabilities.

    Raises
    ------
    ModelError
        The user's ``output`` is not there, or nothing says which of several outputs is meant.

    Examples
    --------
    >>> item_of({"classes": ["a", "b"], "scores": [0.2, 0.8]}, None)
    {'a': 0.2, 'b': 0.8}
    >>> item_of({"a": 0.2, "b": 0.8}, None)
    {'a': 0.2, 'b': 0.8}
    >>> item_of({"label": "b", "probability": 0.8}, None)
    [{'label': 'b', 'score': 0.8}]
    """
    for _ in range(DEPTH):
        if not isinstance(value, Mapping):
            return value
        name, value = (output, value[output]) if output in value else _said(value)
        if name is None:
            return value
        output = None
    raise ModelError(
        f"answers in more than {DEPTH} objects",
        expected="the scores of each record in one object or two",
        fix="Name the output that holds the probabilities.",
    )


def _said(value: Mapping[str, Any]) -> tuple[str | None, Any]:
    """Return what an object says about a record; with a name, where it lies in one of its members."""
    scores, names, label = pick(value, None), _first(value, _NAMES), _first(value, _LABEL)
    if scores is not None and label not in (None, scores) and isinstance(value[scores], int | float):
        return None, [{"label": value[label], "score": value[scores]}]  # the most likely class and its score
    if scores is not None and names is not None and names != scores:
        pair = (value[names], value[scores])
        if all(isinstance(part, list) for part in pair) and len(pair[0]) == len(pair[1]):
            return None, _named(*pair)
    if all(isinstance(score, int | float | str) for score in value.values()) and not _is_named(value):
        return None, dict(value)
    name = scores or _first(value, _LABELS)
    if name is not None:
        return name, value[name]
    raise ModelError(
        f"{len(value)} outputs for each record",
        expected="one of them with a name such as probabilities or scores",
        fix="Name the output that holds the probabilities.",
    )


def _first(value: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((name for name in names if name in value), None)


def _is_named(value: Mapping[str, Any]) -> bool:
    """Return whether an object names outputs, not classes."""
    return any(name in value for name in (*PROBABILITIES, *_LABELS))


def _named(names: list[Any], scores: list[Any]) -> Any:
    texts = [str(name) for name in names]
    if len(set(texts)) == len(texts):
        return dict(zip(texts, scores, strict=True))
    return [{"label": name, "score": score} for name, score in zip(texts, scores, strict=True)]
