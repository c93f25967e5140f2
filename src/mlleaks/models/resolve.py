"""Which trainer: what the user passed, a clone of the target, its architecture, or the paper's MLP."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Literal, TypeAlias

from mlleaks.errors import InputError, ModelError
from mlleaks.models.alignment import AlignedModel
from mlleaks.models.cnn import CNNTrainer
from mlleaks.models.label_only import LabelOnlyTrainer
from mlleaks.models.mlp import MLPTrainer
from mlleaks.models.module import ModuleTrainer
from mlleaks.models.network import NetworkModel
from mlleaks.models.scikit_learn import SklearnTrainer
from mlleaks.outputs.interface import class_names
from mlleaks.outputs.label_only import LabelOnlyModel
from mlleaks.runtime.foreign_code import attribute, calling
from mlleaks.types import Trainer

TrainerSource: TypeAlias = Literal["clone", "architecture", "fallback", "none"]
"""Where `trainer_like` has a trainer from; see `trainer_source`."""


def as_trainer(trainer: Any) -> Trainer:
    """Return a Trainer as it is, and a scikit-learn estimator as one.

    Raises
    ------
    InputError
        Neither of them, or a class instead of an instance.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> as_trainer(DummyClassifier())
    SklearnTrainer(estimator=DummyClassifier(), classes=None)
    """
    expected = "a function train(data, rng) that returns a model, or a scikit-learn estimator"
    if isinstance(trainer, type) and (hasattr(trainer, "fit") or not hasattr(trainer, "predict_proba")):
        name = trainer.__name__  # a class whose instances are models may be a trainer
        raise InputError(
            f"the class {name} as a trainer", expected=expected, fix=f"Pass an instance: {name}(...)."
        )
    if all(attribute(trainer, name) is not None for name in ("fit", "get_params")):
        return SklearnTrainer(trainer)
    if callable(trainer):
        return trainer  # type: ignore[no-any-return]
    raise InputError(
        f"a trainer of type {type(trainer).__name__}",
        expected=expected,
        fix="Pass mlleaks.MLPTrainer() or an estimator.",
    )


def trainer_like(model: Any) -> Trainer | None:
    """Return how to train models like ``model``; None if there is no way.

    A clone where scikit-learn can make one that is trained anew. For a network of this package its
    architecture with default settings, so that an audit does not depend on how long the target was trained.
    Else the paper's MLP if PyTorch is installed. `trainer_source` says which.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> trainer_like(AlignedModel(DummyClassifier(), classes=(0, 1)))
    SklearnTrainer(estimator=DummyClassifier(), classes=(0, 1))
    """
    return _like(model)[0]


def trainer_source(model: Any) -> TrainerSource:
    """Return where `trainer_like` has its trainer for ``model`` from.

    Returns
    -------
    str
        ``"clone"``: a clone of an estimator. ``"architecture"``: the network's own architecture.
        ``"fallback"``: the paper's MLP, whatever the model is. ``"none"``: no trainer; PyTorch is missing.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> trainer_source(DummyClassifier())
    'clone'
    """
    return _like(model)[1]


def _like(model: Any) -> tuple[Trainer | None, TrainerSource]:
    if isinstance(model, LabelOnlyModel):
        base, source = _like(model.estimator)
        return (None if base is None else LabelOnlyTrainer(base)), source
    if isinstance(model, AlignedModel) and _can_be_cloned(model.estimator):
        return SklearnTrainer(model.estimator, model.classes), "clone"
    if _can_be_cloned(model):
        classes = class_names(model)
        return SklearnTrainer(model, None if classes is None else tuple(classes)), "clone"
    if isinstance(model, NetworkModel):
        architecture = _architecture(model)
        if architecture is not None:
            return architecture, "architecture"
    return (MLPTrainer(), "fallback") if find_spec("torch") else (None, "none")


def _architecture(model: NetworkModel) -> Trainer | None:
    """Return a trainer of a network's architecture with default settings, without its defense."""
    trainer: Any = model.trainer
    while not isinstance(trainer, MLPTrainer | CNNTrainer | ModuleTrainer):
        trainer = getattr(trainer, "base", None)  # what a defended trainer defends
        if trainer is None:
            return None
    return ModuleTrainer(build=trainer.build) if isinstance(trainer, ModuleTrainer) else type(trainer)()


def _can_be_cloned(model: Any) -> bool:
    """Return whether a clone would forget the members: no part of it is kept as fitted."""
    if attribute(model, "get_params") is None or attribute(model, "fit") is None:
        return False
    try:
        with calling("from get_params", expected="the model's settings", fix="Pass trainer=."):
            parts = [model, *model.get_params().values()]
    except ModelError:
        return False
    return not any(
        type(part).__name__ == "FrozenEstimator" or (isinstance(part, str) and part == "prefit")
        for part in parts
    )
