"""``mlleaks canaries``, and ``mlleaks audit`` with canaries or deleted records: files in, folders out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

import mlleaks

pytestmark = pytest.mark.usefixtures("empty_folder")

X, Y = load_digits(return_X_y=True)
ORDER = np.random.default_rng(0).permutation(len(X))
X, Y = X[ORDER], Y[ORDER]
NAMES = [f"pixel {i}" for i in range(64)]
FRAME = pd.DataFrame(X.astype(int), columns=NAMES).assign(
    label=Y, record_id=[f"{i:05d}" for i in range(len(X))]
)


def write(path, frame):
    if path.endswith(".csv"):
        frame.to_csv(path, index=False)
    elif path.endswith(".parquet"):
        frame.to_parquet(path)
    else:
        ids = frame["record_id"].to_numpy(str)
        np.savez(path, X=frame[NAMES].to_numpy(), y=frame["label"].to_numpy(), record_id=ids)
    return path


def read(path):
    """Return features, classes and ids of a file."""
    if str(path).endswith(".npz"):
        with np.load(path, allow_pickle=False) as arrays:
            return arrays["X"], arrays["y"], arrays["record_id"]
    reader = pd.read_csv if str(path).endswith(".csv") else pd.read_parquet
    frame = reader(path, **({"dtype": {"record_id": str}} if str(path).endswith(".csv") else {}))
    return frame[NAMES].to_numpy(), frame["label"].to_numpy(), frame["record_id"].to_numpy()


@pytest.fixture(params=[".csv", ".parquet", ".npz"])
def planted(request, mlleaks_):
    """Plant canaries in a file of each format; return the files of training records and of non-members."""
    training, rest = (
        write(f"train{request.param}", FRAME[:400]),
        write(f"rest{request.param}", FRAME[800:1200]),
    )
    code, out, err = mlleaks_("canaries", training, "--n", 200, "--out", "planted", "--coin-seed", 1)
    assert (code, err) == (0, "")
    assert "of 200 canaries are in the training records" in out
    return f"planted/training{request.param}", rest


def test_from_a_file_to_a_bound(planted, mlleaks_):
    training, rest = planted
    features, classes, ids = read(training)
    canaries = mlleaks.CanarySet.load("planted")
    assert sorted(ids) == sorted([*FRAME["record_id"][:400], *canaries.ids[canaries.included]])
    real = np.isin(ids, FRAME["record_id"])
    assert (features[real] == X[:400]).all()
    assert classes[real].tolist() == Y[:400].tolist()
    skops.io.dump(KNeighborsClassifier(1).fit(features, classes), "m.skops")
    code, out, _ = mlleaks_("audit", "m.skops", "--canaries", "planted", "--out", "alone")
    assert code == 0
    assert "The model gives away canaries: epsilon is at least 2." in out
    beside = ["--members", training, "--nonmembers", rest, "--delta", 1e-3, "--confidence", 0.9]
    code, out, _ = mlleaks_(
        "audit", "m.skops", "--canaries", "planted/canaries.npz", *beside, "--out", "both"
    )
    assert code == 0
    bounds = json.loads(Path("both/result.json").read_text())["canaries"]["bounds"]
    assert [(bound["delta"], bound["level"]) for bound in bounds] == [(1e-3, 0.9)] * 2
    assert "are reported on their own" in out


def test_named_columns_and_classes_of_text(mlleaks_):
    names_of_digits = np.array(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    )
    write("train.csv", FRAME[:400].assign(kind=names_of_digits[Y[:400]]).drop(columns="label"))
    assert mlleaks_("canaries", "train.csv", "--n", 100, "--out", "planted", "--label", "kind")[0] == 0
    training = pd.read_csv("planted/training.csv").drop(columns="record_id")
    model = KNeighborsClassifier(1).fit(training.drop(columns="kind"), training["kind"])
    skops.io.dump(model, "m.skops")
    code, out, _ = mlleaks_("audit", "m.skops", "--canaries", "planted")
    assert (code, "gives away canaries" in out) == (0, True)


def test_classes_that_look_like_numbers_stay_as_they_are_written(mlleaks_):
    write("train.csv", FRAME[:400].assign(label=[f"{y:02d}" for y in Y[:400]]))
    assert mlleaks_("canaries", "train.csv", "--n", 100, "--out", "planted")[0] == 0
    training = pd.read_csv("planted/training.csv", dtype={"label": str})
    assert set(training["label"]) == {f"{y:02d}" for y in range(10)}
    for classes in (training["label"], training["label"].astype(int)):
        skops.io.dump(KNeighborsClassifier(1).fit(training[NAMES], classes), "m.skops")
        code, out, _ = mlleaks_("audit", "m.skops", "--canaries", "planted", "--overwrite")
        assert (code, "gives away canaries" in out) == (0, True)


def test_truth_values_as_classes(mlleaks_):
    write("train.csv", FRAME[:400].assign(label=Y[:400] % 2 == 0))
    assert mlleaks_("canaries", "train.csv", "--n", 100, "--out", "planted")[0] == 0
    training = pd.read_csv("planted/training.csv")
    assert training["label"].dtype == bool
    skops.io.dump(KNeighborsClassifier(1).fit(training[NAMES], training["label"]), "m.skops")
    assert mlleaks_("audit", "m.skops", "--canaries", "planted")[0] == 0


def test_a_dry_run_counts_the_queries(mlleaks_):
    training, rest = write("train.csv", FRAME[:450]), write("rest.csv", FRAME[800:1250])
    mlleaks_("canaries", training, "--n", 100, "--out", "planted")
    skops.io.dump(KNeighborsClassifier(1).fit(X[:450], Y[:450]), "m.skops")
    sides = ["--members", training, "--nonmembers", rest, "--dry-run"]
    outputs = [mlleaks_("audit", "m.skops", *sides, *more)[1] for more in ([], ["--canaries", "planted"])]
    plain, beside = (
        int(re.search(r"([\d,]+) about the records", out)[1].replace(",", "")) for out in outputs
    )
    assert beside == plain + 100


def test_a_folder_that_exists_is_never_replaced(mlleaks_):
    write("train.csv", FRAME[:400])
    mlleaks_("canaries", "train.csv", "--n", 100, "--out", "planted")
    before = Path("planted/canaries.npz").read_bytes()
    code, _, err = mlleaks_("canaries", "train.csv", "--n", 100, "--out", "planted")
    assert code == 2
    assert "the canaries of a trained model must not be lost" in err
    assert Path("planted/canaries.npz").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["train.csv", "--n", 5], "5 canaries for 400 records"),
        (["train.csv", "--label", "kind"], "records without 'kind'"),
        (["none.csv"], "no file none.csv"),
        (["digits"], "a file named 'digits'"),
    ],
)
def test_what_cannot_be_planted_is_refused_and_leaves_nothing(arguments, match, mlleaks_):
    write("train.csv", FRAME[:400])
    code, out, err = mlleaks_("canaries", *arguments, "--out", "planted")
    assert (code, out) == (2, "")
    assert match in err
    assert [path.name for path in Path().iterdir()] == ["train.csv"]


def test_a_column_without_a_name_is_refused(mlleaks_):
    FRAME[:400].to_csv("train.csv")
    code, _, err = mlleaks_("canaries", "train.csv", "--n", 100, "--out", "planted")
    assert code == 2
    assert "a column without a name" in err


@pytest.mark.parametrize("option", [["--canaries", "c.npz"], ["--deleted", "d.csv"], ["--delta", "0.1"]])
def test_saved_posteriors_have_neither_canaries_nor_deleted_records(option, mlleaks_):
    code, _, err = mlleaks_("audit", "p.csv", *option)
    assert code == 2
    assert f"{option[0]} together with p.csv" in err


def test_deleted_records_are_compared_with_non_members(mlleaks_):
    cuts = {"members": (0, 400), "deleted": (400, 500), "nonmembers": (500, 900)}
    files = {side: write(f"{side}.csv", FRAME[first:last]) for side, (first, last) in cuts.items()}
    skops.io.dump(
        KNeighborsClassifier(1).fit(*(FRAME[:500][part].to_numpy() for part in (NAMES, "label"))), "m.skops"
    )
    options = [part for side, path in files.items() for part in (f"--{side}", path)]
    code, out, _ = mlleaks_("audit", "m.skops", *options)
    assert code == 0
    text = " ".join(out.split())
    assert "Of a deleted record and a non-member" in text
    assert "this check cannot tell whether the deleted records" in text
    ids = mlleaks.AuditReport.load("runs/m").result.deleted.ids
    assert ids.tolist() == FRAME["record_id"][400:500].tolist()
