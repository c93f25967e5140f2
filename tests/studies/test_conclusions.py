"""From answers to words: what holds in part, what is refuted, what is open."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.stats.criteria import is_above
from mlleaks.stats.over_seeds import SeedMean
from mlleaks.studies.engine.conclusions import conclude, each_is


@pytest.mark.parametrize(
    ("answers", "word", "begins"),
    [
        ((True, True), "reproduced", "Change: AUC +0.1; recall +0.2."),
        ((False, False), "not reproduced", "Change: AUC +0.1; recall +0.2."),
        ((None, None), "inconclusive", "Change: AUC +0.1; recall +0.2."),
        ((True, False), "reproduced in part", "The claim holds for AUC, not for recall. Change: AUC "),
        ((True, None), "reproduced in part", "The claim holds for AUC, is not decided for recall."),
        ((None, False), "inconclusive", "The claim is not decided for AUC, does not hold for recall."),
    ],
)
def test_the_word_follows_from_the_answers(answers, word, begins):
    figures = {"AUC": "+0.1", "recall": "+0.2"}
    finding = conclude(dict(zip(figures, answers, strict=True)), figures, what="Change", details="More.")
    assert finding.word == word
    assert finding.summary.startswith(begins)
    assert finding.evidence == f"{finding.summary} More."


def test_the_figure_of_a_finding_is_of_what_does_not_hold():
    figures = {"AUC": "+0.1", "recall": "+0.2"}
    for answers, figure in (((True, True), "AUC +0.1"), ((True, None), "recall +0.2")):
        finding = conclude(dict(zip(figures, answers, strict=True)), figures, what="Change")
        assert finding.figure == figure


def test_of_many_estimates_one_far_off_is_no_refutation():
    """Of 20 figures above 0, some interval of 95 % lies below 0 by chance now and then."""
    rng = np.random.default_rng(0)
    refuted, alone = 0, 0
    for _ in range(300):
        estimates = [SeedMean(value, 0.0, 1, 1.96, 1.96) for value in rng.normal(0.0, 1, 20)]
        refuted += each_is(is_above, estimates) is False
        alone += any(estimate.interval()[1] <= 0 for estimate in estimates)
    assert refuted <= 300 * 0.05
    assert alone > 300 * 0.3


def test_criteria_share_the_error_of_a_no():
    estimate = SeedMean(-2.2, 0.0, 1, 1.96, 1.96)
    assert each_is(is_above, [estimate]) is False
    assert each_is(is_above, [estimate], criteria=3) is None
