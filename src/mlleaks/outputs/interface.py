"""What makes an object a model, and what it says of its columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mlleaks.errors import ModelError
from mlleaks.runtime.foreign_code import attribute, calling


def require_model(model: Any, what: str = "the model") -> None:
    """Raise `ModelError` unless ``model`` is an object with a method ``predict_proba``.

    Parameters
    ----------
    model : object
    what : str
        What to call it in the error.

    Examples
    --------
    >>> require_model(None, "what the trainer returned")
    Traceback (most recent call last):
    mlleaks.errors.ModelError: got None as what the trainer returned; expected a trained object whose ...
    """
    if not isinstance(model, type) and callable(attribute(model, "predict_proba")):
        return
    kind = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
    raise ModelError(
        f"{'None' if model is None else kind} as {what}",
        expected="a trained object whose predict_proba(X) returns posteriors (n, k)",
        fix="Pass an instance; wrap other models in an object with predict_proba (see the guide).",
    )


def class_names(model: Any) -> list[Any] | None:
    """Return what a model calls its columns, in their order; None if it does not say.

    Raises
    ------
    ModelError
        ``classes_`` is not a list of different names.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> class_names(DummyClassifier().fit([[0], [1]], ["dog", "cat"]))
    ['cat', 'dog']
    """
    classes = attribute(model, "classes_")
    if classes is None:
        return None
    expected = "a list of different names, one for each column of predict_proba"
    fix = "Set classes_ to the classes in the order of the columns, or leave it out."
    with calling("while reading classes_", expected=expected, fix=fix):
        names = np.asarray(classes)
        distinct = names.ndim == 1 and pd.Index(names.tolist()).is_unique
    if not distinct:
        got = f"{classes!r:.80}" if not callable(classes) else f"a {type(classes).__name__}"
        raise ModelError(f"classes_ = {got} from {type(model).__name__}", expected=expected, fix=fix)
    return list(names if names.dtype.kind in "mM" else names.tolist())  # dates stay of one type
