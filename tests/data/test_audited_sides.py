"""Which records are audited beside canaries, and canaries that fit neither the model nor the members."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

import mlleaks
from mlleaks.data.audited_sides import ALONE, audited_sides
from mlleaks.data.canary_set import CanarySet

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(400, 6)), RNG.integers(3, size=400)
(TRAINING, CLASSES), PLANTED = mlleaks.canaries((X[:200], Y[:200]), 100, seed=1)
MEMBERS, NONMEMBERS = (TRAINING, CLASSES), (X[200:], Y[200:])
MODEL = DummyClassifier().fit(TRAINING, CLASSES)
NAMES = [f"f{i}" for i in range(6)]
INCLUDED = int(PLANTED.included.sum())


def refused(match, members=MEMBERS, nonmembers=NONMEMBERS, canaries=PLANTED, model=MODEL):
    with pytest.raises(mlleaks.InputError, match=match):
        audited_sides(model, members, nonmembers, canaries)


def test_canaries_are_no_members_and_their_number_is_noted():
    sides = audited_sides(MODEL, MEMBERS, NONMEMBERS, PLANTED)
    assert sides.members.X.tolist() == X[:200].tolist()
    assert sides.members.y.tolist() == Y[:200].tolist()
    assert len(sides.nonmembers) == 200
    assert sides.notes == (
        f"The {INCLUDED} canaries among the members are reported on their own, not as members.",
    )
    assert not sides.alone


def test_canaries_that_were_not_included_may_be_among_the_non_members_and_do_not_count():
    rest = ~PLANTED.included
    mixed = (np.concatenate([X[200:], PLANTED.X[rest]]), np.concatenate([Y[200:], PLANTED.y[rest]]))
    assert audited_sides(MODEL, MEMBERS, mixed, PLANTED).nonmembers.X.tolist() == X[200:].tolist()


def test_canaries_alone_are_the_two_sides():
    sides = audited_sides(MODEL, None, None, PLANTED)
    assert sides.members.X.tolist() == PLANTED.X[PLANTED.included].tolist()
    assert sides.nonmembers.y.tolist() == PLANTED.y[~PLANTED.included].tolist()
    assert (sides.alone, sides.notes) == (True, (ALONE,))


def test_without_canaries_the_sides_are_as_they_came():
    sides = audited_sides(MODEL, MEMBERS, NONMEMBERS, None)
    assert sides.members.X is TRAINING
    assert sides.canaries is None


def test_members_without_any_canary_are_noted():
    sides = audited_sides(MODEL, (X[:200], Y[:200]), NONMEMBERS, PLANTED)
    assert len(sides.members) == 200
    assert sides.notes[0].startswith(f"None of the {INCLUDED} canaries that should be in the training data")


def test_members_that_lack_canaries_are_refused_by_name():
    gone = PLANTED.X[PLANTED.included][:2].tolist()
    rows = np.array([row not in gone for row in TRAINING.tolist()])
    names = ", ".join(PLANTED.ids[PLANTED.included][:2])
    refused(rf"included: 2 \({names}\); expected exactly", (TRAINING[rows], CLASSES[rows]))


def test_members_with_a_canary_that_should_not_be_there_are_refused_by_name():
    rest = ~PLANTED.included
    more = (np.concatenate([TRAINING, PLANTED.X[rest][:1]]), np.append(CLASSES, PLANTED.y[rest][:1]))
    refused(rf"should not be there: 1 \({PLANTED.ids[rest][0]}\); expected exactly", more)


def test_canaries_of_other_coins_are_refused():
    refused(
        "canaries among the members that should not be there",
        canaries=replace(PLANTED, included=~PLANTED.included),
    )


def test_included_canaries_among_the_non_members_are_refused():
    name = PLANTED.ids[PLANTED.included][0]
    one = PLANTED.X[PLANTED.included][:1]
    refused(
        rf"non-members that were in the training data: 1 \({name}\)",
        (X[:200], Y[:200]),
        (np.concatenate([X[200:], one]), np.append(Y[200:], 0)),
    )


@pytest.mark.parametrize("coins", [np.zeros(100, bool), np.ones(100, bool)])
def test_equal_coins_are_refused(coins):
    refused("100 canaries of which (0|100) were included", canaries=replace(PLANTED, included=coins))


@pytest.mark.parametrize(
    ("members", "nonmembers", "match"), [(None, NONMEMBERS, "no members"), (MEMBERS, None, "no non-members")]
)
@pytest.mark.parametrize("canaries", [PLANTED, None])
def test_one_side_alone_is_refused(members, nonmembers, match, canaries):
    refused(match, members, nonmembers, canaries)


def test_neither_members_nor_canaries_are_refused():
    refused("no members", None, None, None)


@pytest.mark.parametrize("members", [MEMBERS, None])
def test_canaries_of_another_width_are_refused(members):
    other = replace(PLANTED, X=PLANTED.X[:, :5])
    refused(
        "canaries with 5 features for a model that was trained on 6", members, members and NONMEMBERS, other
    )


def test_canaries_with_other_columns_are_refused():
    frame = pd.DataFrame(TRAINING, columns=NAMES)
    model = DummyClassifier().fit(frame, CLASSES)
    other = replace(PLANTED, X=pd.DataFrame(PLANTED.X, columns=[*NAMES[:5], "g"]))
    refused("canaries and a model that differ in the columns f5, g", None, None, other, model)


def test_canaries_in_another_form_than_the_members_are_refused():
    other = replace(PLANTED, X=pd.DataFrame(PLANTED.X, columns=NAMES))
    refused("members as ndarray with rows of shape .6,., canaries as DataFrame", canaries=other)


def test_columns_in_another_order_are_put_in_the_order_of_the_model():
    frame = pd.DataFrame(TRAINING, columns=NAMES)
    model = DummyClassifier().fit(frame, CLASSES)
    other = replace(PLANTED, X=pd.DataFrame(PLANTED.X, columns=NAMES)[NAMES[::-1]])
    assert list(audited_sides(model, None, None, other).members.X) == NAMES


def test_a_path_is_read(tmp_path):
    path = PLANTED.save(tmp_path)
    assert len(audited_sides(MODEL, None, None, path).canaries) == 100
    assert len(audited_sides(MODEL, None, None, str(tmp_path)).canaries) == 100
    assert isinstance(PLANTED, CanarySet)
