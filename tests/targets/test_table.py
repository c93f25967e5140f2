"""Saved posteriors: what is read from a table, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlleaks import InputError, audit_posteriors
from mlleaks.attacks.needs import Population
from mlleaks.targets import read_answers, read_random_queries
from tests.synthetic import skipped_by_default


def table(n=6, k=3, **columns):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(k), size=n)
    frame = pd.DataFrame(p, columns=[f"p_{i}" for i in range(k)])
    frame.insert(0, "record_id", np.arange(n) + 100)
    frame.insert(1, "member", np.arange(n) % 2 == 0)
    frame.insert(2, "label", np.arange(n) % k)
    return frame.assign(**columns)


def as_arrays(frame):
    p = [name for name in frame if name.startswith("p_")]
    return {name: frame[name].to_numpy() for name in frame if name not in p} | {
        "posteriors": frame[p].to_numpy()
    }


def shuffled(frame, seed=1):
    return frame.sample(frac=1, random_state=seed)


def test_frame_and_arrays_say_the_same():
    a, b = read_answers(table()).target, read_answers(as_arrays(table())).target
    np.testing.assert_array_equal(a.outputs.posteriors, b.outputs.posteriors)
    np.testing.assert_array_equal(a.member, b.member)
    np.testing.assert_array_equal(a.outputs.labels, b.outputs.labels)
    np.testing.assert_array_equal(a.ids, b.ids)


def test_columns_may_come_in_any_order():
    frame = table()
    observations = read_answers(frame[frame.columns[::-1]]).target
    np.testing.assert_array_equal(observations.outputs.posteriors, frame[["p_0", "p_1", "p_2"]])


def test_ten_classes_are_ordered_by_number_not_by_letter():
    frame = table(k=12)
    observations = read_answers(frame[sorted(frame.columns)]).target
    np.testing.assert_array_equal(observations.outputs.posteriors, frame[[f"p_{i}" for i in range(12)]])


def test_ids_that_no_text_joins_are_joined_as_numbers():
    frame = table().assign(record_id=[f"{i}.0" for i in range(6)])
    who = frame[["member", "label"]].assign(record_id=np.arange(6))[::-1]
    answers = frame.drop(columns=["member", "label"])
    observations = read_answers(answers, membership=who).target
    np.testing.assert_array_equal(observations.member, frame["member"])
    with pytest.raises(InputError, match=r"2 records without membership \(first: 0.0\)"):
        read_answers(answers, membership=who[:4])


@pytest.mark.parametrize("ids", [["007", "7"], ["x", "8"], [str(2**53), str(2**53 + 1)]])
def test_ids_that_are_not_one_number_each_are_not_joined_as_numbers(ids):
    frame = table(n=2).assign(record_id=[f"{i}.0" for i in ids])
    who = frame[["member"]].assign(record_id=ids)
    with pytest.raises(InputError, match="2 records without membership"):
        read_answers(frame.drop(columns="member"), membership=who)


def test_membership_is_joined_by_id_and_not_by_position():
    frame = table()
    who = shuffled(frame[["record_id", "member", "label"]])
    observations = read_answers(frame.drop(columns=["member", "label"]), membership=who).target
    np.testing.assert_array_equal(observations.member, frame["member"])
    np.testing.assert_array_equal(observations.outputs.labels, frame["label"])


def test_membership_may_name_more_records_than_were_queried():
    frame = table()
    observations = read_answers(frame[2:].drop(columns="member"), membership=frame).target
    assert observations.ids.tolist() == [102, 103, 104, 105]


def test_labels_are_optional():
    assert read_answers(table().drop(columns="label")).target.outputs.labels is None


@pytest.mark.parametrize(
    "membership",
    [
        [1, 0, 1, 0, 1, 0],
        [1.0, 0.0, 1.0, 0.0, 1.0, 0.0],
        ["true", "False", "TRUE", " false ", "1", "0"],
        np.array([True, False, True, False, True, False], dtype=object),
    ],
)
def test_membership_may_be_written_in_many_ways(membership):
    assert read_answers(table(member=membership)).target.member.tolist() == [True, False] * 3


@pytest.mark.parametrize("word", ["yes", "", None, np.nan, 2, -1, 0.5])
def test_any_other_word_for_membership_is_refused(word):
    with pytest.raises(InputError, match="member = .*expected true or false"):
        read_answers(table(member=pd.Series([1, 0, 1, 0, 1, word], dtype=object)))


@pytest.mark.parametrize("name", ["record_id", "member"])
def test_a_missing_column_is_named(name):
    with pytest.raises(InputError, match=f"no column '{name}' in the table of posteriors"):
        read_answers(table().drop(columns=name))


def test_a_gap_in_the_classes_is_named():
    with pytest.raises(InputError, match=r"no column 'p_1'.*without gaps"):
        read_answers(table().drop(columns="p_1"))


def test_one_column_of_a_binary_model_is_not_enough():
    with pytest.raises(InputError, match="no column 'p_1'.*for a binary model write both"):
        read_answers(table(k=2).drop(columns="p_1"))


@pytest.mark.parametrize("bad", [3, -1, 0.5, np.nan, "cat"])
def test_a_label_without_a_column_is_refused_with_its_count(bad):
    with pytest.raises(InputError, match=r"label .*\(1 such rows\).*in 0\.\.2"):
        read_answers(table(label=pd.Series([0, 1, 2, 0, 1, bad], dtype=object)))


def test_an_id_that_stands_twice_is_refused():
    with pytest.raises(InputError, match=r"1 record_ids that stand more than once \(first: 100\)"):
        read_answers(table(record_id=[100, 100, 102, 103, 104, 105]))


def test_an_id_that_stands_twice_in_the_membership_is_refused():
    who = pd.concat([table()[["record_id", "member"]]] * 2)
    with pytest.raises(InputError, match="6 record_ids that stand more than once"):
        read_answers(table().drop(columns="member"), membership=who)


def test_a_record_without_membership_is_refused():
    with pytest.raises(InputError, match=r"2 records without membership \(first: 104\)"):
        read_answers(table().drop(columns="member"), membership=table()[:4])


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([np.nan] * 6, "nan or infinite"),
        ([np.inf] * 6, "nan or infinite"),
        ([-0.5] * 6, "negative.*--from-logits"),
        ([3.0] * 6, "sum to .*within 0.01"),
        (["a"] * 6, "not numbers"),
    ],
)
def test_values_that_are_no_posteriors_are_refused(values, says):
    with pytest.raises(InputError, match=says):
        read_answers(table(p_0=values))


def test_logits_become_posteriors():
    frame = table(p_0=[-5.0] * 6, p_1=[2.0] * 6, p_2=[2.0] * 6)
    observations = read_answers(frame, from_logits=True).target
    np.testing.assert_allclose(observations.outputs.posteriors.sum(axis=1), 1)
    assert observations.outputs.posteriors[0, 1] == pytest.approx(0.5, abs=0.01)


def test_other_models_are_shadows_with_their_own_membership():
    both = pd.concat([table(model_id="target"), table(model_id="s", member=np.arange(6) % 2 == 1)])
    answers = read_answers(shuffled(both))
    assert len(answers.target) == len(answers.shadows["s"]) == 6
    target, shadow = (
        dict(zip(model.ids, model.member, strict=True)) for model in (answers.target, answers.shadows["s"])
    )
    assert target[100]
    assert not shadow[100]


def test_every_model_of_a_table_stays_a_model_of_its_own():
    names = ("target", "s", "another")
    answers = read_answers(shuffled(pd.concat([table(model_id=name) for name in names])))
    assert set(answers.shadows) == {"s", "another"}
    for shadow in answers.shadows.values():
        assert sorted(shadow.ids) == sorted(answers.target.ids)


def test_the_only_model_is_the_target_whatever_it_is_called():
    assert read_answers(table(model_id=7)).shadows == {}


def test_the_target_may_be_named_by_a_number():
    both = pd.concat([table(model_id=0), table(model_id=1)])
    assert all(len(read_answers(both, target=name).target) == 6 for name in ("1", 1, 0))


def test_a_target_that_is_not_there_is_refused_with_those_that_are():
    both = pd.concat([table(model_id="a"), table(model_id="b")])
    with pytest.raises(InputError, match=r"model ids a, b; expected 'target'.*--target-id"):
        read_answers(both)


def test_a_target_id_without_the_column_is_refused_and_not_ignored():
    with pytest.raises(InputError, match="model_id"):
        read_answers(table(), target="mine")


def test_the_membership_table_leaves_the_shadows_own_membership_alone():
    own = np.array([False, False, False, True, True, True])
    both = pd.concat([table(model_id="target"), table(model_id="s", member=own)], ignore_index=True)
    answers = read_answers(both, membership=table()[["record_id", "member"]])
    np.testing.assert_array_equal(answers.shadows["s"].member, own)


@pytest.mark.parametrize(
    "change",
    [
        {"member": np.array([True, False])},
        {"label": np.array([0, 1])},
        {"label": np.zeros((6, 2))},
        {"label": np.array(1)},
        {"member": np.zeros((6, 2))},
        {"member": np.zeros((6, 2), bool)},
        {"member": np.array(True)},
        {"record_id": np.arange(7)},
        {"record_id": np.array(3)},
        {"record_id": np.zeros((6, 2))},
        {"model_id": np.array(["a", "b"])},
        {"model_id": np.array("a")},
        {"posteriors": np.ones(6)},
        {"posteriors": np.ones((6, 3, 1)) / 3},
        {"posteriors": np.ones((5, 3)) / 3},
        {"posteriors": np.array(0.5)},
    ],
    ids=lambda change: "-".join(f"{name}{value.shape}" for name, value in change.items()),
)
def test_arrays_of_other_shapes_are_refused(change):
    with pytest.raises(InputError, match="got .*expected"):
        read_answers(as_arrays(table()) | change)


def test_columns_of_other_lengths_are_refused():
    arrays = {name: column.to_numpy() for name, column in table().items()}
    with pytest.raises(InputError, match="got .*expected"):
        read_answers(arrays | {"p_1": np.ones(4)})


def test_a_membership_of_uneven_arrays_is_refused():
    with pytest.raises(InputError, match="got .*expected"):
        read_answers(table(), membership={"record_id": np.arange(100, 106), "member": np.ones(4)})


def test_random_queries_have_as_many_columns_as_the_target():
    assert len(read_random_queries(table()[["p_0", "p_1", "p_2"]], n_classes=3)) == 6
    with pytest.raises(InputError, match="with 2 columns; expected 3"):
        read_random_queries(table(k=2), n_classes=3)


def test_answers_to_random_queries_are_checked_like_posteriors():
    with pytest.raises(InputError, match="answers to random queries that sum to"):
        read_random_queries({"posteriors": np.ones((4, 3))}, n_classes=3)


@pytest.mark.parametrize("members", [19, 0, 60])
def test_too_few_on_a_side_are_refused(members):
    frame = table(60, member=np.arange(60) < members)
    with pytest.raises(InputError, match=r"got \d+ (non-)?members; expected at least 20"):
        audit_posteriors(frame)


def test_too_few_shadow_records_are_refused():
    frame = pd.concat([table(60, model_id="target"), table(30, model_id="s", record_id=np.arange(30))])
    with pytest.raises(InputError, match=r"got 15 .*expected at least 20"):
        audit_posteriors(frame)


def with_shadow(ids, **columns):
    shadow = table(len(ids), model_id="s", record_id=ids, **columns)
    return pd.concat([table(60, model_id="target"), shadow], ignore_index=True)


def test_shadow_rows_of_evaluated_records_train_no_attack():
    report = audit_posteriors(with_shadow(np.arange(60) + 100))
    assert {"adversary-1", "shokri"} <= report.result.skipped.keys()
    assert "records that the target is evaluated on" in report.result.skipped["shokri"]
    assert any(note.startswith("60 of 60 rows of shadow models") for note in report.warnings)


def test_shadow_rows_of_evaluated_records_change_nothing_beside_other_rows():
    fresh, mixed = with_shadow(np.arange(60)), with_shadow([*range(60), *range(100, 130)])
    mixed.iloc[60:120] = fresh.iloc[60:120]
    a, b = audit_posteriors(fresh), audit_posteriors(mixed)
    pd.testing.assert_frame_equal(a.to_frame(), b.to_frame())
    assert a.result.skipped.keys() == skipped_by_default(Population)
    assert any(note.startswith("30 of 90 rows of shadow models") for note in b.warnings)


def test_the_same_id_as_a_number_and_as_text_is_one_record():
    mixed = with_shadow([str(i) for i in range(100, 160)])
    assert "shokri" in audit_posteriors(mixed).result.skipped


def test_membership_is_joined_whether_ids_are_numbers_or_text():
    frame = table()
    who = shuffled(frame[["record_id", "member"]]).astype({"record_id": str})
    observations = read_answers(frame.drop(columns="member"), membership=who).target
    np.testing.assert_array_equal(observations.member, frame["member"])


@pytest.mark.parametrize("name", ["record_id", "model_id"])
@pytest.mark.parametrize("empty", ["", " ", None, np.nan, pd.NA])
def test_ids_that_are_empty_are_refused(name, empty):
    values = pd.Series(["a", "b", "c", "d", "e", empty], dtype=object)
    with pytest.raises(InputError, match=rf"1 rows without {name} \(first: row 5\)"):
        read_answers(table(**{name: values}))


def test_a_column_that_stands_twice_is_refused():
    frame = table()
    with pytest.raises(InputError, match="the table of posteriors with the column 'member' more than once"):
        read_answers(pd.concat([frame, frame[["member"]]], axis=1))


def test_a_column_of_vectors_holds_the_posteriors():
    frame = table()
    p = frame[["p_0", "p_1", "p_2"]].to_numpy()
    vectors = frame[["record_id", "member"]].assign(posteriors=list(p))
    np.testing.assert_array_equal(read_answers(vectors).target.outputs.posteriors, p)
    vectors["posteriors"] = [row[: 2 + i % 2] for i, row in enumerate(p)]
    with pytest.raises(InputError, match="rows of different lengths"):
        read_answers(vectors)


def test_posteriors_in_two_forms_are_refused():
    with pytest.raises(InputError, match="both 'p_0' and 'posteriors'"):
        read_answers(table().assign(posteriors=list(np.full((6, 3), 1 / 3))))
