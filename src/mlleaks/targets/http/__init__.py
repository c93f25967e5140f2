"""Prediction services over HTTP: protocols, and from their answers to posteriors."""

from __future__ import annotations

from mlleaks.targets.http.connect import OVERHEAD, connect, is_address
from mlleaks.targets.http.connection import Connection
from mlleaks.targets.http.protocol import Settings

__all__ = ["OVERHEAD", "Connection", "Settings", "connect", "is_address"]
