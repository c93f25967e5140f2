"""Pages, charts, texts and tables: pure functions of stored results."""

from __future__ import annotations

from mlleaks.report.audit.report import AuditReport

__all__ = ["AuditReport"]
