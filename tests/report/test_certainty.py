"""Three outcomes, and what would have been detected."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import mlleaks
from mlleaks.errors import InputError
from mlleaks.results import conditions, runs
from mlleaks.results.blind_check import BlindCheck
from mlleaks.results.decision import CLEAN, LEAKS, UNDECIDED
from mlleaks.results.margin import Margin
from mlleaks.stats.estimate import Estimate
from tests.report.test_audit_report import audited


def with_margin(report, *figures):
    return mlleaks.AuditReport(replace(report.result, margin=Margin(*figures)))


def text(report):
    return " ".join(report.sentences)


@pytest.fixture(scope="module")
def null():
    return audited(0, n=3000)


def test_a_leak_leaks():
    report = audited(2)
    assert report.outcome == LEAKS
    assert "would be detected in 80 % of audits" in text(report)


def test_a_leak_that_is_hardly_found_is_called_overstated():
    leaking = [report for seed in range(8) if (report := audited(0.2, seed=seed)).leaks]
    assert any("too high on average" in text(report) for report in leaking)
    assert "too high on average" not in text(audited(2))


def test_few_nonmembers_bound_what_lies_above_all_of_them():
    few = text(audited(2, n=120))
    bound = re.search(r"(\d+) of 60 members score above all non-members. .* at least ([\d.]+) %", few)
    assert 0 < float(bound[2]) < 100 * int(bound[1]) / 60
    assert "above all non-members" not in text(audited(2))


def test_records_enough_for_the_margin_show_that_there_is_no_leak(null):
    report = with_margin(null, 0.6, 0.06)
    assert report.outcome == CLEAN
    assert report.severity == "clean"
    assert report.headline == (
        "No detectable leak: each attack's AUC is below 0.6, and it finds less than 6 % of the members at "
        "1 % FPR."
    )
    assert "None of the" in text(report)


def test_too_few_records_for_the_margin_are_undecided(null):
    report = with_margin(null, 0.51, 0.02)
    assert report.outcome == UNDECIDED
    assert report.severity == "doubt"
    needed = int(re.search(r"about ([\d,]+) members and as many", text(report))[1].replace(",", ""))
    assert needed > 20_000
    assert "In 80 % of audits without a leak, so many records show" in text(report)


def test_a_margin_that_nothing_resolves_is_said(null):
    sentences = text(with_margin(null, 0.500001, 0.02))
    least = re.search(r"pass (0\.\d+),(0\.\d+) or more", sentences)
    assert "can resolve" not in text(with_margin(null, float(least[1]), float(least[2])))


def test_few_nonmembers_have_no_tpr():
    assert "needs 100 non-members" in text(audited(0, n=120))


def test_a_leak_above_the_margin_is_hardly_ever_called_none():
    """The audit's AUC of the gap attack alone is above the margin."""
    outcomes = [with_margin(audited(0.45, n=1500, seed=seed), 0.54, 0.9).outcome for seed in range(12)]
    assert CLEAN not in outcomes


def test_conditions_ask_for_the_outcome(null):
    undecided = conditions.parse("undecided")
    assert undecided.holds(with_margin(null, 0.51, 0.02).result)
    assert not undecided.holds(with_margin(null, 0.6, 0.06).result)


def test_the_outcome_and_the_margin_are_stored(null, tmp_path):
    report = with_margin(null, 0.6, 0.06)
    report.save(tmp_path / "run")
    assert '"outcome": "no detectable leak"' in (tmp_path / "run" / runs.RESULT).read_text()
    assert mlleaks.AuditReport.load(tmp_path / "run").result.margin == Margin(0.6, 0.06)


def test_a_difference_of_the_sides_leaves_a_leak_undecided():
    report = audited(2)
    blind = BlindCheck(auc=Estimate(0.95, 0.93, 0.97, "made"), p_value=0.001)
    shifted = mlleaks.AuditReport(replace(report.result, blind=blind, placebo=None))
    assert not shifted.leaks
    assert shifted.outcome == UNDECIDED
    assert shifted.headline.startswith("Undecided: members and non-members differ")
    with pytest.raises(InputError, match="differ by themselves"):
        conditions.parse("leaks").holds(shifted.result)


def test_a_shift_without_a_placebo_is_undecided_however_large_the_leak():
    blind = BlindCheck(auc=Estimate(0.56, 0.53, 0.59, "made"), p_value=0.001)
    shifted = mlleaks.AuditReport(replace(audited(4).result, blind=blind, placebo=None))
    assert shifted.outcome == UNDECIDED
