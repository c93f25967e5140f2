"""What people bring to `audit`, most of it wrong."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from mlleaks import InputError, ModelError, audit
from tests.synthetic import skipped_by_default

N, WIDTH, CLASSES = 60, 4, 3
COLUMNS = list("abcd")


def records(seed, n=N, width=WIDTH):
    return np.random.default_rng(seed).normal(size=(n, width))


def labels(seed, n=N):
    return np.random.default_rng(seed).permutation(np.arange(n) % CLASSES)


MEMBERS, NONMEMBERS, SHADOW = ((records(seed), labels(seed)) for seed in (1, 2, 3))
NAMES = np.array(["cat", "dog", "eel"])


@cache
def tree():
    return DecisionTreeClassifier(random_state=0).fit(*MEMBERS)


class Plain:
    """A model of one's own: no classes_, cannot be cloned."""

    def __init__(self, answer=None):
        self.answer = answer or (lambda X: np.full((len(X), CLASSES), 1 / CLASSES))

    def predict_proba(self, X):
        return self.answer(X)


def frame(seed, n=N):
    return pd.DataFrame(records(seed, n), columns=COLUMNS)


def run(model=None, members=MEMBERS, nonmembers=NONMEMBERS, **options):
    return audit(model or tree(), members=members, nonmembers=nonmembers, **options)


def test_arrays_are_audited():
    result = run().result
    assert (result.n_members, result.n_nonmembers) == (N, N)
    assert result.ids[0] == "members[0]"


def test_records_without_labels_are_audited():
    result = run(members=MEMBERS[0], nonmembers=NONMEMBERS[0]).result
    assert result.labels is None
    assert "gap" in result.skipped


def test_ids_are_kept():
    ids = np.array([f"patient {i}" for i in range(N)])
    result = run(members=(*MEMBERS, ids)).result
    assert result.ids[0] == "patient 0"
    assert result.ids[N] == "nonmembers[0]"


def test_lists_are_arrays():
    result = run(members=(MEMBERS[0].tolist(), MEMBERS[1].tolist())).result
    np.testing.assert_array_equal(result.labels[:N], MEMBERS[1])


@pytest.mark.parametrize(
    ("member_form", "nonmember_form"),
    [
        (sparse.csr_matrix, sparse.csr_matrix),
        (sparse.csc_array, sparse.coo_array),
        (sparse.csr_matrix, sparse.csr_array),
    ],
)
def test_sparse_rows_say_the_same_as_dense_ones(member_form, nonmember_form):
    sides = (member_form(MEMBERS[0]), MEMBERS[1]), (nonmember_form(NONMEMBERS[0]), NONMEMBERS[1])
    for dense, rows in zip(run().verdicts, run(None, *sides).verdicts, strict=True):
        np.testing.assert_array_equal(dense.scores, rows.scores)


def test_a_table_with_text_goes_through_a_pipeline():
    colors = np.array(["red", "green", "blue"])

    def side(seed):
        y = labels(seed)
        return pd.DataFrame({"n": records(seed)[:, 0], "w": colors[labels(seed + 9)]}), NAMES[y]

    encode = make_column_transformer((OneHotEncoder(), ["w"]), remainder="passthrough")
    model = make_pipeline(encode, DecisionTreeClassifier()).fit(*side(1))
    report = run(model, side(1), side(2), shadow=side(3))
    assert report.result.class_names == tuple(NAMES)
    assert report.result.skipped.keys() == skipped_by_default()


def test_a_vectorizer_without_its_column_is_explained():
    texts = [pd.DataFrame({"text": [f"word{i} {side}" for i in range(N)]}) for side in ("mine", "theirs")]
    y, classifier = np.arange(N) % 2, LogisticRegression()
    plain = make_pipeline(TfidfVectorizer(), classifier).fit(texts[0]["text"], y)
    with pytest.raises(ModelError, match=r"shape \(1, 2\) to 2 records .*ColumnTransformer\(\[\(\"text\""):
        run(plain, (texts[0], y), (texts[1], y))
    by_column = make_pipeline(make_column_transformer((TfidfVectorizer(), "text")), classifier)
    assert run(by_column.fit(texts[0], y), (texts[0], y), (texts[1], y)).result.n_members == N


