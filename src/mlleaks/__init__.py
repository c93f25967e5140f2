"""Measure whether a classifier leaks who was in its training set.

>>> import mlleaks
>>> "audit" in dir(mlleaks)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlleaks.auditing import audit, audit_posteriors, audit_trainer
    from mlleaks.comparing import compare_defenses
    from mlleaks.datasets import load
    from mlleaks.errors import (
        CorruptRun,
        DataUnavailable,
        InputError,
        MissingExtra,
        MLLeaksError,
        ModelError,
        RunExists,
        UntrustedFile,
    )
    from mlleaks.models import (
        CNNTrainer,
        Constant,
        MLPTrainer,
        ModuleTrainer,
        Settling,
        SklearnTrainer,
        load_model,
        save_model,
    )
    from mlleaks.report import Report
    from mlleaks.types import Dataset, Estimate, Verdict

__version__ = "0.1.0"

_HOMES = {
    "audit": "mlleaks.auditing",
    "audit_posteriors": "mlleaks.auditing",
    "audit_trainer": "mlleaks.auditing",
    "compare_defenses": "mlleaks.comparing",
    "load": "mlleaks.datasets",
    "MLPTrainer": "mlleaks.models",
    "CNNTrainer": "mlleaks.models",
    "ModuleTrainer": "mlleaks.models",
    "Constant": "mlleaks.models",
    "Settling": "mlleaks.models",
    "SklearnTrainer": "mlleaks.models",
    "save_model": "mlleaks.models",
    "load_model": "mlleaks.models",
    "Report": "mlleaks.report",
    "Dataset": "mlleaks.types",
    "Estimate": "mlleaks.types",
    "Verdict": "mlleaks.types",
    "MLLeaksError": "mlleaks.errors",
    "InputError": "mlleaks.errors",
    "ModelError": "mlleaks.errors",
    "DataUnavailable": "mlleaks.errors",
    "MissingExtra": "mlleaks.errors",
    "UntrustedFile": "mlleaks.errors",
    "RunExists": "mlleaks.errors",
    "CorruptRun": "mlleaks.errors",
}

__all__ = [
    "CNNTrainer",
    "Constant",
    "CorruptRun",
    "DataUnavailable",
    "Dataset",
    "Estimate",
    "InputError",
    "MLLeaksError",
    "MLPTrainer",
    "MissingExtra",
    "ModelError",
    "ModuleTrainer",
    "Report",
    "RunExists",
    "Settling",
    "SklearnTrainer",
    "UntrustedFile",
    "Verdict",
    "__version__",
    "audit",
    "audit_posteriors",
    "audit_trainer",
    "compare_defenses",
    "load",
    "load_model",
    "save_model",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import mlleaks`` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mlleaks' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
