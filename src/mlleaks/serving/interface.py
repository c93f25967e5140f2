"""What a model says of its records and its classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlleaks.defenses import MaskedModel
from mlleaks.models.alignment import AlignedModel
from mlleaks.outputs.interface import class_names
from mlleaks.outputs.label_only import LabelOnlyModel
from mlleaks.runtime.foreign_code import attribute


def columns_of(model: Any) -> list[str] | None:
    """Return the columns that a model was trained on, in their order; None if it does not say.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> columns_of(DecisionTreeClassifier().fit(pd.DataFrame({"age": [1, 2]}), [0, 1]))
    ['age']
    """
    for part in _layers(model):
        names = attribute(part, "feature_names_in_")
        if names is not None:
            return [str(name) for name in names]
    return None


def record_shape_of(model: Any) -> tuple[int | None, ...] | None:
    """Return the shape of one record, with None where any size will do; None if the model does not say.

    scikit-learn's models have ``n_features_in_``; an ONNX graph has the shape of its input.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> record_shape_of(DecisionTreeClassifier().fit([[1, 2], [3, 4]], [0, 1]))
    (2,)
    """
    for part in _layers(model):
        width = attribute(part, "n_features_in_")
        if width is not None:
            return (int(width),)
        session = attribute(part, "session")
        if session is not None:
            shape = session.get_inputs()[0].shape
            return tuple(size if isinstance(size, int) else None for size in shape[1:]) if shape else None
    return None


def classes_of(model: Any) -> list[int] | list[str] | None:
    """Return the names of a model's classes in the order of its columns: whole numbers, or else text.

    None if the model does not say.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> classes_of(DummyClassifier().fit([[0], [1]], ["dog", "cat"]))
    ['cat', 'dog']
    """
    for part in _layers(model):
        names = list(part.classes) if isinstance(part, AlignedModel) else class_names(part)
        if names is not None:
            return names if all(type(name) is int for name in names) else [str(name) for name in names]
    return None


def _layers(model: Any) -> Iterator[Any]:
    """Yield a model and what this package has wrapped in it; other wrappers may change the records."""
    yield model
    while isinstance(model, MaskedModel | AlignedModel | LabelOnlyModel):
        model = model.model if isinstance(model, MaskedModel) else model.estimator
        yield model
