"""The protocols of prediction services, one per file."""

from __future__ import annotations

from mlleaks.runtime.registry import Registry
from mlleaks.targets.http.protocol import ProtocolSpec

REGISTRY: Registry[ProtocolSpec] = Registry(
    __name__, "PROTOCOLS", "protocol", fix="Pass one of them, or auto to have the service probed."
)
"""All protocols by name, in the order in which ``--protocol auto`` tries them."""