def test_columns_in_another_order_are_put_right():
    model = DecisionTreeClassifier(random_state=0).fit(frame(1), MEMBERS[1])
    straight = run(model, (frame(1), MEMBERS[1]), (frame(2), NONMEMBERS[1]))
    crossed = run(model, (frame(1), MEMBERS[1]), (frame(2)[COLUMNS[::-1]], NONMEMBERS[1]))
    np.testing.assert_array_equal(straight.verdicts[0].scores, crossed.verdicts[0].scores)


def test_members_in_another_order_than_the_model_was_trained_with_are_put_right():
    model = DecisionTreeClassifier(random_state=0).fit(frame(1), MEMBERS[1])
    report = run(model, (frame(1)[COLUMNS[::-1]], MEMBERS[1]), (frame(2), NONMEMBERS[1]))
    assert report.result.target["train_accuracy"].value == 1


@pytest.mark.parametrize("side", ["nonmembers", "shadow"])
def test_other_columns_are_named(side):
    model = DecisionTreeClassifier().fit(frame(1), MEMBERS[1])
    sides = {"nonmembers": (frame(2), NONMEMBERS[1]), "shadow": (frame(3), SHADOW[1])}
    sides[side] = (sides[side][0].rename(columns={"d": "e"}), sides[side][1])
    with pytest.raises(InputError, match="members and .* that differ in the columns d, e"):
        run(model, (frame(1), MEMBERS[1]), **sides)


def test_a_column_that_stands_twice_is_refused():
    twice = frame(1)
    twice.columns = ["a", "b", "c", "c"]
    with pytest.raises((InputError, ModelError), match="c"):
        run(Plain(), twice, twice[::-1].reset_index(drop=True) + 1)


@pytest.mark.parametrize(
    "nonmembers",
    [records(2, width=5), frame(2), sparse.csr_array(records(2)), records(2).reshape(N, 2, 2)],
    ids=["wider", "frame", "sparse", "deeper"],
)
def test_other_shapes_and_kinds_are_refused(nonmembers):
    with pytest.raises(InputError, match=r"members as ndarray with rows of shape \(4,\), nonmembers as"):
        run(nonmembers=(nonmembers, NONMEMBERS[1]))


def with_copies(count):
    return np.vstack([NONMEMBERS[0], MEMBERS[0][:count]]), np.concatenate([NONMEMBERS[1], MEMBERS[1][:count]])


def test_copies_of_members_are_refused_with_their_count():
    with pytest.raises(InputError, match=r"7 non-members .*first: nonmembers\[60\].*--drop-overlap"):
        run(nonmembers=with_copies(7))


def test_copies_of_members_are_dropped_and_noted():
    report = run(nonmembers=tuple(side[7:] for side in with_copies(7)), drop_overlap=True)
    assert (report.result.n_members, report.result.n_nonmembers) == (N - 7, N - 7)
    assert any(note.startswith("7 members and 7 non-members") for note in report.warnings)


def test_sides_are_cut_to_one_size_before_copies_are_dropped():
    report = run(nonmembers=with_copies(7), drop_overlap=True)
    assert report.result.n_members == report.result.n_nonmembers >= N - 7
    assert f"{N} of the nonmembers were chosen at random, as many as the other side has." in report.warnings


def test_dropping_copies_from_sides_of_different_sizes_makes_no_leak():
    class Untrained:
        def predict_proba(self, X):
            p = 1 / (1 + np.exp(-X.sum(axis=1) / 2))
            return np.column_stack([p, 1 - p])

    rng, aucs = np.random.default_rng(0), []
    for _ in range(4):
        members, nonmembers = (np.where(rng.random((n, 14)) < 0.8, 1.0, -1.0) for n in (2000, 400))
        report = audit(Untrained(), members=members, nonmembers=nonmembers, drop_overlap=True)
        aucs.append(report.verdict("adversary-3-entropy").estimates["auc"].value)
    assert np.mean(aucs) == pytest.approx(0.5, abs=0.03)  # 0.42 or 0.58 if the sizes stayed as they are


