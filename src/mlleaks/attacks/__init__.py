"""One attack a file. A module here that has ``ATTACKS`` joins every audit and every attack test."""

from __future__ import annotations

from mlleaks.attacks.base import AttackSpec
from mlleaks.runtime.registry import Registry

REGISTRY: Registry[AttackSpec] = Registry(__name__, "ATTACKS", "attack")
"""All attacks by name."""
