"""What a report says of canaries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import mlleaks
from mlleaks.report.audit.canaries import canary_headline, canary_sentences
from mlleaks.results.canaries import CanaryAudit
from mlleaks.stats.canaries import COINS
from mlleaks.stats.guess_methods import BINOMIAL, F_DP
from mlleaks.stats.refuting import EpsilonBound
from tests.synthetic import planted

OBSERVATIONS = planted(1.5, n=200)
TABLE = {
    "record_id": OBSERVATIONS.ids,
    "member": OBSERVATIONS.member,
    "posteriors": OBSERVATIONS.outputs.posteriors,
    "label": OBSERVATIONS.outputs.labels,
}


def bound(epsilon, method=BINOMIAL):
    return EpsilonBound(epsilon, 1e-5, 0.95, "loss", "top", method.title, f"{COINS}; {method.assumption}")


def audit(first, second, highest=(3.7, 6.1), alone=False):
    included = np.arange(100) % 2 == 0
    scores = {"loss": included + np.random.default_rng(0).normal(size=100)}
    bounds = (bound(first), bound(second, F_DP))
    return CanaryAudit(np.arange(100).astype(str), included, scores, bounds, highest, alone)


@pytest.fixture(scope="module")
def plain():
    return mlleaks.audit_posteriors(TABLE).result


def test_without_canaries_nothing_is_said(plain):
    assert canary_sentences(plain) == []
    assert "Canaries" not in mlleaks.AuditReport(plain).to_html()


def test_each_bound_comes_with_what_it_assumes_and_is_rounded_downward(plain):
    (sentence,) = canary_sentences(replace(plain, canaries=audit(1.239, 2.0)))
    assert sentence == (
        "Of 100 canaries, made-up records with wrong classes, fair coins put 50 into the training data. "
        "With 95 % confidence and at delta 1e-05, epsilon is at least 1.23 whatever the training did; and at "
        "least 2.00 if the training leaks like Gaussian noise (mu-GDP), as DP-SGD nearly does."
    )


def test_a_bound_near_the_highest_possible_says_so(plain):
    sentences = canary_sentences(replace(plain, canaries=audit(3.6, 2.0)))
    assert sentences[1].startswith(
        "So many canaries cannot show more than 3.70, even if every guess is right"
    )
    assert "3.70 and 6.10" in canary_sentences(replace(plain, canaries=audit(3.6, 6.0)))[1]


def test_a_bound_of_0_is_no_proof_of_privacy(plain):
    (sentence,) = canary_sentences(replace(plain, canaries=audit(0.0, 0.0)))
    assert "refute no epsilon: the lower bound is 0. That does not show that the model is private" in sentence


def test_only_canaries_have_a_headline_of_their_own(plain):
    report = mlleaks.AuditReport(replace(plain, canaries=audit(1.239, 2.0, alone=True)))
    assert report.headline == "The model gives away canaries: epsilon is at least 1.23."
    beside = mlleaks.AuditReport(replace(plain, canaries=audit(1.239, 2.0)))
    assert beside.headline == mlleaks.AuditReport(plain).headline
    assert "at least 2.00 if the training leaks" in canary_headline(audit(0.0, 2.0))
    assert canary_headline(audit(0.0, 0.0)) == "The answers about the canaries refute no epsilon."


def test_the_page_shows_both_bounds_and_their_assumptions(plain):
    page = mlleaks.AuditReport(replace(plain, canaries=audit(1.239, 2.0))).to_html()
    for text in ("Canaries: how large epsilon is at least", "1.23", "6.10", BINOMIAL.assumption, "loss"):
        assert text in page


@pytest.mark.parametrize(
    ("inside", "outside", "sentence"),
    [
        (0.9, 0.05, None),
        (0.94, 0.9, "was it trained on all canaries?"),
        (0.3, 0.05, "some canaries may not have been in its training data"),
    ],
)
def test_canaries_that_were_not_trained_on_as_planned_are_noticed(plain, inside, outside, sentence):
    made = audit(0.0, 0.0)
    right = np.empty(100)
    for side, rate in ((made.included, inside), (~made.included, outside)):
        right[side] = np.arange(50) < round(50 * rate)
    sentences = canary_sentences(replace(plain, canaries=replace(made, scores={"gap": right})))
    assert f"{100 * inside:.1f} % of the canaries in the training data" in sentences[1]
    assert sentence is None or sentence in sentences[1]
    assert ("trained on all" in sentences[1], "may not have" in sentences[1]) == (
        outside > 0.5,
        inside < 0.5,
    )
