"""Trained models as files: numbers and the names of this package's own classes, never code.

A file is a ZIP of ``model.json`` (what the model is made of), ``arrays.npz``, for networks
``weights.safetensors`` and for scikit-learn estimators skops files.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np

from mlleaks.errors import DataUnavailable, InputError, MissingExtra, UntrustedFile
from mlleaks.models.old_files import with_tags
from mlleaks.models.packing import Packer, Unpacker
from mlleaks.models.weights_file import pack_weights
from mlleaks.storage.atomic import write_bytes
from mlleaks.types import Model

SUFFIX = ".mlleaks"
SCHEMA = 2
_READABLE = (1, 2)
"""In files of schema 1 the weights of networks are in ``arrays.npz``."""
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
    packer = Packer()
    document = {"schema": SCHEMA, "model": packer.packed(model)}
    content, arrays = BytesIO(), BytesIO()
    np.savez(arrays, **packer.arrays)
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", json.dumps(document, indent=1))
        archive.writestr("arrays.npz", arrays.getvalue())
        if packer.weights:
            archive.writestr("weights.safetensors", pack_weights(packer.weights))
        for name, estimator in packer.estimators.items():
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
            parts = document["model"] if document["schema"] > 1 else with_tags(document["model"])
            model: Model = Unpacker(archive).made(parts)
            return model
    except (UntrustedFile, MissingExtra):
        raise
    except _DAMAGED as error:
        raise InputError(
            f"{place} that cannot be read ({type(error).__name__}: {error})",
            expected="a model as this version saves it",
            fix="Save it again.",
        ) from error
