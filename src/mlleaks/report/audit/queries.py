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
            f"The service answered {service['sent']:,} records in this run, a few of them only to learn how "
            f"it answers, in {service['requests']:,} requests ({service['retried']:,} sent again, "
            f"{service['failed']:,} given up). {service['cached']:,} answers came from the store."
        )
        again = service.get("sent again", 0)
        if again:
            sentences.append(
                f"{again:,} records were sent again after an answer was lost; the service may have counted "
                "them twice."
            )
    if "cost" in service:
        sentences.append(f"At the stated price this run cost up to {service['cost']:,.2f}.")
    return sentences


def _counts(result: AuditResult) -> Mapping[str, Any]:
    counts: Mapping[str, Any] = result.provenance.get("queries", {})
    return counts
