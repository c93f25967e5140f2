from .auditing.audit import audit, audit_posteriors, audit_trainer
from .auditing.selfcheck.run import SelfCheck, selfcheck
from .comparisons.attacks import compare_attacks
from .comparisons.defenses import compare_defenses
from .data.canaries import canaries
from .data.canary_set import CanarySet
from .datasets import load_dataset
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
    ConstantSchedule,
    ConstantThenDecay,
    LossTrace,
    MLPTrainer,
    ModuleTrainer,
    SklearnTrainer,
    load_model,
    save_model,
)
from .report import AuditReport
from .results.audit import Verdict
from .results.margin import Margin
from .stats.estimate import Estimate
from .types import Dataset

__version__: str

__all__ = [
    "AuditReport",
    "CNNTrainer",
    "CanarySet",
    "ConstantSchedule",
    "ConstantThenDecay",
    "CorruptRun",
    "DataUnavailable",
    "Dataset",
    "Estimate",
    "InputError",
    "LossTrace",
    "MLLeaksError",
    "MLPTrainer",
    "Margin",
    "MissingExtra",
    "ModelError",
    "ModuleTrainer",
    "RunExists",
    "SelfCheck",
    "SklearnTrainer",
    "UntrustedFile",
    "Verdict",
    "__version__",
    "audit",
    "audit_posteriors",
    "audit_trainer",
    "canaries",
    "compare_attacks",
    "compare_defenses",
    "load_dataset",
    "load_model",
    "save_model",
    "selfcheck",
]
