"""What a classifier is: how to ask it, and how targets and shadows are trained."""

from __future__ import annotations

from mlleaks.models.choose import as_trainer, like
from mlleaks.models.estimators import SklearnTrainer
from mlleaks.models.mlp import MLPTrainer
from mlleaks.models.observe import ask, observe

__all__ = ["MLPTrainer", "SklearnTrainer", "as_trainer", "ask", "like", "observe"]
