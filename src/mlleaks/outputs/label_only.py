"""Models that answer a class and nothing else, with the interface of all models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mlleaks.errors import InputError, ModelError
from mlleaks.outputs.interface import class_names
from mlleaks.outputs.query import as_plain_array
from mlleaks.runtime.foreign_code import attribute
from mlleaks.types import Floats, Records


class LabelOnlyModel:
    """A model of which an attacker sees the answered class alone: its posteriors are 0 and 1.

    Parameters
    ----------
    model : object
        With ``predict_proba``, whose largest posterior is the class; or with ``predict`` alone, like
        `sklearn.svm.LinearSVC`.
    classes : sequence, optional
        The names that ``predict`` answers, in the order of the columns; by default the model's ``classes_``.

    Raises
    ------
    ModelError
        The model has neither method.
    InputError
        It has ``predict`` alone, and nobody says which classes there are.

    Examples
    --------
    >>> from sklearn.svm import LinearSVC
    >>> model = LinearSVC().fit([[-1.0], [1.0]], ["cat", "dog"])
    >>> LabelOnlyModel(model).predict_proba(np.array([[-3.0]]))
    array([[1., 0.]])
    """

    def __init__(self, model: Any, classes: Any = None) -> None:
        usable = [name for name in ("predict_proba", "predict") if callable(attribute(model, name))]
        if isinstance(model, type) or not usable:
            raise ModelError(
                f"{model.__name__ if isinstance(model, type) else type(model).__name__} as the model",
                expected="a trained object with predict or predict_proba",
                fix="Pass an instance; wrap other models in an object with predict(X).",
            )
        names = class_names(model) if classes is None else list(classes)
        if names is None and "predict_proba" not in usable:
            raise InputError(
                f"a model ({type(model).__name__}) that has predict, but not the names of its classes",
                expected="an attribute classes_: what predict can answer, in the order of the labels",
                fix="Set it, for example model.classes_ = numpy.unique(y).",
            )
        self.estimator, self._names, self._method = model, names, usable[0]

    @property
    def classes_(self) -> Any:
        """The names of the classes in the order of the columns, if the model has any."""
        if self._names is None:
            raise AttributeError("classes_")
        return np.array(self._names)

    @property
    def feature_names_in_(self) -> Any:
        """The columns that the model was trained on, if it says so."""
        return self.estimator.feature_names_in_

    def predict_proba(self, X: Records) -> Any:
        """Return 1 for the answered class and 0 for the others ``(n, k)``.

        Posteriors of another form than ``(n, k)`` numbers are returned as they are, for the query to refuse.
        """
        answers = as_plain_array(getattr(self.estimator, self._method)(X))
        if self._method == "predict":
            assert self._names is not None
            return _one_hot(_positions(answers, self._names), len(self._names))
        if answers.ndim != 2 or answers.dtype.kind not in "biufO" or not answers.shape[1]:
            return answers
        if answers.dtype.kind == "f" and not np.isfinite(answers).all():
            return answers
        return _one_hot(answers.argmax(axis=1), answers.shape[1])


def answers_class_only(model: Any) -> bool:
    """Return whether a model answers a class and nothing else: it has ``predict``, but no ``predict_proba``.

    Examples
    --------
    >>> from sklearn.svm import LinearSVC
    >>> answers_class_only(LinearSVC())
    True
    """
    return attribute(model, "predict_proba") is None and callable(attribute(model, "predict"))


def _positions(answers: Any, names: list[Any]) -> Any:
    positions = pd.Index(names).get_indexer(pd.Index(answers.reshape(len(answers), -1)[:, 0]))
    if (positions < 0).any():
        unknown = answers[positions < 0][0]
        raise ModelError(
            f"the class {unknown} from predict",
            expected=f"one of the {len(names)} classes that the model names",
            fix="Name all of them in model.classes_.",
        )
    return positions


def _one_hot(classes: Any, k: int) -> Floats:
    answers = np.zeros((len(classes), k))
    answers[np.arange(len(classes)), classes] = 1
    return answers
