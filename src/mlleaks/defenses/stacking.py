"""Model stacking: two layers of models, each trained on records of its own (paper, section on defenses)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from mlleaks.data.splits import disjoint, shares_of
from mlleaks.defenses.facets import held_out_share
from mlleaks.defenses.spec import DefenseSpec
from mlleaks.models import SklearnTrainer, as_trainer, of_rows
from mlleaks.outputs.query import query
from mlleaks.storage.tags import tagged
from mlleaks.types import Dataset, Floats, Model, Records, Trainer


@tagged("StackingTrainer")
@dataclass(frozen=True)
class StackingTrainer:
    """Train the first layer's models and the final one on disjoint parts of the records.

    No model of the stack has seen the records of another, so that none answers a record of the
    training set as its own members are answered by all.

    Parameters
    ----------
    first : tuple of Trainer
        The first layer; of different kinds, as in the paper.
    final : Trainer
        Learns the classes from the first layer's posteriors, side by side.
    shares : tuple of float, optional
        How large each part is, the final one's last; equal by default.
    """

    first: tuple[Trainer, ...]
    final: Trainer
    shares: tuple[float, ...] | None = None

    @property
    def held_out_share(self) -> float:
        """The share of its members that no weight is fitted to: what its models hold out of their parts."""
        shares = np.array(shares_of(self.shares, len(self.first) + 1))
        parts = [held_out_share(part) for part in (*self.first, self.final)]
        return float(shares @ parts / shares.sum())

    def __post_init__(self) -> None:
        shares_of(self.shares, len(self.first) + 1)

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the stacked model."""
        shares = shares_of(self.shares, len(self.first) + 1)
        parts = [data.take(rows) for rows in disjoint(data.y, shares, rng)]
        streams = rng.spawn(len(shares))
        layer = tuple(
            train(part, stream)
            for train, part, stream in zip(self.first, parts[:-1], streams[:-1], strict=True)
        )
        last = parts[-1]
        inputs = Dataset(data.name, answered(layer, last.X, data.n_classes), last.y, data.n_classes, last.ids)
        return StackedModel(layer, self.final(inputs, streams[-1]), data.n_classes)


def stacking(
    trainer: Trainer | Any,
    *,
    second: Trainer | Any = None,
    final: Trainer | Any = None,
    shares: Sequence[float] | None = None,
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
        How large the three parts are; equal by default.

    Raises
    ------
    InputError
        Not three shares, or one that is not above 0.

    Examples
    --------
    >>> from mlleaks.models import SklearnTrainer
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from mlleaks.types import Dataset
    >>> data = Dataset("toy", np.arange(60.0)[:, None], np.repeat([0, 1], 30), 2)
    >>> model = stacking(SklearnTrainer(DecisionTreeClassifier()))(data, np.random.default_rng(0))
    >>> model.predict_proba(data.X).argmax(axis=1)[[0, 59]]
    array([0, 1])
    """
    forest = SklearnTrainer(of_rows(RandomForestClassifier()))
    other = forest if second is None else as_trainer(second)
    last = SklearnTrainer(LogisticRegression(max_iter=1000)) if final is None else as_trainer(final)
    sizes = None if shares is None else tuple(map(float, shares))
    return StackingTrainer((as_trainer(trainer), other), last, sizes)


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
