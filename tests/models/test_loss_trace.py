"""Loss traces: filled in any order, by networks, partial fits and boosting; stored whole or not at all."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier

import mlleaks
from mlleaks import LossTrace, MLPTrainer
from mlleaks.defenses import dp_sgd, dropout, early_stopping, label_smoothing, mixup
from mlleaks.errors import DataUnavailable, InputError, ModelError
from mlleaks.models.model_losses import model_losses
from mlleaks.types import Dataset

DIGITS = load_digits()
DATA = Dataset("digits", DIGITS.data[:300] / 16, DIGITS.target[:300], 10, np.arange(1000, 1300))


def traced(losses, ids, batch=7):
    """Return a trace that saw each epoch in another order, in small batches."""
    trace, rng = LossTrace(), np.random.default_rng(0)
    for epoch in losses:
        order = rng.permutation(len(ids))
        for rows in np.split(order, range(batch, len(ids), batch)):
            trace.record(epoch[rows], ids[rows])
        trace.end_epoch()
    return trace


@pytest.mark.parametrize("ids", [np.arange(40)[::-1], np.arange(40).astype(str)], ids=["numbers", "text"])
def test_batches_may_come_in_any_order(ids):
    losses = np.random.default_rng(1).exponential(size=(6, 40)).astype(np.float32)
    trace, order = traced(losses, ids), np.argsort(ids)
    np.testing.assert_array_equal(trace.losses, losses[:, order])
    np.testing.assert_array_equal(trace.ids, ids[order])
    slow = np.subtract(*np.percentile(losses[:, order].astype(float), [75, 25], axis=0))
    np.testing.assert_allclose(trace.exposure(), slow, atol=1e-6)
    best = trace.ids[np.argsort(-slow)[:3]]
    np.testing.assert_array_equal(trace.most_exposed(3), best)
    assert trace.to_frame()["id"].tolist()[:3] == best.tolist()


def test_tensors_are_taken_as_they_are_and_may_be_changed_afterwards():
    trace, losses = LossTrace(), torch.tensor([1.0, 2.0], requires_grad=True) * 1
    ids = torch.tensor([5, 3])
    trace.record(losses, ids)
    with torch.no_grad():
        losses.zero_()
    ids.zero_()
    trace.end_epoch()
    np.testing.assert_array_equal(trace.losses, [[2, 1]])
    np.testing.assert_array_equal(trace.ids, [3, 5])


def test_a_record_that_is_missing_in_an_epoch_counts_with_the_other_epochs():
    trace = LossTrace()
    for losses, ids in (([4.0, 1.0], [1, 2]), ([3.0], [1]), ([2.0, 5.0], [1, 9])):
        trace.record(losses, ids)
        trace.end_epoch()
    np.testing.assert_array_equal(trace.losses, [[4, 1, np.nan], [3, np.nan, np.nan], [2, np.nan, 5]])
    np.testing.assert_array_equal(trace.exposure(), [1, 0, 0])
    frame = trace.to_frame().set_index("id")
    assert frame.loc[1].tolist() == [1, 3, 4, 2]
    assert frame.loc[9].tolist() == [0, 1, 5, 5]


def test_a_record_that_comes_twice_in_an_epoch_counts_with_its_mean():
    trace = LossTrace()
    trace.record([1.0, 2.0, 4.0], [7, 8, 7])
    trace.end_epoch()
    np.testing.assert_array_equal(trace.losses, [[2.5, 2]])


def test_all_records_that_tie_with_the_last_are_named():
    trace = traced(np.zeros((3, 5)), np.arange(5))
    assert trace.most_exposed(2).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_is_named_and_earlier_epochs_stay(value):
    trace = traced(np.ones((2, 3)), np.arange(3))
    trace.record([1.0, value, value], [0, 2, 1])
    with pytest.raises(InputError, match=r"2 of 3 losses that are not finite in epoch 3.* record 2;"):
        trace.end_epoch()
    assert trace.losses.shape == (2, 3)


@pytest.mark.parametrize(
    ("losses", "ids", "message"),
    [
        (torch.tensor(0.5), [1, 2], r'shape \(\) .*reduction="none"'),
        ([0.5], [1, 2], r"shape \(1,\) for ids of shape \(2,\)"),
        ([[0.5], [0.1]], [1, 2], r"shape \(2, 1\) for ids"),
    ],
    ids=["a mean", "too few", "a column"],
)
def test_losses_that_are_not_one_per_record_are_refused(losses, ids, message):
    with pytest.raises(InputError, match=message):
        LossTrace().record(losses, ids)


def test_ids_keep_their_type():
    trace = traced(np.ones((1, 3)), np.arange(3))
    trace.record([1.0], ["a"])
    with pytest.raises(InputError, match="ids of dtype <U1; expected whole numbers or text, the same"):
        trace.end_epoch()
    trace.record([1.0], [0.5])
    with pytest.raises(InputError, match="ids of dtype float64"):
        trace.end_epoch()


def test_what_is_not_there_cannot_be_asked_for():
    trace = LossTrace()
    with pytest.raises(InputError, match="an epoch without a loss"):
        trace.end_epoch()
    with pytest.raises(InputError, match="at least one epoch"):
        trace.exposure()
    with pytest.raises(InputError, match="a trace without an epoch"):
        trace.tail([1.0])
    with pytest.raises(InputError, match=r"k=4; expected a number in 1\.\.3"):
        traced(np.ones((1, 3)), np.arange(3)).most_exposed(4)


@pytest.mark.parametrize(
    "trainer",
    [
        MLPTrainer(epochs=3, center=True),
        dropout(MLPTrainer(epochs=3)),
        label_smoothing(MLPTrainer(epochs=3)),
    ],
    ids=["plain", "dropout", "label smoothing"],
)
@pytest.mark.parametrize("wide", [False, True], ids=["dense", "sparse"])
def test_a_trace_changes_no_weight(trainer, wide):
    data = Dataset("wide", sparse.random_array((300, 3000), density=0.01, rng=0).tocsr(), DATA.y, 10)
    data = data if wide else DATA
    plain, trace = trainer(data, np.random.default_rng(4)), LossTrace()
    same = trainer.traced(data, np.random.default_rng(4), trace=trace)
    for a, b in zip(plain.net.parameters(), same.net.parameters(), strict=True):
        assert torch.equal(a, b)
    assert len(trace) == 4  # and the finished network
    np.testing.assert_allclose(trace.losses[-1], model_losses(same, data.X, data.y), rtol=1e-6, atol=1e-30)
    np.testing.assert_array_equal(trace.ids, data.ids)


def test_the_losses_are_those_of_the_batches_before_each_step():
    trainer, trace = MLPTrainer(epochs=2, batch=300), LossTrace()  # one step per epoch
    trainer.traced(DATA, np.random.default_rng(0), trace=trace)
    for epochs in (0, 1):
        model = MLPTrainer(epochs=epochs, batch=300)(DATA, np.random.default_rng(0))
        if epochs == 0:  # the learning rate of step one does not depend on how many follow
            np.testing.assert_allclose(trace.losses[0], model_losses(model, DATA.X, DATA.y), atol=1e-5)
    assert (trace.losses[1] != trace.losses[0]).all()
    assert trace.losses[1].mean() < trace.losses[0].mean()


def test_losses_are_the_same_however_many_batches_are_computed_at_once(monkeypatch):
    one, other = LossTrace(), LossTrace()
    MLPTrainer(epochs=2).traced(DATA, np.random.default_rng(0), trace=one)
    monkeypatch.setattr("mlleaks.models.torch.epoch_losses._PENDING", 0)
    MLPTrainer(epochs=2).traced(DATA, np.random.default_rng(0), trace=other)
    np.testing.assert_allclose(one.losses, other.losses, atol=1e-6)


def test_defenses_that_train_otherwise_say_what_to_do():
    trace, rng = LossTrace(), np.random.default_rng(0)
    with pytest.raises(InputError, match=r"mixtures of records.*after_epoch"):
        mixup(MLPTrainer(epochs=1)).traced(DATA, rng, trace=trace)
    for defended in (early_stopping(MLPTrainer(epochs=1)), dp_sgd(MLPTrainer(epochs=1), epsilon=8)):
        with pytest.raises(InputError, match=r"trains in a way of its own.*after_epoch"):
            defended.traced(DATA, rng, trace=trace)


def test_a_memorised_outlier_is_the_most_exposed_record():
    y = DATA.y.copy()
    y[17] = (y[17] + 5) % 10  # one wrong label, which only memory can fit
    trace = LossTrace()
    MLPTrainer(epochs=60, learning_rate=0.01).traced(
        Dataset("wrong", DATA.X, y, 10), np.random.default_rng(0), trace=trace
    )
    assert trace.most_exposed(1).tolist() == [17]


def test_partial_fits_are_recorded_by_queries():
    names = np.array(["even", "odd"])[DATA.y % 2]
    model, trace = SGDClassifier(loss="log_loss", random_state=0), LossTrace()
    for _ in range(4):
        model.partial_fit(DATA.X, names, classes=["even", "odd"])
        trace.after_epoch(model, DATA.X, names, ids=DATA.ids)
    assert trace.losses.shape == (4, 300)
    np.testing.assert_allclose(trace.losses[-1], model_losses(model, DATA.X, names), rtol=1e-6, atol=1e-30)


def test_boosting_stages_are_epochs():
    model = HistGradientBoostingClassifier(max_iter=20).fit(DATA.X, DATA.y)
    trace = LossTrace.from_staged(model, DATA.X, DATA.y)
    assert trace.losses.shape == (len(trace), 300)
    np.testing.assert_allclose(trace.losses[-1], model_losses(model, DATA.X, DATA.y), rtol=1e-5)
    assert trace.losses[0].mean() > trace.losses[-1].mean()
    assert len(LossTrace.from_staged(model, DATA.X, DATA.y, stages=(1, 5))) == 2


BOOSTING = {
    "multinomial": {"max_iter": 20},
    "early stopping": {"max_iter": 20, "early_stopping": True, "random_state": 0},
}


@pytest.mark.parametrize("settings", BOOSTING.values(), ids=BOOSTING)
@pytest.mark.parametrize("classes", [2, 3])
def test_losses_while_boosting_are_those_of_the_stages(classes, settings):
    names, X = np.array(["a", "b", "c"])[DATA.y % classes], np.asarray(DATA.X)
    model = HistGradientBoostingClassifier(**settings)
    trace, stages = LossTrace.while_boosting(model, X, names), (1, 2, model.n_iter_)
    again = clone(model).fit(X, names)
    np.testing.assert_allclose(model.predict_proba(X), again.predict_proba(X), rtol=1e-12)
    np.testing.assert_allclose(trace.losses, LossTrace.from_staged(again, X, names).losses, rtol=1e-5)
    some = LossTrace.while_boosting(clone(model), X, names, stages=stages)
    np.testing.assert_allclose(some.losses[[0, -1]], trace.losses[[0, -1]], rtol=1e-5)
    assert model.loss == "log_loss"
    assert "mlleaks" not in pickle.dumps(model).decode("latin1")


def test_a_boosted_model_that_goes_on_is_traced_to_its_end():
    model = HistGradientBoostingClassifier(max_iter=5, warm_start=True).fit(DATA.X, DATA.y)
    trace = LossTrace.while_boosting(model.set_params(max_iter=9), DATA.X, DATA.y, stages=(3, 9))
    np.testing.assert_allclose(
        trace.losses, LossTrace.from_staged(model, DATA.X, DATA.y, stages=(3, 9)).losses, rtol=1e-5
    )


def test_boosting_that_cannot_be_traced_is_refused():
    with pytest.raises(ModelError, match="expected a HistGradientBoostingClassifier"):
        LossTrace.while_boosting(LogisticRegression(), DATA.X, DATA.y)
    model = HistGradientBoostingClassifier(max_iter=3)
    with pytest.raises(InputError, match=r"stages \[4\]"):
        LossTrace.while_boosting(model, DATA.X, DATA.y, stages=[4])
    with pytest.raises(ModelError, match="from fit"):
        LossTrace.while_boosting(model, DATA.X[:, :0], DATA.y)
    assert model.loss == "log_loss"


def test_the_tail_compares_the_last_epoch_with_nonmembers():
    train, rest = DATA.take(np.arange(100)), DATA.take(np.arange(100, 300))
    model, trace = MLPTrainer(epochs=40, learning_rate=0.01)(train, np.random.default_rng(0)), LossTrace()
    trace.after_epoch(model, train.X, train.y)
    members, nonmembers = model_losses(model, train.X, train.y), model_losses(model, rest.X, rest.y)
    second = np.sort(members.astype(np.float32))[-2]
    assert trace.tail(nonmembers) == np.mean(nonmembers > second) > 0.1


def test_a_trace_is_the_same_after_a_round_trip_and_goes_on(tmp_path):
    path, losses = tmp_path / "trace.npz", np.random.default_rng(0).random((3, 9)).astype(np.float32)
    trace = traced(losses, np.array(list("abcdefghi")))
    trace.record([1.0], ["new"])
    trace.end_epoch()
    trace.save(path)
    again = LossTrace.load(path)
    np.testing.assert_array_equal(again.losses, trace.losses)
    np.testing.assert_array_equal(again.ids, trace.ids)
    again.record([2.0], ["a"])
    again.end_epoch()
    assert len(again) == 5


def test_an_empty_trace_can_be_stored(tmp_path):
    LossTrace().save(tmp_path / "trace.npz")
    assert len(LossTrace.load(tmp_path / "trace.npz")) == 0


def test_files_that_are_no_traces_are_refused(tmp_path):
    path = tmp_path / "trace.npz"
    with pytest.raises(DataUnavailable, match=r"no file .*trace\.npz"):
        LossTrace.load(path)
    path.write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"trace\.npz that cannot be read"):
        LossTrace.load(path)
    np.savez(path, ids=np.array([{}], dtype=object), losses=np.ones((1, 1)))  # a pickle inside
    with pytest.raises(InputError, match="cannot be read"):
        LossTrace.load(path)
    np.savez(path, ids=np.arange(3), losses=np.ones((2, 4)))
    with pytest.raises(InputError, match="arrays of other shapes"):
        LossTrace.load(path)


_SAVING = """
import sys, numpy as np
from mlleaks import LossTrace
trace = LossTrace()
while True:
    trace.record(np.full(50_000, float(len(trace))), np.arange(50_000))
    trace.end_epoch()
    trace.save(sys.argv[1])
    print(len(trace), flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="ends a process by a signal")
def test_a_killed_process_leaves_the_last_whole_file(tmp_path):
    path = tmp_path / "trace.npz"
    for wait in (0.0, 0.004, 0.011):
        command = [sys.executable, "-c", _SAVING, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for _ in range(5):
                saved = int(process.stdout.readline())
            time.sleep(wait)
            process.send_signal(signal.SIGKILL)
            saved = max([saved, *(int(line) for line in process.stdout.read().split())])
        trace = LossTrace.load(path)
        assert len(trace) in (saved, saved + 1)
        assert (trace.losses == np.arange(len(trace))[:, None]).all()


def test_the_public_name_is_this_class():
    assert mlleaks.LossTrace is LossTrace