def test_too_few_may_be_left_without_copies():
    copies, own = with_copies(N), slice(N - 10, None)
    with pytest.raises(InputError, match=r"got \d+ members that do not stand on both sides"):
        run(nonmembers=tuple(side[own] for side in copies), drop_overlap=True)


def test_a_copy_with_another_label_is_no_copy():
    X, y = with_copies(7)
    assert run(nonmembers=(X, (y + (np.arange(len(y)) >= N)) % CLASSES)).result.n_nonmembers == N + 7


def test_copies_without_labels_are_found_too():
    with pytest.raises(InputError, match="7 non-members"):
        run(members=MEMBERS[0], nonmembers=with_copies(7)[0])


@pytest.mark.parametrize("side", ["members", "nonmembers"])
def test_fewer_than_twenty_are_refused(side):
    with pytest.raises(InputError, match=f"got 19 {side}; expected at least 20"):
        run(**{side: (records(5, 19), labels(5, 19))})


def test_twenty_are_enough():
    assert run(nonmembers=(records(5, 20), labels(5, 20))).result.n_nonmembers == 20


@pytest.mark.parametrize("side", ["members", "nonmembers"])
def test_labels_on_one_side_are_refused(side):
    with pytest.raises(InputError, match=r"labels on one side only.*Pass \(X, y\) for both"):
        run(**{side: (MEMBERS if side == "members" else NONMEMBERS)[0]})


@pytest.mark.parametrize("side", ["members", "nonmembers"])
@pytest.mark.parametrize("bad", [3, -1, 0.5, np.nan, "cat", None])
def test_a_label_that_the_model_does_not_know_is_refused(side, bad):
    X, y = MEMBERS if side == "members" else NONMEMBERS
    y = np.array([*y[:-1], bad], dtype=object)
    for model in (tree(), Plain()):
        with pytest.raises(InputError, match=rf"label .* among the {side} \(1 such records\)"):
            run(model, **{side: (X, y)})


def test_names_of_classes_need_a_model_that_knows_them():
    named = (MEMBERS[0], NAMES[MEMBERS[1]]), (NONMEMBERS[0], NAMES[NONMEMBERS[1]])
    with pytest.raises(InputError, match=r"label .*60 such records.*without classes_ numbers them from 0"):
        run(Plain(), *named)
    model = DecisionTreeClassifier().fit(*named[0])
    assert run(model, *named).result.class_names == tuple(NAMES)


def test_classes_in_another_order_are_followed():
    class Turned(Plain):
        classes_ = NAMES[::-1]

    model = Turned(lambda X: np.tile([0.8, 0.1, 0.1], (len(X), 1)))
    result = run(model, (MEMBERS[0], np.full(N, "eel")), (NONMEMBERS[0], np.full(N, "cat"))).result
    assert result.class_names == ("eel", "dog", "cat")
    assert result.target["train_accuracy"].value == 1
    assert result.target["test_accuracy"].value == 0


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda X: np.ones(len(X)), r"answers of shape \(2,\) to 2 records"),
        (lambda X: np.ones((len(X), 1)), r"answers of shape \(2, 1\).*both p and 1 - p"),
        (lambda X: np.ones((len(X) + 1, 3)) / 3, r"answers of shape \(3, 3\) to 2 records"),
        (lambda X: np.ones((len(X), 3, 1)) / 3, r"answers of shape \(2, 3, 1\)"),
        (lambda X: None, r"answers of shape \(\)"),
        (lambda X: [["a", "b"]] * len(X), "not numbers"),
        (lambda X: np.full((len(X), 3), np.nan), "nan or infinite answers"),
        (lambda X: np.full((len(X), 3), 5.0), "answers that sum to 15.*from_logits"),
        (lambda X: np.tile([2.0, -0.5, -0.5], (len(X), 1)), "negative answers.*from_logits"),
        (lambda X: 1 / 0, r"ZeroDivisionError from predict_proba.*ndarray with rows of shape \(4,\)"),
    ],
)
def test_answers_that_are_no_posteriors_are_refused(answer, says):
    with pytest.raises((ModelError, InputError), match=says):
        run(Plain(answer))


