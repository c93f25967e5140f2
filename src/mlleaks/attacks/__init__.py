"""One attack per file, with its needs and its source."""

from __future__ import annotations

from mlleaks.attacks.spec import AttackSpec
from mlleaks.runtime.registry import Registry

REGISTRY: Registry[AttackSpec] = Registry(__name__, "ATTACKS", "attack")
"""All attacks by name."""
