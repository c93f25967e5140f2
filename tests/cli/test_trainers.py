"""``--trainer``: names, auto, and package.module:attribute."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.cli.test_audit import result

pytestmark = pytest.mark.usefixtures("empty_folder")

MODULE = """
from sklearn.datasets import load_digits
from sklearn.tree import DecisionTreeClassifier

import {neighbour}

X, y = load_digits(return_X_y=True)


class Answers:
    def __init__(self):
        self.tree = DecisionTreeClassifier(max_depth=8, random_state=0).fit(X[:300], y[:300])

    def predict_proba(self, records):
        return self.tree.predict_proba(records)


def train(data, rng):
    return DecisionTreeClassifier(max_depth={neighbour}.DEPTH).fit(data.X, data.y)


model = Answers()
"""


@pytest.fixture
def audit(mlleaks_, empty_folder, request):
    """Write a model's module and its records, and return how to audit it."""
    name = f"model_of_{abs(hash(request.node.name))}"
    Path(f"{name}_depth.py").write_text("DEPTH = 8")
    Path(f"{name}.py").write_text(MODULE.format(neighbour=f"{name}_depth"))
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    sides = []
    for side, start in (("members", 0), ("nonmembers", 300), ("shadow", 600)):
        part = slice(start, start + 300)
        table = pd.DataFrame(X[part], columns=[f"x{i}" for i in range(64)]).assign(label=y[part])
        table.to_csv(f"{side}.csv", index=False)
        sides += [f"--{side}", f"{side}.csv"]

    def run(trainer, *further):
        return mlleaks_("audit", f"{name}:model", *sides, "--trainer", trainer.format(name), *further)

    return run


def test_a_function_in_the_current_folder(audit):
    code, _, err = audit("{}:train", "--name", "own")
    assert (code, err) == (0, "")
    assert ".train " in result("runs/own")["provenance"]["settings"]["shadow trainer"]


def test_auto_names_the_algorithm_in_the_plan_and_the_report(audit):
    code, out, _ = audit("auto", "--dry-run")
    assert code == 0
    assert "models and 150 queries" in out
    code, _, err = audit("auto", "--name", "chosen")
    assert (code, err) == (0, "")
    stored = result("runs/chosen")
    assert stored["provenance"]["settings"]["surrogate"]["queries"] == 150
    assert any("answers most like it (agreement" in note for note in stored["notes"])


@pytest.mark.parametrize(
    ("trainer", "says"),
    [
        ("woods", "one of boosting, cnn, forest, logistic, mlp, tree, auto, or package.module:attribute"),
        ("nowhere:train", "No module named 'nowhere'"),
        ("{}:nothing", "has no attribute 'nothing'"),
        ("{}:model", "a trainer of type Answers"),
        ("{}:Answers", "a class with the parameters ()"),
        (":train", "the trainer ':train'"),
    ],
)
def test_what_is_no_trainer_is_refused(audit, trainer, says):
    code, _, err = audit(trainer)
    assert (code, says in err) == (2, True), err


def test_other_commands_take_modules_and_the_demo_only_names(mlleaks_):
    Path("own_trainers.py").write_text(
        "from sklearn.tree import DecisionTreeClassifier\n\ntree = DecisionTreeClassifier(max_depth=3)\n"
    )
    shadows = ("shadows", "digits", "--models", 2, "--jobs", 2, "--out", "s", "--trainer")
    assert mlleaks_(*shadows, "own_trainers:tree")[0] == 0
    code, _, err = mlleaks_(*shadows, "own_trainers:tree", "--epochs", 2)
    assert (code, "--epochs for own_trainers:tree" in err) == (2, True)
    for command in (("demo",), ("defend", "digits"), ("shadows", "digits", "--models", 2)):
        code, _, err = mlleaks_(*command, "--trainer", "auto")
        assert (code, "the trainer 'auto'" in err) == (2, True)
    code, _, err = mlleaks_("demo", "--trainer", "own_trainers:tree")
    assert (code, "module:attribute" in err) == (2, False)
