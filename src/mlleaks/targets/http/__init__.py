"""Prediction services over HTTP: protocols, and from their answers to posteriors."""

from __future__ import annotations
