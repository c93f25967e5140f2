"""Sentences, tables, charts and pages: pure functions of a stored result."""

from __future__ import annotations

from mlleaks.report.audit.report import AuditReport

__all__ = ["AuditReport"]
