"""From what is written on a command line to a model."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from mlleaks.errors import (
    DataUnavailable,
    InputError,
    ModelError,
    UntrustedFile,
    missing_extra,
)
from mlleaks.models import serialization
from mlleaks.runtime.foreign_code import attribute, calling, reading
from mlleaks.runtime.user_modules import current_folder
from mlleaks.targets.importing import importing
from mlleaks.types import Model

PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth")


def load_target(spec: str, *, trust_pickle: bool = False) -> Model:
    """Return the model that ``spec`` names.

    Parameters
    ----------
    spec : str
        ``package.module:attribute`` (a model, or a function without arguments that returns one),
        or the path of a ``.mlleaks``, ``.skops`` or ``.onnx`` file. Modules are looked for among the
        installed ones, then in the current folder, while the model is imported and made; a model that
        imports its neighbours only when it is asked wants them on ``PYTHONPATH``.
    trust_pickle : bool
        Open pickle and joblib files too. They can run any code: only for files of your own.

    Raises
    ------
    UntrustedFile
        A pickle, or a skops file with types that skops does not know.
    DataUnavailable, InputError, ModelError, MissingExtra
        No such file; another type of file; neither ``predict_proba`` nor ``predict``; an extra is not
        installed.
    """
    path = Path(spec)
    suffix = path.suffix.lower()
    if suffix in PICKLES or suffix in _LOADERS:
        if not path.is_file():
            raise DataUnavailable(f"no file {path}", expected="a model", fix="Check the path.")
        model = _pickled(path, trust_pickle) if suffix in PICKLES else _LOADERS[suffix](path)
    elif ":" in spec:
        model = _attribute(spec)
    else:
        raise InputError(
            f"{spec!r}",
            expected="package.module:attribute, a .mlleaks, .skops or .onnx file, or saved posteriors "
            "(.csv, .parquet, .npz)",
            fix="See `mlleaks audit --help`.",
        )
    if not any(callable(attribute(model, method)) for method in ("predict_proba", "predict")):
        raise ModelError(
            f"{type(model).__name__} without predict_proba in {spec}",
            expected="an object whose predict_proba(X) returns posteriors (n, k), or whose predict(X) "
            "returns classes (n,)",
            fix="Wrap it in an object that has one of these methods.",
        )
    return model  # type: ignore[no-any-return]


def _attribute(spec: str) -> Any:
    with importing(spec) as loaded:
        made = loaded() if _is_factory(loaded) else loaded
    if isinstance(made, type):
        raise ModelError(
            f"the class {made.__name__} from {spec!r}",
            expected="a trained model",
            fix="Name an instance, or a function that returns one.",
        )
    return made


def _is_factory(loaded: Any) -> bool:
    return callable(loaded) and not isinstance(loaded, type) and not hasattr(loaded, "predict_proba")


def _skops(path: Path) -> Any:
    from mlleaks.models.skops_checks import from_skops

    with _reading(path):
        return from_skops(path.read_bytes())


def _onnx(path: Path) -> Any:
    try:
        import onnxruntime  # noqa: F401
    except ModuleNotFoundError as error:
        raise missing_extra("onnxruntime", "onnx") from error
    from mlleaks.targets.onnx import OnnxModel

    with _reading(path):
        return OnnxModel.load(path)


def _pickled(path: Path, trusted: bool) -> Any:
    if not trusted:
        raise UntrustedFile(
            f"the pickle {path.name}, which can run any code when it is opened",
            expected="a model file without code",
            fix="Save it with skops.io.dump(model, 'model.skops') or as ONNX, or pass "
            "package.module:attribute; if the file is your own, add --trust-pickle.",
        )
    import joblib

    opening = calling(
        f"while opening {path}",
        expected="a pickle that opens by itself",
        fix="Try it in Python: joblib.load.",
    )
    # its classes may lie in the folder; what is no Exception may exit with 0
    with current_folder(), opening, _reading(path):
        return joblib.load(path)


def _reading(path: Path) -> AbstractContextManager[None]:
    return reading(
        path,
        expected=f"a model in the format {path.suffix}",
        fix="Save it again, with versions that fit the ones installed here.",
    )


_LOADERS: dict[str, Callable[[Path], Any]] = {
    ".skops": _skops,
    ".onnx": _onnx,
    serialization.SUFFIX: serialization.load_model,
}
