"""The paper's studies: `engine` runs them, `paper` holds one file per study."""

from __future__ import annotations

from mlleaks.runtime.registry import Registry
from mlleaks.studies.engine.study import Study

REGISTRY: Registry[Study] = Registry(f"{__name__}.paper", "STUDIES", "study")
"""All studies by name, in the paper's order."""
