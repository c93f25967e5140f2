"""The blind check: it finds planted shifts of every kind, and is quiet where membership is random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.stats import binom

from mlleaks.auditing.blind_check import blind_check, records_in
from mlleaks.auditing.overlap_weights import overlap_weights
from mlleaks.auditing.progressive import BLOCK_SIZE, BLOCKS, blocks_of
from mlleaks.datasets import load_dataset
from mlleaks.types import Dataset, MemberSplit

N = 150
WORDS = np.array(["river", "stone", "cloud", "bread", "glass", "music", "paper", "table", "green", "seven"])


def split_of(X, y=None, n=N):
    """The first ``n`` records are members, the others are not."""
    total = X.shape[0]
    y = np.zeros(total, dtype=int) if y is None else y
    data = Dataset("made", X, y, int(y.max()) + 1, np.array([f"r{i}" for i in range(total)]))
    return MemberSplit(data.take(np.arange(n)), data.take(np.arange(n, total)))


def check(split, seed=0, **options):
    return blind_check(split, np.random.default_rng(seed), **options)


def numbers(rng, shift):
    X = rng.normal(size=(2 * N, 4))
    X[:N, 2] += shift
    return split_of(X)


def spreads(rng, shift):
    X = rng.normal(size=(2 * N, 4))
    X[:N, 2] *= 1 + shift
    return split_of(X)


def categories(rng, shift):
    city = np.where(rng.random(2 * N) < 0.2 + 0.3 * shift * (np.arange(2 * N) < N), "Rome", "Oslo")
    return split_of(pd.DataFrame({"age": rng.integers(20, 60, size=2 * N), "city": city}))


def missing_values(rng, shift):
    income = rng.normal(size=2 * N)
    income[rng.random(2 * N) < 0.1 + 0.3 * shift * (np.arange(2 * N) < N)] = np.nan
    return split_of(pd.DataFrame({"age": rng.integers(20, 60, size=2 * N), "income": income}))


def texts(rng, shift):
    chances = np.full((2 * N, len(WORDS)), 1.0)
    chances[:N, :2] += 2 * shift
    rows = [" ".join(rng.choice(WORDS, size=12, p=row / row.sum())) for row in chances]
    return split_of(pd.DataFrame({"note": rows}))


def images(rng, shift):
    X = rng.integers(0, 200, size=(2 * N, 10, 10, 3))
    X[:N, :5, :5, 1] += int(20 * shift)
    return split_of(X.astype(np.uint8))


def sparse_rows(rng, shift):
    chances = np.full((2 * N, 60), 0.1)
    chances[:N, 7] += 0.3 * shift
    return split_of(sparse.csr_array((rng.random((2 * N, 60)) < chances).astype(float)))


def classes(rng, shift):
    X = rng.normal(size=(2 * N, 3))
    return split_of(X, (rng.random(2 * N) < 0.3 + 0.25 * shift * (np.arange(2 * N) < N)).astype(int))


KINDS = {
    numbers: "2",
    spreads: "2",
    categories: "city",
    missing_values: "income",
    texts: "word 'river' in note|word 'stone' in note",
    images: "grid .* of channel 1|.*channel 1",
    sparse_rows: "7",
    classes: "class label",
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_planted_shift_is_found_and_named(kind):
    result = check(kind(np.random.default_rng(1), 1.0))
    assert result.why_not is None
    assert result.differs
    assert result.auc.low > 0.5
    assert pd.Series([result.features[0].feature]).str.fullmatch(KINDS[kind]).all()


def test_many_weak_shifts_are_found_by_the_classifier():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 40))
    X[:400] += 0.15
    result = check(split_of(X, n=400))
    assert result.p_values["classifier"] < 0.01
    assert result.auc.low > 0.55


def test_an_interaction_is_found_by_trees():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1600, 4))
    X[:800, 1] = np.abs(X[:800, 1]) * np.sign(X[:800, 0])
    result = check(split_of(X, n=800))
    assert result.p_values["features"] > 0.01
    assert result.p_values["classifier"] < 0.01


def exchangeable(seed):
    """Few records of mixed columns, many of them tied."""
    rng = np.random.default_rng([5, seed])
    n = 14
    X = pd.DataFrame(
        {
            "number": rng.normal(size=2 * n),
            "count": rng.poisson(1, size=2 * n),
            "kind": rng.choice(["a", "b", "c"], size=2 * n),
        }
    )
    return check(split_of(X, rng.integers(2, size=2 * n), n), seed=seed)


def test_random_membership_raises_an_alarm_in_at_most_5_percent():
    """More alarms than the bound are chance once in 10,000; three times the level nearly never passes."""
    runs = 300
    checks = [exchangeable(seed) for seed in range(runs)]
    most = int(binom.ppf(1 - 1e-4, runs, 0.05))
    assert binom.cdf(most, runs, 0.15) < 0.05
    assert sum(c.differs for c in checks) <= most
    for test in ("classifier", "features"):
        assert sum(c.p_values[test] <= 0.05 for c in checks) <= most
    assert 0.45 < np.mean([c.auc.value for c in checks]) < 0.55
    assert sum(c.auc.low <= 0.5 <= c.auc.high for c in checks) >= binom.ppf(1e-4, runs, 0.95)


def test_few_records_say_little():
    rng = np.random.default_rng(0)
    result = check(split_of(rng.normal(size=(40, 3)), n=20))
    assert result.why_not is None
    assert result.auc.high - result.auc.low > 0.4
    assert not result.differs


def comparable(result):
    """Return what must not depend on the order of rows; the AUCs of features as distances from 1/2."""
    features = [(f.feature, f.quantity, round(abs(f.auc - 0.5), 12), f.p_value) for f in result.features]
    same = result.duplicates
    pairs = [sorted(map(sorted, examples)) for examples in (same.examples, same.near_examples)]
    counts = [{same.members_across, same.nonmembers_across}, {same.within_members, same.within_nonmembers}]
    return replace(
        result, seconds=0, features=features, duplicates=(same.near_across, same.near_within, pairs, counts)
    )


@pytest.mark.parametrize("kind", [numbers, categories, texts, images, sparse_rows, classes])
def test_the_order_of_rows_changes_nothing_and_exchanged_sides_only_directions(kind):
    split = kind(np.random.default_rng(2), 0.5)
    plain = check(split)
    rng = np.random.default_rng(9)
    sides = [side.take(rng.permutation(len(side))) for side in (split.members, split.nonmembers)]
    assert replace(check(MemberSplit(*sides)), seconds=0) == replace(plain, seconds=0)
    exchanged = check(MemberSplit(split.nonmembers, split.members))
    assert comparable(exchanged) == comparable(plain)
    assert [f.auc for f in exchanged.features] == pytest.approx([1 - f.auc for f in plain.features])


def test_one_generator_gives_one_result_and_another_one_other_blocks():
    split = numbers(np.random.default_rng(2), 0.3)
    first, again, other = (replace(check(split, seed=seed), seconds=0) for seed in (0, 0, 1))
    assert first == again
    assert first.auc != other.auc


def test_records_on_both_sides_are_counted():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2 * N, 3))
    X[N : N + 4] = X[:4]
    X[10] = X[0]
    X[N + 20] = X[N + 19]
    same = check(split_of(X)).duplicates
    assert (same.members_across, same.nonmembers_across) == (5, 4)
    assert (same.within_members, same.within_nonmembers) == (1, 1)
    assert set(same.examples) <= {(f"r{i}", f"r{N + i}") for i in range(4)}
    assert len(same.examples) == 4


def nearly(rng, kind):
    if kind == "numbers":
        X = rng.normal(size=(2 * N, 8))
        X[N : N + 6] = X[:6] + 0.01 * rng.normal(size=(6, 8))
        return X
    if kind == "images":
        X = rng.integers(0, 255, size=(2 * N, 12, 12)).astype(float)
        X[N : N + 6] = X[:6] + 0.5 * rng.normal(size=(6, 12, 12))
        return X
    if kind == "sparse":
        X = sparse.random_array((2 * N, 400), density=0.1, rng=rng, format="csr").tolil()
        X[N : N + 6] = X[:6] * 1.01
        return sparse.csr_array(X)
    pairs = np.array([f"{a}{b}" for a in WORDS for b in WORDS])
    rows = [" ".join(rng.choice(pairs, size=rng.integers(10, 30))) for _ in range(2 * N)]
    rows[N : N + 6] = [f"{row}!" for row in rows[:6]]
    return pd.DataFrame({"note": rows})


@pytest.mark.parametrize("kind", ["numbers", "images", "sparse", "text"])
def test_near_duplicates_across_sides_are_found(kind):
    same = check(split_of(nearly(np.random.default_rng(3), kind))).duplicates
    assert same.members_across == 0
    assert same.compared == 2 * N
    assert (same.near_across, same.near_within) == (6, 0)
    assert same.near_p_value == pytest.approx((N / (2 * N - 1)) ** 6)
    assert set(same.near_examples) <= {(f"r{i}", f"r{N + i}") for i in range(6)}


def test_near_duplicates_that_are_common_everywhere_are_expected():
    rng = np.random.default_rng(0)
    same = check(split_of(rng.exponential(size=(1600, 2)), n=800)).duplicates
    assert min(same.near_across, same.near_within) > 30
    assert same.near_p_value > 0.01


def test_a_record_with_another_class_is_nearly_the_same():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(2 * N, 5)), np.arange(2 * N) % 2
    X[N], y[N] = X[0], 1 - y[0]
    same = check(split_of(X, y)).duplicates
    assert (same.members_across, same.near_across) == (0, 1)
    assert same.near_examples == (("r0", f"r{N}"),)


def test_large_data_are_sampled_within_the_time():
    rng = np.random.default_rng(0)
    split = split_of(rng.normal(size=(40_000, 30)).astype(np.float32), n=10_000)
    assert records_in(split, most=5000, seconds=0.2) < 1000
    result = check(split, seconds=0.2)
    assert result.n_members == result.n_nonmembers == records_in(split, most=5000, seconds=0.2)
    assert "of 10,000 members" in result.notes[0]
    assert result.seconds < 10  # a busy machine takes several times as long
    assert check(split, most=50).n_members == 50


def test_sides_of_different_sizes():
    rng = np.random.default_rng(2)
    alarms = [check(split_of(rng.normal(size=(1040, 3)), n=40)).differs for _ in range(5)]
    assert sum(alarms) <= 2  # more once in 800
    X = rng.normal(size=(1040, 3))
    X[:40, 0] += 1.5
    result = check(split_of(X, n=40))
    assert (result.n_members, result.n_nonmembers, result.differs) == (40, 1000, True)


def bad(kind):
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(2 * N, 3))
    if kind == "few":
        return split_of(numbers[:12], n=6)
    if kind == "constant":
        return split_of(np.ones((2 * N, 3)))
    if kind == "nan":
        return split_of(np.full((2 * N, 3), np.nan))
    cells = np.empty((2 * N, 1), dtype=object)
    cells[:, 0] = [{"a": i} for i in range(2 * N)]
    return split_of(cells)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("few", "got 6 members; expected at least 10"),
        ("constant", "records that are all alike"),
        ("nan", "records that are all alike, or have no values"),
        ("nested", "a column that holds more than single values"),
    ],
)
def test_what_cannot_be_checked_is_a_reason_and_no_error(kind, reason):
    result = check(bad(kind))
    assert reason in result.why_not
    assert not result.differs
    assert np.isnan([result.p_value, result.auc.value]).all()
    weights = overlap_weights(bad(kind), np.random.default_rng(0))
    assert reason in weights.why_not
    assert (weights.member_weights == 1).all()
    assert not weights.usable


def odd_columns(rng):
    n = 2 * N
    return pd.DataFrame(
        {
            "constant": 1,
            "absent": np.nan,
            "infinite": np.where(rng.random(n) < 0.1, np.inf, rng.normal(size=n)),
            "mixed": rng.choice(np.array(["a", 1, 2.5, None, True], dtype=object), size=n),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(900, size=n), unit="D"),
            "flag": pd.array(rng.integers(2, size=n), dtype="Int64"),
            "group": pd.Categorical(rng.choice(["x", "y"], size=n)),
            7: rng.integers(0, 9, size=n).astype(str),
            "text": [" ".join(rng.choice(WORDS, size=5)) for _ in range(n)],
        }
    )


def test_odd_columns_are_read():
    table = odd_columns(np.random.default_rng(0))
    result = check(split_of(table))
    assert (result.why_not, result.differs) == (None, False)
    table.loc[: N - 1, "day"] += pd.Timedelta(days=365)
    result = check(split_of(table))
    assert (result.differs, result.features[0].feature) == (True, "day")


def test_columns_without_values_in_some_block_or_side():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2 * N, 3))
    X[:N, 1] = np.nan
    result = check(split_of(X))
    assert (result.features[0].feature, result.features[0].quantity) == ("1", "missing")
    assert result.features[0].auc == 1


def test_blocks_hold_records_of_both_sides():
    for n, m in ((10, 10), (12, 400), (300, 299)):
        first = np.repeat([True, False], [n, m])
        blocks = blocks_of(first, np.random.default_rng(0))
        counts = np.bincount(blocks[:n])
        assert len(counts) == min(BLOCKS, n // BLOCK_SIZE)
        assert np.ptp(counts) <= 1
        assert np.bincount(blocks[n:]).min() >= BLOCK_SIZE


@pytest.mark.slow
def test_digits_sorted_by_class_and_shuffled():
    data = load_dataset("digits")
    by_class, shuffled = np.argsort(data.y, kind="stable"), np.random.default_rng(0).permutation(len(data))
    results = [
        check(MemberSplit(data.take(order[:800]), data.take(order[800:]))) for order in (by_class, shuffled)
    ]
    assert [r.differs for r in results] == [True, False]
    assert results[0].auc.low > 0.9
