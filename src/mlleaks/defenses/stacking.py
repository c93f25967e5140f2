"""Model stacking: two layers of models, each trained on records of its own (paper, section on defenses)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from mlleaks.data.splits import disjoint, shares_of
from mlleaks.defenses.facets import held_out_share
from mlleaks.defenses.spec import DefenseSpec
from mlleaks.errors import InputError
from mlleaks.models import SklearnTrainer, as_trainer, of_rows
from mlleaks.outputs.query import query
from mlleaks.storage.added_fields import added
from mlleaks.storage.tags import tagged
from mlleaks.types import Dataset, Floats, Model, Records, Trainer

Parts: TypeAlias = Literal["disjoint", "layers", "same"]
"""Which models share their records: none, those of one layer, or all."""


@tagged("StackingTrainer")
@dataclass(frozen=True)
class StackingTrainer:
    """Train the first layer's models and the final one on parts of the records, by default disjoint.

    With disjoint parts, no model of the stack has seen the records of another, so that none answers a
    record of the training set as its own members are answered by all.

    Parameters
    ----------
    first : tuple of Trainer
        The first layer; of different kinds, as in the paper.
    final : Trainer
        Learns the classes from the first layer's posteriors, side by side.
    shares : tuple of float, optional
        How large each part is, the final one's last; equal by default.
    parts : {"disjoint", "layers", "same"}
        Whether each model has a part of its own, the models of a layer share one, or all models see all
        records. The last does not protect: it is there for comparison.

    Raises
    ------
    InputError
        Other parts, another number of shares than parts, a share that is not above 0, or shares where all
        models see the same records.
    """

    first: tuple[Trainer, ...]
    final: Trainer
    shares: tuple[float, ...] | None = None
    parts: Literal["disjoint", "layers", "same"] = added("disjoint", before="disjoint")

    def __post_init__(self) -> None:
        if self.parts not in get_args(Parts):
            raise InputError(
                f"parts={self.parts!r}",
                expected=f"one of {', '.join(get_args(Parts))}",
                fix="Leave it out for the paper's disjoint parts.",
            )
        if self.parts == "same" and self.shares is not None:
            raise InputError(
                f"shares={self.shares} with parts='same'",
                expected="no shares: all models are trained on the same records",
                fix="Leave out shares, or parts.",
            )
        self._sizes()

    @property
    def held_out_share(self) -> float:
        """The share of its members that no weight is fitted to: what all models of a part hold out of it."""
        sizes = np.array(self._sizes())
        held_out = [held_out_share(trainer) for trainer in (*self.first, self.final)]
        numbered = list(zip(self._numbers(), held_out, strict=True))
        by_part = [math.prod(h for number, h in numbered if number == part) for part in range(len(sizes))]
        return float(sizes @ by_part / sizes.sum())

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the stacked model."""
        parts = [data.take(rows) for rows in disjoint(data.y, self._sizes(), rng)]
        *inputs, last = (parts[number] for number in self._numbers())
        *streams, final = rng.spawn(len(self.first) + 1)
        layer = tuple(
            train(part, stream) for train, part, stream in zip(self.first, inputs, streams, strict=True)
        )
        answers = answered(layer, last.X, data.n_classes)
        inputs_of_final = Dataset(data.name, answers, last.y, data.n_classes, last.ids)
        return StackedModel(layer, self.final(inputs_of_final, final), data.n_classes)

    def _numbers(self) -> list[int]:
        """Return the number of each model's part, the final one's last."""
        models = len(self.first)
        if self.parts == "disjoint":
            return list(range(models + 1))
        return [0] * models + [int(self.parts == "layers")]

    def _sizes(self) -> list[float]:
        """Return how large each part is, relative to the others."""
        return shares_of(self.shares, max(self._numbers()) + 1)


def stacking(
    trainer: Trainer | Any,
    *,
    second: Trainer | Any = None,
    final: Trainer | Any = None,
    shares: Sequence[float] | None = None,
    parts: Parts = "disjoint",
) -> Trainer:
    """Return a trainer of the paper's stack: ``trainer`` and another kind, then logistic regression.

    Parameters
    ----------
    trainer : Trainer or scikit-learn estimator
        The first of the two in the first layer.
    second : Trainer or scikit-learn estimator, optional
        The other; by default a random forest.
    final : Trainer or scikit-learn estimator, optional
        The second layer; by default logistic regression.
    shares : sequence of float, optional
        How large the parts are, the second layer's last; equal by default.
    parts : {"disjoint", "layers", "same"}
        Whether each of the three models has records of its own, as in the paper; both models of the first
        layer share one part and the second layer has the other; or all models see all records, which does
        not protect.

    Raises
    ------
    InputError
        Other parts, another number of shares than parts (three; two with ``"layers"``), a share that is not
        above 0, or shares with ``"same"``.

    Examples
    --------
    >>> from mlleaks.models import SklearnTrainer
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from mlleaks.types import Dataset
    >>> data = Dataset("toy", np.arange(60.0)[:, None], np.repeat([0, 1], 30), 2)
    >>> model = stacking(SklearnTrainer(DecisionTreeClassifier()))(data, np.random.default_rng(0))
    >>> model.predict_proba(data.X).argmax(axis=1)[[0, 59]]
    array([0, 1])
    >>> stacking(SklearnTrainer(DecisionTreeClassifier()), parts="layers", shares=(2, 1)).shares
    (2.0, 1.0)
    """
    forest = SklearnTrainer(of_rows(RandomForestClassifier()))
    other = forest if second is None else as_trainer(second)
    last = SklearnTrainer(LogisticRegression(max_iter=1000)) if final is None else as_trainer(final)
    sizes = None if shares is None else tuple(map(float, shares))
    return StackingTrainer((as_trainer(trainer), other), last, sizes, parts)


@tagged("StackedModel")
@dataclass(frozen=True)
class StackedModel:
    """Two layers of trained models.

    Parameters
    ----------
    first : tuple of Model
    final : Model
        Takes the posteriors of the first layer, side by side.
    n_classes : int
    """

    first: tuple[Model, ...]
    final: Model
    n_classes: int

    def predict_proba(self, X: Records) -> Floats:
        """Return posteriors ``(n, k)``."""
        return query(self.final, answered(self.first, X, self.n_classes), n_classes=self.n_classes)


def answered(layer: Sequence[Model], X: Records, n_classes: int) -> Floats:
    """Return the posteriors of several models side by side ``(n, models * k)``."""
    return np.concatenate([query(model, X, n_classes=n_classes) for model in layer], axis=1)


DEFENSES = (DefenseSpec("stacking", stacking, for_networks=True, for_others=True, position=2),)
