"""Black-box access to what is audited: Python objects, model files, saved posteriors."""

from __future__ import annotations

from mlleaks.targets.resolve import load_model
from mlleaks.targets.table import Answers, read_answers, read_noise

__all__ = ["Answers", "load_model", "read_answers", "read_noise"]
