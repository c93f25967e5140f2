"""What is audited: Python objects, model files, tables of saved answers."""

from __future__ import annotations

from mlleaks.targets.importing import load_trainer
from mlleaks.targets.resolve import load_target
from mlleaks.targets.table import SavedOutputs, read_answers, read_random_queries

__all__ = ["SavedOutputs", "load_target", "load_trainer", "read_answers", "read_random_queries"]
