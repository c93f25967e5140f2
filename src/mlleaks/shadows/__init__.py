"""Many shadow models: who trains on what, stacked training, answers on disk."""

from __future__ import annotations

from mlleaks.shadows.plan import Plan, plan
from mlleaks.shadows.train import Shadows, train_shadows

__all__ = ["Plan", "Shadows", "plan", "train_shadows"]
