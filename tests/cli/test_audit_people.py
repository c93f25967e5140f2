"""`mlleaks audit --group COLUMN` and `--slice COLUMN`."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

import mlleaks

pytestmark = pytest.mark.usefixtures("empty_folder")


def records(side, *, people=12, rows=6):
    """Return records whose persons are written as 001, 002, ..., other ones on each side."""
    rng = np.random.default_rng(side)
    n = people * rows
    frame = pd.DataFrame(rng.normal(size=(n, 3)).round(3), columns=list("abc"))
    persons = [f"{100 * side + i // rows:03d}" for i in range(n)]
    regions = np.where(np.arange(n) % 2, "north", "south")
    return frame.assign(label=(frame["a"] > 0).astype(int), patient=persons, region=regions)


@pytest.fixture
def files():
    sides = [records(0), records(1)]
    model = DecisionTreeClassifier(max_depth=3, random_state=0)
    joblib.dump(model.fit(sides[0][list("abc")].to_numpy(), sides[0]["label"]), "model.joblib")
    for name, frame in zip(("members", "nonmembers"), sides, strict=True):
        frame.to_csv(f"{name}.csv", index=False)
        arrays = {"X": frame[list("abc")].to_numpy(), "y": frame["label"].to_numpy()}
        np.savez(f"{name}.npz", **arrays, patient=frame["patient"].to_numpy(str))
    return sides


def command(kind="csv", *options):
    files = ("--members", f"members.{kind}", "--nonmembers", f"nonmembers.{kind}")
    return ("audit", "model.joblib", "--trust-pickle", *files, "--shadows", "0", "--out", "run", *options)


@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_a_column_of_the_files_says_whose_records_these_are(mlleaks_, files, kind):
    drop = () if kind == "npz" else ("--slice", "region")
    code, _, err = mlleaks_(*command(kind, "--group", "patient", *drop))
    assert code == 0, err
    result = mlleaks.AuditReport.load("run").result
    expected = {
        f"{side}[{i}]": name
        for side, frame in zip(("members", "nonmembers"), files, strict=True)
        for i, name in enumerate(frame["patient"])
    }
    assert [expected[i] for i in result.ids] == result.persons.tolist()
    assert "12 people among the members and 12 among the non-members" in " ".join(result.notes)
    assert (result.slices is None) == (kind == "npz")


def test_columns_of_groups_are_no_features(mlleaks_, files):
    """The model takes three features: with a column too many it would refuse."""
    assert mlleaks_(*command("csv", "--group", "patient", "--slice", "region"))[0] == 0


def test_a_slice_that_the_model_was_trained_on_stays_a_feature(mlleaks_, files):
    frames = [frame.assign(region=(frame["region"] == "north") * 1) for frame in files]
    model = DecisionTreeClassifier(max_depth=3, random_state=0)
    joblib.dump(model.fit(frames[0][["a", "b", "c", "region"]], frames[0]["label"]), "model.joblib")
    for name, frame in zip(("members", "nonmembers"), frames, strict=True):
        frame.to_csv(f"{name}.csv", index=False)
    assert mlleaks_(*command("csv", "--group", "patient", "--slice", "region"))[0] == 0
    assert set(mlleaks.AuditReport.load("run").result.slices) == {"0", "1"}


def test_saved_posteriors(mlleaks_, files):
    table = pd.concat([frame.assign(member=side) for frame, side in zip(files, (1, 0), strict=True)])
    p = np.random.default_rng(0).uniform(size=len(table))
    table = table.assign(record_id=np.arange(len(table)), p_0=p, p_1=1 - p)
    table.to_csv("answers.csv", index=False)
    assert mlleaks_("audit", "answers.csv", "--group", "patient", "--out", "run")[0] == 0
    assert mlleaks.AuditReport.load("run").result.persons.tolist() == table["patient"].tolist()


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("doctor", "no column 'doctor' in members.csv"),
        ("region", "2 of 2 persons with members and non-members ('south', 'north')"),
        ("constant", "groups with one value"),
        ("gaps", "groups of members for 72 records, 1 of them missing"),
    ],
)
def test_bad_columns_are_explained(mlleaks_, files, column, message):
    for name, frame in zip(("members", "nonmembers"), files, strict=True):
        gaps = frame["patient"].where(np.arange(len(frame)) != 3)
        own = frame.assign(constant=1, gaps=gaps).filter(["a", "b", "c", "label", column])
        own.to_csv(f"{name}.csv", index=False)
    code, _, err = mlleaks_(*command("csv", "--group", column))
    assert code == 2
    assert message in " ".join(err.split())
    assert not Path("run").exists()