def test_answers_that_change_their_width_are_refused():
    model = Plain(lambda X: np.full((len(X), 3 if len(X) == 2 else 4), 1 / (3 if len(X) == 2 else 4)))
    with pytest.raises(ModelError, match="answers with 4 columns; expected one for each of the 3 classes"):
        run(model)


def test_other_columns_than_classes_are_refused():
    model = Plain()
    model.classes_ = NAMES[:2]
    with pytest.raises(ModelError, match="3 columns from a model that names 2 classes"):
        run(model)


def test_logits_become_posteriors():
    logits = Plain(lambda X: 9 * X[:, :3])
    with pytest.raises(InputError, match="from_logits=True"):
        run(logits)
    assert run(logits, from_logits=True).result.provenance["settings"]["from_logits"]


def test_logits_of_a_shadow_become_posteriors_too():
    def train(data, rng):
        return Plain(lambda X: 9 * X[:, :3])

    report = run(train(None, None), shadow=SHADOW, trainer=train, from_logits=True)
    assert "adversary-1" not in report.result.skipped


def test_a_shadow_without_labels_is_refused():
    with pytest.raises(InputError, match="shadow data without labels.*--label COLUMN"):
        run(shadow=SHADOW[0])


def test_a_shadow_of_one_class_is_refused():
    with pytest.raises(InputError, match="shadow data of one class only"):
        run(shadow=(SHADOW[0], np.zeros(N, int)))


def test_a_shadow_of_too_few_is_refused():
    with pytest.raises(InputError, match="19 records in each half of the shadow data"):
        run(shadow=(records(3, 39), labels(3, 39)))


def test_a_half_of_the_shadow_without_a_second_class_is_explained():
    y = np.r_[1, np.zeros(N - 1, int)]
    model = LogisticRegression().fit(*MEMBERS)
    for seed in range(4):
        try:
            run(model, shadow=(SHADOW[0], y), seed=seed)
        except ModelError as error:
            assert "while training LogisticRegression" in str(error)  # noqa: PT017
            break
    else:
        pytest.fail("the one record never fell into the other half")


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize(("evaluated", "other_class"), [(MEMBERS, 0), (NONMEMBERS, 0), (MEMBERS, 1)])
def test_a_shadow_does_not_learn_from_evaluated_records(labelled, evaluated, other_class):
    X = np.vstack([evaluated[0][:5], SHADOW[0]])
    y = np.concatenate([(evaluated[1][:5] + other_class) % CLASSES, SHADOW[1]])
    sides = {} if labelled else {"members": MEMBERS[0], "nonmembers": NONMEMBERS[0]}
    clean, mixed = run(shadow=SHADOW, **sides), run(shadow=(X, y), **sides)
    pd.testing.assert_frame_equal(clean.to_frame(), mixed.to_frame())
    assert mixed.result.provenance["settings"]["shadow records"] == N
    assert any(note.startswith("5 shadow records that are also members") for note in mixed.warnings)


def test_a_shadow_of_evaluated_records_is_refused():
    with pytest.raises(
        InputError, match=r"0 records in each half of the shadow data \(60 shadow records that"
    ):
        run(shadow=MEMBERS)


def test_a_shadow_of_one_record_over_and_over_is_refused():
    with pytest.raises(
        InputError, match=r"got 0 records in each half of the shadow data \(59 shadow records"
    ):
        run(shadow=(np.tile(SHADOW[0][:1], (N, 1)), np.zeros(N, int)))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "no members; expected records that the model was trained on"),
        ("members.csv", r"members of shape \(\)"),
        ([], "members of shape"),
        (np.ones(30), r"members of shape \(30,\)"),
        (np.empty((0, 4)), r"members of shape \(0, 4\)"),
        ((MEMBERS[0], MEMBERS[1][:-1]), r"60 members with labels of shape \(59,\)"),
        ((MEMBERS[0], MEMBERS[1][:, None]), r"labels of shape \(60, 1\)"),
        ((*MEMBERS, np.arange(59)), r"ids of \(59,\)"),
        ((*MEMBERS, np.arange(60), "one too many"), "members"),
        (list(MEMBERS), "members"),
        ([[1.0, 2.0], [3.0]] * 20, "members"),
    ],
)
def test_what_is_no_pair_of_records_and_labels_is_refused(value, says):
    with pytest.raises(InputError, match=says):
        run(members=value)


