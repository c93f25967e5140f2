"""What an audit asked of its target: records sent for each attack, and what a service charges for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlleaks.results.audit import AuditResult


def query_rows(result: AuditResult) -> list[tuple[str, int]]:
    """Return how many records each attack needs the target's answers to, the most expensive attack first."""
    by_attack: Mapping[str, int] = _counts(result).get("by attack", {})
    return sorted(by_attack.items(), key=lambda item: -item[1])


def query_sentences(result: AuditResult) -> list[str]:
    """Return what was sent to the target, in sentences; empty for saved answers."""
    counts = _counts(result)
    if not counts:
        return []
    sentences = [
        f"The audit needs the answers to {counts['total']:,} records: {counts['about the records']:,} about "
        "the audited records, and what single attacks need besides. Attacks share what they all need."
    ]
    service: Mapping[str, Any] = counts.get("service", {})
    if service:
        sentences.append(
            f"The service answered {service['sent']:,} of them now, in {service['requests']:,} requests "
            f"({service['retried']:,} sent again, {service['failed']:,} failed); {service['cached']:,} "
            "answers were stored before."
        )
    if "cost" in service:
        sentences.append(f"At the stated price this audit cost {service['cost']:,.2f}.")
    return sentences


def _counts(result: AuditResult) -> Mapping[str, Any]:
    counts: Mapping[str, Any] = result.provenance.get("queries", {})
    return counts
