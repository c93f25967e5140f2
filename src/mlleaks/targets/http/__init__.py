"""Prediction services over HTTP: protocols, and from their answers to posteriors."""

from __future__ import annotations

from mlleaks.targets.http.connect import connect
from mlleaks.targets.http.connection import Connection
from mlleaks.targets.http.protocol import Settings
from mlleaks.targets.http.urls import is_address

__all__ = ["Connection", "Settings", "connect", "is_address"]
