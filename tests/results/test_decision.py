"""What a verdict, its limits and its sentences make of a placebo: comparisons that are made up."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import mlleaks
from mlleaks.results.decision import CLEAN, LEAKS, UNDECIDED, compared, leaks, strength, verdict
from mlleaks.results.placebo import Placebo
from mlleaks.stats.contrasted import Contrasted
from mlleaks.stats.estimate import Estimate
from tests.report.test_audit_report import audited


@pytest.fixture(scope="module")
def null():
    """An audit of 2,000 and 2,000 records without a leak."""
    return audited(0, n=4000).result


def beside(result, value=0.0, error=0.005, p_value=0.5, placebo=0.5, **more):
    """The audit with a placebo of each attack."""
    half = 2.5 * error
    contrasted = Contrasted(
        placebo=Estimate(placebo, placebo - half, placebo + half, ""),
        tpr=0.01,
        difference=Estimate(value, value - half, value + half, ""),
        p_value=p_value,
        error=error,
        detectable=3.3 * error,
        detectable_share=6 * error,
    )
    attacks = dict.fromkeys(result.p_values, contrasted) | more
    return replace(result, placebo=Placebo(attacks, dict.fromkeys(attacks, "models")))


def sentences(result):
    return " ".join(mlleaks.AuditReport(result).sentences)


class TestCompared:
    def test_the_more_precise_figure_counts(self, null):
        precise, vague = beside(null, error=0.005), beside(null, error=0.05)
        assert set(compared(precise)) == set(null.p_values)
        assert compared(vague) == {}
        assert strength(precise).value == 0.5
        assert strength(vague) == strength(null)

    def test_people_are_too_few(self, null):
        assert compared(replace(beside(null), persons=np.arange(len(null.member)))) == {}


class TestLeaks:
    @pytest.mark.parametrize(("p_value", "leaking"), [(0.04, True), (0.041, False)])
    def test_a_sharp_difference_is_enough(self, null, p_value, leaking):
        assert leaks(beside(null, p_value=p_value)) == leaking

    def test_a_difference_that_is_known_worse_than_the_auc_is_not(self, null):
        assert not leaks(beside(null, error=0.05, p_value=0.001))

    def test_its_size_and_its_p_value_are_said(self, null):
        text = sentences(beside(null, value=0.02, p_value=0.012, placebo=0.48))
        assert "does so in 48.0 %; the audited model exceeds that by 2.0 points" in text
        assert "p = 0.012" in text


class TestMargin:
    """The upper end of one attack alone: the difference plus 1.645 standard errors."""

    @pytest.mark.parametrize(("value", "outcome"), [(0.041, CLEAN), (0.043, UNDECIDED)])
    def test_what_membership_raises_has_to_stay_below(self, null, value, outcome):
        wide = replace(null, margin=mlleaks.Margin(0.55, 0.05))
        assert verdict(beside(wide, value=value, error=0.005)) == outcome

    def test_the_headline_says_what_was_compared(self, null):
        wide = replace(null, margin=mlleaks.Margin(0.55, 0.05))
        both = mlleaks.AuditReport(wide), mlleaks.AuditReport(beside(wide))
        assert both[0].headline.startswith("No detectable leak: each attack's AUC is below 0.55")
        assert both[1].headline.startswith("No detectable leak: membership raises no attack's AUC to 0.55")


class TestSentences:
    def test_what_cannot_be_excluded(self, null):
        """Of ``k`` attacks each upper end holds with ``1 - 0.05 / (2 k)``."""
        text = sentences(beside(null, value=0.01, error=0.005))
        bound = re.search(r"Membership may raise the AUC of these attacks to up to ([\d.]+)", text)
        assert 0.51 + 2.3 * 0.005 < float(bound[1]) < 0.51 + 3 * 0.005 + 0.01
        assert "These attacks may have an AUC of up to" in sentences(null)

    def test_what_would_be_detected(self, null):
        alone, sharper = sentences(null), sentences(beside(null, error=0.003))
        pattern = r"a leak with an AUC of ([\d.]+), or of ([\d.]+) % of the members"
        before, after = (re.search(pattern, text) for text in (alone, sharper))
        assert float(after[1]) == 0.51
        assert float(before[1]) > 0.51
        assert float(after[2]) == min(1.8, float(before[2]))

    def test_how_many_records_would_decide(self, null):
        tight = replace(null, margin=mlleaks.Margin(0.505, 0.9))
        needed = [
            int(re.search(r"about ([\d,]+) members and as many", sentences(result))[1].replace(",", ""))
            for result in (tight, beside(tight, error=0.0045))
        ]
        assert needed[1] / needed[0] == pytest.approx((0.0045 / np.sqrt(4001 / (12 * 2000**2))) ** 2, rel=0.1)


class TestOneOfTheAttacksHasAPlacebo:
    def test_others_are_tested_at_half_the_level(self, null):
        result = beside(null)
        (first, one), *_ = result.placebo.attacks.items()
        mixed = replace(result, placebo=Placebo({first: one}, {first: "models"}))
        for p_value, outcome in ((0.02, LEAKS), (0.04, UNDECIDED)):
            mixed.__dict__["p_values"] = dict.fromkeys(null.p_values, p_value) | {first: 1.0}
            assert (verdict(mixed) == LEAKS) == (outcome == LEAKS)
