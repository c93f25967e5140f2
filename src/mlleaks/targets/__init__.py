"""Black-box access to what is audited: Python objects, model files, saved posteriors."""

from __future__ import annotations

from mlleaks.targets.resolve import load_target
from mlleaks.targets.table import SavedOutputs, read_answers, read_random_queries

__all__ = ["SavedOutputs", "load_target", "read_answers", "read_random_queries"]
