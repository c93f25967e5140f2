"""Trained models as files: numbers and the names of this package's own classes, never code.

A file is a ZIP of ``model.json`` (what the model is made of), ``arrays.npz``, for networks
``weights.safetensors`` and for scikit-learn estimators skops files.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import fields, is_dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from mlleaks.errors import DataUnavailable, InputError, MissingExtra, UntrustedFile
from mlleaks.models.module import ModuleTrainer
from mlleaks.models.network import NetworkModel, NetworkTrainer, torch_loop
from mlleaks.models.settings import TrainingSettings
from mlleaks.models.skops_types import skops_io
from mlleaks.models.weights_file import pack_weights, unpack_weights
from mlleaks.runtime.foreign_code import calling
from mlleaks.storage.atomic import write_bytes
from mlleaks.storage.tags import tag_of, tagged_as
from mlleaks.types import Model

SUFFIX = ".mlleaks"
SCHEMA = 3
_READABLE = (2, 3)
"""In files of schema 2 the weights of networks are in ``arrays.npz``."""
_FUNCTIONS = ("top_k",)
"""The functions that a file may name, by their tags."""
_PLAIN = (bool, int, float, str, type(None))
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,
    MemoryError,
)
"""What reading a damaged file ends in: broken compression, JSON or arrays, missing or wrong parts."""


def save_model(model: Model, path: Path | str) -> Path:
    """Write a model that this package trained, defended or not; the file appears whole or not at all.

    Parameters
    ----------
    model : Model
        What a trainer of this package returned.
    path : Path or str
        Ends in ``.mlleaks``.

    Raises
    ------
    InputError
        Another ending, or a part that is code: a user's own module or function.
    MissingExtra
        safetensors for a network, or skops for an estimator, is not installed.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from mlleaks.models import SklearnTrainer
    >>> from mlleaks.types import Dataset
    >>> data = Dataset("toy", np.array([[0.0], [1.0]]), np.array([0, 1]), 2)
    >>> model = SklearnTrainer(DecisionTreeClassifier())(data, np.random.default_rng(0))
    >>> load_model(save_model(model, Path(mkdtemp()) / "tree.mlleaks")).predict_proba(data.X)
    array([[1., 0.],
           [0., 1.]])
    """
    place = Path(path)
    if place.suffix != SUFFIX:
        raise InputError(
            f"the file name {place.name!r}", expected=f"one that ends in {SUFFIX}", fix="Pass another name."
        )
    packing = _Packing()
    document = {"schema": SCHEMA, "model": packing.packed(model)}
    content, arrays = BytesIO(), BytesIO()
    np.savez(arrays, **packing.arrays)
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", json.dumps(document, indent=1))
        archive.writestr("arrays.npz", arrays.getvalue())
        if packing.weights:
            archive.writestr("weights.safetensors", pack_weights(packing.weights))
        for name, estimator in packing.estimators.items():
            archive.writestr(name, estimator)
    write_bytes(place, content.getbuffer())
    return place


def load_model(path: Path | str) -> Model:
    """Return the model in a file that `save_model` has written. Nothing in it is run.

    Raises
    ------
    DataUnavailable
        There is no such file.
    InputError
        It is damaged, or of another version.
    UntrustedFile
        It names something that is not of this package.
    MissingExtra
        PyTorch, safetensors or skops is needed for it and not installed.
    """
    place = Path(path)
    if not place.is_file():
        raise DataUnavailable(f"no file {place}", expected="a saved model", fix="Check the path.")
    try:
        with zipfile.ZipFile(place) as archive:
            document = json.loads(archive.read("model.json"))
            if document["schema"] not in _READABLE:
                raise ValueError(f"schema version {document['schema']}, not {SCHEMA}")
            model: Model = _Unpacking(archive).made(document["model"])
            return model
    except (UntrustedFile, MissingExtra):
        raise
    except _DAMAGED as error:
        raise InputError(
            f"{place} that cannot be read ({type(error).__name__}: {error})",
            expected="a model as this version saves it",
            fix="Save it again.",
        ) from error


class _Packing:
    """Takes a model apart."""

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


class _Unpacking:
    """Puts a model together."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        with np.load(BytesIO(archive.read("arrays.npz")), allow_pickle=False) as arrays:
            self.arrays = dict(arrays)
        in_zip = "weights.safetensors" in archive.namelist()
        self.weights = unpack_weights(archive.read("weights.safetensors")) if in_zip else self.arrays

    def made(self, part: Any) -> Any:  # noqa: PLR0911 (likewise)
        """Return what `_Packing.packed` was given."""
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
        settings = {key: self.made(value) for key, value in part["fields"].items()}
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

    In files of schema 2 a defended trainer has settings of its own, those of its base count for nothing.
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