def test_text_in_arrays_is_refused_before_a_shadow_is_trained():
    def train(data, rng):
        pytest.fail("trained a shadow before the records were checked")

    texts = [[[NAMES[i % 3], f"{i} of {seed}"] for i in range(N)] for seed in (1, 2, 3)]
    sides = [(np.array(X, dtype=object), labels(0)) for X in texts]
    with pytest.raises(InputError, match="records of dtype object.*DataFrame"):
        run(Plain(), sides[0], sides[1], shadow=sides[2], trainer=train)


def holes(seed, column, value):
    return frame(seed).assign(**{column: value})


@pytest.mark.parametrize("value", [np.nan, None, np.inf, pd.NaT], ids=str)
def test_a_column_without_any_value_is_audited_or_refused(value):
    sides = [(holes(seed, "d", value), labels(seed)) for seed in (1, 2)]
    try:
        assert run(Plain(), *sides).result.n_members == N
    except InputError as error:
        assert "'d'" in str(error)  # noqa: PT017


def test_missing_numbers_are_no_reason_to_ask_only_missing_ones():
    queries = []

    def answer(X):
        queries.append(X)
        return np.full((len(X), CLASSES), 1 / CLASSES)

    X = MEMBERS[0].copy()
    X[0] = np.nan
    run(Plain(answer), (X, MEMBERS[1]))
    assert not np.isnan(queries[-1]).all()


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "category", "datetime64[ns]", "string", "uint8"])
def test_columns_of_every_kind_can_be_drawn_at_random(dtype):
    queries = []

    def answer(X):
        queries.append(X)
        return np.full((len(X), CLASSES), 1 / CLASSES)

    sides = [
        (frame(seed).assign(d=pd.Series(labels(seed) % 2).astype(dtype)), labels(seed)) for seed in (1, 2)
    ]
    run(Plain(answer), *sides)
    assert queries[-1]["d"].dtype == sides[0][0]["d"].dtype


@pytest.mark.parametrize("labelled", [True, False])
def test_a_record_counts_once_on_its_side(labelled):
    sides = (MEMBERS, NONMEMBERS) if labelled else (MEMBERS[:1], NONMEMBERS[:1])
    repeated = [tuple(np.concatenate([part, part[:7], part[:7]]) for part in side) for side in sides]
    once, often = run(None, *sides), run(None, *repeated)
    pd.testing.assert_frame_equal(once.to_frame(), often.to_frame())
    assert "14 members that repeat another were skipped." in often.warnings
    assert "14 nonmembers that repeat another were skipped." in often.warnings


def test_a_record_in_two_classes_is_two_records():
    members = np.concatenate([MEMBERS[0]] * 2), np.concatenate([MEMBERS[1], (MEMBERS[1] + 1) % CLASSES])
    assert run(members=members).result.n_members == 2 * N


@pytest.mark.parametrize("side", ["members", "nonmembers"])
def test_few_records_many_times_are_few(side):
    X, y = MEMBERS if side == "members" else NONMEMBERS
    with pytest.raises(InputError, match=f"got 19 {side} that differ from each other"):
        run(**{side: (np.tile(X[:19], (10, 1)), np.tile(y[:19], 10))})


def test_a_copy_stored_less_exactly_is_a_copy():
    with pytest.raises(InputError, match="7 non-members that are identical to members"):
        run(nonmembers=(with_copies(7)[0].astype(np.float32), with_copies(7)[1]))


def test_what_was_passed_is_left_as_it_was():
    members = frame(1), MEMBERS[1].copy()
    before = members[0].copy()
    run(Plain(), members, (frame(2), NONMEMBERS[1]))
    pd.testing.assert_frame_equal(members[0], before)
    np.testing.assert_array_equal(members[1], MEMBERS[1])
