from .auditing.audit import audit, audit_posteriors, audit_trainer
from .comparisons.defenses import compare_defenses
from .datasets import load
from .errors import (
    CorruptRun,
    DataUnavailable,
    InputError,
    MissingExtra,
    MLLeaksError,
    ModelError,
    RunExists,
    UntrustedFile,
)
from .models import (
    CNNTrainer,
    Constant,
    MLPTrainer,
    ModuleTrainer,
    Settling,
    SklearnTrainer,
    load_model,
    save_model,
)
from .report import Report
from .results.audit import Verdict
from .stats.estimate import Estimate
from .types import Dataset

__version__: str

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
