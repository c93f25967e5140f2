"""Models that answer logits, made to answer posteriors at the door: nothing behind it knows of logits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mlleaks.outputs.posteriors import validate_posteriors
from mlleaks.outputs.query import as_plain_array
from mlleaks.types import Dataset, Model, Records, Trainer


@dataclass(frozen=True)
class SoftmaxModel:
    """A model whose unnormalised log-probabilities go through a softmax.

    Parameters
    ----------
    model : Model
    what : str
        What to call the answers in an error.

    Examples
    --------
    >>> class Logits:
    ...     def predict_proba(self, X):
    ...         return np.log([[3.0, 1.0]] * len(X))
    >>> SoftmaxModel(Logits()).predict_proba(np.zeros((1, 2)))
    array([[0.75, 0.25]])
    """

    model: Model
    what: str = "answers"

    def __getattr__(self, name: str) -> Any:
        if name in ("model", "what") or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.model, name)

    def predict_proba(self, X: Records) -> Any:
        """Return posteriors ``(n, k)``; an answer of another form as it is, for the query to refuse."""
        answers = as_plain_array(self.model.predict_proba(X))
        if answers.ndim != 2 or answers.dtype.kind not in "biufO" or len(answers) != X.shape[0]:
            return answers
        return validate_posteriors(answers, from_logits=True, what=self.what)


def with_softmax(trainer: Trainer) -> Trainer:
    """Return a trainer whose models' logits go through a softmax."""

    def train(data: Dataset, rng: np.random.Generator) -> Model:
        return SoftmaxModel(trainer(data, rng), what="answers of the shadow model")

    return train
