"""A model, or every model of a trainer, behind an output mask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, TypeAlias

import numpy as np

from mlleaks.defenses.facets import held_out_share
from mlleaks.defenses.output_masks import LabelOnly, Rounded, Temperature, TopK
from mlleaks.defenses.spec import DefenseSpec
from mlleaks.models import as_trainer
from mlleaks.storage.tags import tagged
from mlleaks.types import Dataset, Floats, Model, Records, Trainer

Mask: TypeAlias = Callable[[Floats], Floats]
"""``mask(posteriors (n, k)) -> answers (n, k)``, rows summing to one; the same for the same posteriors."""


@tagged("MaskedModel")
@dataclass(frozen=True)
class MaskedModel:
    """A model whose answers go through a mask.

    Parameters
    ----------
    model : Model
    mask : Mask
    """

    model: Model
    mask: Mask

    @property
    def classes_(self) -> Any:
        """The model's own, if it has any."""
        return self.model.classes_  # type: ignore[attr-defined]

    def predict_proba(self, X: Records) -> Floats:
        """Return the masked posteriors ``(n, k)``."""
        return self.mask(np.asarray(self.model.predict_proba(X)).copy())


@tagged("MaskedTrainer")
@dataclass(frozen=True)
class MaskedTrainer:
    """Train a model and put it behind a mask.

    Parameters
    ----------
    base : Trainer
    mask : Mask
    """

    base: Trainer
    mask: Mask

    changes_answers: ClassVar[bool] = True

    @property
    def held_out_share(self) -> float:
        """The share of its members that no weight is fitted to: that of ``base``."""
        return held_out_share(self.base)

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the masked model."""
        return MaskedModel(self.base(data, rng), self.mask)


def mask_model(model: Model, mask: Mask) -> Model:
    """Return the same model behind a mask: `TopK`, `Rounded`, `LabelOnly`, `Temperature`, or any function.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from mlleaks.defenses import LabelOnly
    >>> model = DummyClassifier(strategy="prior").fit([[0], [0], [0]], [0, 1, 1])
    >>> mask_model(model, LabelOnly()).predict_proba([[0]])
    array([[0., 1.]])
    """
    return MaskedModel(model, mask)


def mask_trainer(trainer: Trainer | Any, mask: Mask) -> Trainer:
    """Return a trainer whose models stand behind a mask.

    Parameters
    ----------
    trainer : Trainer or scikit-learn estimator
    mask : Mask
    """
    return MaskedTrainer(as_trainer(trainer), mask)


DEFENSES = (
    DefenseSpec("temperature", partial(mask_trainer, mask=Temperature()), position=11),
    DefenseSpec("top-1", partial(mask_trainer, mask=TopK(1)), for_others=True, position=12),
    DefenseSpec("rounding", partial(mask_trainer, mask=Rounded(1)), for_others=True, position=13),
    DefenseSpec("label-only", partial(mask_trainer, mask=LabelOnly()), for_others=True, position=14),
)
