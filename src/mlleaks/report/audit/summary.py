"""A report in a few lines, as a Python session shows it."""

from __future__ import annotations

from mlleaks.report.attack_groups import shown_first, skipped_in_words
from mlleaks.report.audit.text import headline
from mlleaks.results.audit import AuditResult


def summary(result: AuditResult) -> str:
    """Return the headline, the best attack of each group, and what was skipped."""
    first = shown_first(result)
    lines = [
        f"Report {result.name!r}: {headline(result)}",
        *(
            f"  {v.attack:<20} AUC {v.estimates['auc'].value:.3f} "
            f"({v.estimates['auc'].low:.3f} to {v.estimates['auc'].high:.3f})"
            for v in first
        ),
    ]
    if len(first) < len(result.verdicts):
        lines.append(f"  the best of each group; all {len(result.verdicts)}: to_frame()")
    return "\n".join([*lines, *(f"  {sentence}" for sentence in skipped_in_words(result.skipped))])
