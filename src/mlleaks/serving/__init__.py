"""A model as an HTTP service on this machine, with output masks in front."""

from __future__ import annotations

from mlleaks.serving.app import MAX_BYTES, inference_app
from mlleaks.serving.run import listening, running

__all__ = ["MAX_BYTES", "inference_app", "listening", "running"]
