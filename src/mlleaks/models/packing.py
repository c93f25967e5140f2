"""Trained models as JSON, arrays and skops files, and back: the content of the files of `serialization`."""

from __future__ import annotations

import zipfile
from dataclasses import fields, is_dataclass
from functools import partial
from io import BytesIO
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from mlleaks.errors import InputError, UntrustedFile
from mlleaks.models.module import ModuleTrainer
from mlleaks.models.network import NetworkModel, NetworkTrainer, torch_loop
from mlleaks.models.settings import TrainingSettings
from mlleaks.models.skops_types import skops_io
from mlleaks.models.weights_file import unpack_weights
from mlleaks.runtime.foreign_code import calling
from mlleaks.storage.added_fields import values_before
from mlleaks.storage.tags import tag_of, tagged_as

_FUNCTIONS = ("top_k",)
"""The functions that a file may name, by their tags."""
_PLAIN = (bool, int, float, str, type(None))


class Packer:
    """Takes a model apart.

    Attributes
    ----------
    arrays, weights : dict of str to array
        The numbers of the model; the weights of its networks.
    estimators : dict of str to bytes
        A skops file for each scikit-learn estimator.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, Any] = {}
        self.weights: dict[str, Any] = {}
        self.n_networks = 0
        self.estimators: dict[str, bytes] = {}

    def packed(self, part: Any) -> Any:  # noqa: PLR0911 (one kind of part after another)
        """Return a part as JSON; arrays, weights and estimators are collected under names."""
        if isinstance(part, _PLAIN):
            return part
        if isinstance(part, (tuple, list)):
            return {"tuple": [self.packed(item) for item in part]}
        if isinstance(part, (np.ndarray, np.generic)):
            return {"array": self._array(np.asarray(part))}
        if isinstance(part, NetworkModel):
            return self._network(part)
        if is_dataclass(part) and (tag := tag_of(type(part))):
            return {"class": tag, "fields": self._fields(part)}
        if isinstance(part, partial):
            settings = {key: self.packed(value) for key, value in part.keywords.items()}
            return {"partial": self.packed(part.func), "args": self.packed(part.args), "settings": settings}
        if tag_of(part) in _FUNCTIONS:
            return {"function": tag_of(part)}
        if isinstance(part, BaseEstimator):
            return {"estimator": self._estimator(part)}
        raise InputError(
            f"a part of type {type(part).__name__}, which is not of this package",
            expected="a model that mlleaks trained from its own trainers or scikit-learn's",
            fix="Save it by the means of the library that it is from.",
        )

    def _fields(self, part: Any) -> dict[str, Any]:
        return {field.name: self.packed(getattr(part, field.name)) for field in fields(part)}

    def _network(self, model: NetworkModel) -> dict[str, Any]:
        rest = {f.name: self.packed(getattr(model, f.name)) for f in fields(model) if f.name != "net"}
        state = {key: value.cpu().numpy() for key, value in model.net.state_dict().items()}
        weights = [value for key, value in state.items() if key.endswith("weight")]
        sparse = torch_loop().has_sparse_layer(model.net)
        flat = weights[0].shape[:1] if sparse else weights[0].shape[1:]
        shape = flat if model.scale is None else model.scale.mean.shape
        names = {key: f"{self.n_networks}.{key}" for key in state}
        self.weights |= {name: state[key] for key, name in names.items()}
        self.n_networks += 1
        return {
            "class": tag_of(type(model)),
            "fields": rest,
            "net": names,
            "sparse": sparse,
            "shape": [int(side) for side in shape],
            "n_classes": int(weights[-1].shape[0]),
        }

    def _array(self, array: Any) -> str:
        name = f"a{len(self.arrays)}"
        self.arrays[name] = array
        return name

    def _estimator(self, estimator: Any) -> str:
        io, name = skops_io(), f"e{len(self.estimators)}.skops"
        self.estimators[name] = io.dumps(estimator)
        from mlleaks.models.skops_checks import from_skops

        try:
            from_skops(self.estimators[name])  # what could not be opened again is not saved
        except UntrustedFile as error:
            raise InputError(
                f"an estimator that could not be opened again: {error.got}",
                expected="scikit-learn's own estimators, of types whose contents can be checked",
                fix="Save it by the means of the library that it is from.",
            ) from error
        return name


class Unpacker:
    """Puts a model together from the parts in a file."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        with np.load(BytesIO(archive.read("arrays.npz")), allow_pickle=False) as arrays:
            self.arrays = dict(arrays)
        in_zip = "weights.safetensors" in archive.namelist()
        self.weights = unpack_weights(archive.read("weights.safetensors")) if in_zip else self.arrays

    def made(self, part: Any) -> Any:  # noqa: PLR0911 (likewise)
        """Return the part of a model that `Packer.packed` described."""
        if isinstance(part, _PLAIN):
            return part
        if "tuple" in part:
            return tuple(self.made(item) for item in part["tuple"])
        if "array" in part:
            return self.arrays[part["array"]]
        if "class" in part:
            return self._instance(part)
        if "partial" in part:
            settings = {key: self.made(value) for key, value in part["settings"].items()}
            return partial(self._function(part["partial"]), *self.made(part["args"]), **settings)
        if "function" in part:
            return self._function(part)
        return self._estimator(part["estimator"])

    @staticmethod
    def _function(part: dict[str, Any]) -> Any:
        name = part.get("function")
        if name not in _FUNCTIONS:
            raise _untrusted(str(name))
        return tagged_as(name)

    def _instance(self, part: dict[str, Any]) -> Any:
        cls = tagged_as(part["class"])
        if not (isinstance(cls, type) and is_dataclass(cls)):
            raise _untrusted(part["class"])
        settings = values_before(cls) | {key: self.made(value) for key, value in part["fields"].items()}
        if "net" in part:
            settings["net"] = self._network(part, settings["trainer"])
        return cls(**_settings_in_base(cls, settings))

    def _network(self, part: dict[str, Any], trainer: Any) -> Any:
        loop, rng = torch_loop(), np.random.default_rng(0)
        if not isinstance(trainer, NetworkTrainer) or isinstance(trainer, ModuleTrainer):
            raise _untrusted(type(trainer).__name__)
        shape = tuple(int(side) for side in part["shape"])
        net = loop.prepared(trainer.network(shape, int(part["n_classes"]), rng), rng)
        state = {key: self.weights[name] for key, name in part["net"].items()}
        return loop.restored(net, state, sparse=part["sparse"])

    def _estimator(self, name: str) -> Any:
        from mlleaks.models.skops_checks import from_skops

        with calling("from skops", expected="an estimator", fix="Save the model again."):
            estimator = from_skops(self.archive.read(name))
        if not isinstance(estimator, BaseEstimator):
            raise _untrusted(type(estimator).__name__)
        return estimator


def _settings_in_base(cls: type, parts: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of an instance, with the settings of training where they are today.

    In files of schema 1 a defended trainer has settings of its own, those of its base count for nothing.
    """
    names = {field.name for field in fields(TrainingSettings)} - {field.name for field in fields(cls)}
    own = {name: parts.pop(name) for name in names & set(parts)}
    if own:
        parts["base"] = parts["base"].with_settings(TrainingSettings(**own))
    return parts


def _untrusted(name: str) -> UntrustedFile:
    return UntrustedFile(
        f"a model file that names {name}",
        expected="classes and functions of mlleaks and of scikit-learn only",
        fix="Do not use this file unless you know who made it.",
    )
