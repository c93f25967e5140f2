"""Many shadow models: who trains on what."""

from __future__ import annotations

from mlleaks.shadows.plan import Plan, plan

__all__ = ["Plan", "plan"]
