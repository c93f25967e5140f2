"""What a report says of deleted records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

import mlleaks
from mlleaks.report.audit.deleted import CANNOT_TELL, deleted_notes, deleted_sentences
from mlleaks.results.deleted import DeletedRecords
from tests.report.test_canaries import TABLE
from tests.synthetic import planted

CLEAN = planted(0, n=200)


def result(shift, leaks=True):
    """Return an audit whose deleted records score like non-members, but for a shift of the loss's score."""
    clean = {"posteriors": CLEAN.outputs.posteriors, "label": CLEAN.outputs.labels, "member": CLEAN.member}
    plain = mlleaks.audit_posteriors(TABLE | ({} if leaks else clean)).result
    rest = ~plain.member
    scores = {
        v.attack: np.random.default_rng(0).permutation(v.scores[rest]) + shift * (v.attack == "loss")
        for v in plain.verdicts
    }
    n = int(rest.sum())
    return replace(plain, deleted=DeletedRecords(np.arange(n), np.zeros(n, dtype=int), scores))


@pytest.mark.parametrize(
    ("shift", "leaks", "finding"),
    [
        (2.0, True, "Deleted records are not forgotten"),
        (0.0, True, "Deleted records are answered like non-members"),
        (-2.0, True, "Deleted records are answered even less like members than non-members are"),
        (0.0, False, "No attack finds members here, so this audit cannot say"),
    ],
)
def test_the_finding_and_both_comparisons(shift, leaks, finding):
    (sentence,) = deleted_sentences(result(shift, leaks))
    assert sentence.startswith(finding)
    assert "Of a deleted record and a non-member, " in sentence
    assert "of a member and a non-member, the member in " in sentence


def test_the_attack_that_finds_them_is_named():
    assert "loss picks the deleted one" in deleted_sentences(result(2.0))[0]
    assert "loss picks the deleted one in" in deleted_sentences(result(-2.0))[0]


def test_what_the_check_cannot_tell_is_said_in_the_page_and_in_the_terminal():
    report = mlleaks.AuditReport(result(0.0))
    assert CANNOT_TELL in report.warnings
    page = report.to_html()
    assert "Are the deleted records forgotten?" in page
    assert CANNOT_TELL in page
    assert deleted_notes(replace(report.result, deleted=None)) == []
    assert deleted_sentences(replace(report.result, deleted=None)) == []
    assert "Are the deleted" not in mlleaks.AuditReport(replace(report.result, deleted=None)).to_html()


def test_a_difference_of_the_records_themselves_is_a_warning():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 4)), np.arange(300) % 2
    shifted = X[200:] + 3
    tree = DecisionTreeClassifier(random_state=0).fit(X[:100], y[:100])
    report = mlleaks.audit(
        tree, members=(X[:100], y[:100]), nonmembers=(X[100:200], y[100:200]), deleted=(shifted, y[200:])
    )
    assert deleted_notes(report.result)[0].startswith("Deleted records and non-members differ by themselves")
    assert "may be this difference" in report.warnings[-2]
