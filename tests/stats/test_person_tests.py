"""Tests by person: the statistics by definition, a level that holds for any numbers of records, power."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom, rankdata

from mlleaks.stats.joint_test import joint_p_values
from mlleaks.stats.labellings_by_person import LabellingsByPerson
from mlleaks.stats.metrics import members_above_all, roc
from mlleaks.stats.person_tests import person_statistics, person_tests
from mlleaks.stats.significance import highest, lowest


def scores_of_people(code, rng, *, within=0.3, decimals=6):
    own = math.sqrt(within) * rng.normal(size=code.max() + 1)[code]
    return (own + math.sqrt(1 - within) * rng.normal(size=len(code))).round(decimals)


def labels_of(labellings):
    """Return every labelling of the records ``(b, n)``."""
    g = labellings.persons.places.shape[1]
    people = np.array([labellings.persons.sums(np.eye(g)[i]) for i in range(g)]).T.astype(bool)
    return people[:, labellings.code]


def studentized(values, member, code):
    """Return the difference of both sides' means over its standard error, by definition."""
    means, variances = [], []
    for side in (member, ~member):
        people = np.unique(code[side])
        mean = values[side].mean()
        sums = np.array([(values[code == i] - mean).sum() for i in people]) / side.sum()
        means.append(mean)
        variances.append(sums @ sums * len(people) / (len(people) - 1))
    return (means[0] - means[1]) / math.sqrt(sum(variances))


@pytest.mark.parametrize("decimals", [6, 0])
@pytest.mark.parametrize("sizes", [[4] * 10, [1, 2, 9, 4, 4, 7, 3, 1, 12, 5]])
def test_the_statistics_are_what_their_definitions_say(sizes, decimals):
    rng, code = np.random.default_rng(0), np.repeat(np.arange(10), sizes)
    scores = scores_of_people(code, rng, decimals=decimals)
    curve = roc(code < 5, scores)
    labellings = LabellingsByPerson.draw(code < 5, code, count=40)
    statistics = person_statistics(curve, labellings)
    top, low = (
        (scores >= np.sort(scores)[-highest(curve)[1]]),
        scores <= np.sort(scores)[lowest(curve)[1] - 1],
    )
    means = rankdata([rankdata(scores)[code == i].mean().round(9) for i in range(10)])
    for b, member in enumerate(labels_of(labellings)):
        assert statistics["ranking"][b] == pytest.approx(
            studentized(rankdata(scores), member, code), rel=1e-5
        )
        assert statistics["tail"][b] == pytest.approx(studentized(top, member, code), rel=1e-5)
        assert statistics["bottom"][b] == pytest.approx(-studentized(low, member, code), rel=1e-5)
        people = np.unique(code[member])
        assert statistics["people"][b] == pytest.approx(2 * means[people].sum() - 11 * len(people))
        lead = members_above_all(roc(member, scores))
        assert statistics["lead"][b] == pytest.approx(-lead * math.log(member.mean()))


def test_the_first_labelling_is_the_observed_one_and_people_stay_together():
    code = np.repeat(np.arange(12), np.arange(1, 13))
    member = code % 3 == 0
    labels = labels_of(LabellingsByPerson.draw(member, code, count=50))
    np.testing.assert_array_equal(labels[0], member)
    assert all((labels[:, code == i] == labels[:, code == i][:, :1]).all() for i in range(12))


SHAPES = {
    "30 and 30 with 20 each": (np.full(30, 20), np.full(30, 20)),
    "8 and 8 with 5 each": (np.full(8, 5), np.full(8, 5)),
    "20 with 40, 100 with 8": (np.full(20, 40), np.full(100, 8)),
    "any number": (np.arange(1, 31), np.arange(1, 31)[::-1]),
}


@pytest.mark.slow
@pytest.mark.parametrize("decimals", [6, 0])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_without_a_leak_small_p_values_are_as_rare_as_they_say(shape, decimals):
    rng, p = np.random.default_rng(5), []
    code = np.repeat(np.arange(sum(map(len, shape))), np.concatenate(shape))
    member = code < len(shape[0])
    for seed in range(200):
        curves = [roc(member, scores_of_people(code, rng, decimals=decimals)) for _ in range(2)]
        p.append(min(joint_p_values(curves, persons=code, seed=seed)))
    for level in (0.05, 0.2):
        assert (np.array(p) <= level).sum() <= binom.isf(1e-4, len(p), level)


def test_rows_find_leaks_that_are_none_and_people_do_not():
    rng, rows, people = np.random.default_rng(1), 0, 0
    code = np.repeat(np.arange(30), 30)
    for _ in range(40):
        curve = roc(code < 15, scores_of_people(code, rng, within=0.5))
        rows += joint_p_values([curve])[0] <= 0.05
        people += joint_p_values([curve], persons=code)[0] <= 0.05
    assert rows >= 12
    assert people <= binom.isf(1e-3, 40, 0.05)


@pytest.mark.parametrize("share", [1.0, 0.05])
def test_a_leak_of_all_or_of_some_records_is_found(share):
    rng, code = np.random.default_rng(2), np.repeat(np.arange(60), 20)
    leak = (1.0 if share == 1 else 5.0) * ((code < 30) & (rng.random(1200) < share))
    assert joint_p_values([roc(code < 30, scores_of_people(code, rng) + leak)], persons=code)[0] < 0.01


def test_people_without_any_spread_that_differ_between_the_sides_are_found():
    code = np.repeat(np.arange(16), 4)
    p, single = person_tests(roc(code < 8, 1.0 * (code < 8)), LabellingsByPerson.draw(code < 8, code))
    assert p < 0.001
    assert set(single) == {"ranking", "people", "tail", "bottom", "lead"}


def test_equal_scores_show_nothing():
    code = np.repeat(np.arange(16), 4)
    assert joint_p_values([roc(code < 8, np.zeros(64))], persons=code) == [1.0]


def test_the_order_of_records_does_not_matter():
    rng, code = np.random.default_rng(3), np.repeat(np.arange(20), np.arange(1, 21))
    scores, order = scores_of_people(code, rng) + (code % 2), rng.permutation(210)
    member = code % 2 == 1
    one = joint_p_values([roc(member, scores)], persons=code)
    assert joint_p_values([roc(member[order], scores[order])], persons=code[order]) == one
