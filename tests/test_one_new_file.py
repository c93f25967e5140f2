"""A new attack, defense, data set or study is one new file: nothing else is edited."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

import mlleaks
from mlleaks import attacks, datasets, defenses, studies
from mlleaks.shadows import InProcess
from tests.synthetic import planted

pytestmark = pytest.mark.usefixtures("empty_folder")

ROOT = Path(__file__).parents[1]

ATTACK = '''
"""The posterior of the true class."""
from dataclasses import dataclass
import numpy as np
from mlleaks.attacks.spec import AttackSpec
from mlleaks.attacks.needs import Labels

@dataclass(frozen=True)
class TrueClass:
    threshold: float = 0.5

    def score(self, outputs):
        labels = np.minimum(outputs.labels, outputs.posteriors.shape[1] - 1)
        return outputs.posteriors[np.arange(len(outputs)), labels]

ATTACKS = (
    AttackSpec(
        name="true-class",
        title="True class: its posterior",
        source="Yeom et al., CSF 2018, section 3",
        needs=(Labels(),),
        build=lambda evidence, rng: TrueClass(),
    ),
)
'''
DEFENSE = '''
"""Answers that say nothing."""
from functools import partial
import numpy as np
from mlleaks.defenses.masked_models import mask_trainer
from mlleaks.defenses.spec import DefenseSpec

def uniform(posteriors):
    return np.full(posteriors.shape, 1 / posteriors.shape[1])

DEFENSES = (DefenseSpec("uniform", partial(mask_trainer, mask=uniform)),)
'''
DATASET = '''
"""Records without a meaning."""
import numpy as np
from mlleaks.datasets.info import DatasetInfo
from mlleaks.types import Dataset

def load():
    rng = np.random.default_rng(0)
    return Dataset("meaningless", rng.random((200, 4)), rng.integers(2, size=200), 2)

DATASETS = (
    DatasetInfo(
        name="meaningless", records=200, classes=2, features=4, what="records without a meaning",
        source="drawn at random", citation="none", licence="none", files=(), load=load,
    ),
)
'''
STUDY = '''
"""A study of nothing."""
from mlleaks.results.reproduction import Finding
from mlleaks.studies.engine.study import Study

STUDIES = (
    Study(
        name="nothing", title="Nothing is found", figure="None", claim="There is nothing.",
        datasets=("digits",), run=lambda *_: [], check=lambda table: Finding("reproduced", "nothing"),
        pictures=(),
    ),
)
'''


@pytest.fixture
def placed(tmp_path, monkeypatch):
    """Put a file beside those of a package, as if it had been written there."""

    def place(package, registry, code):
        folder = tmp_path / "placed" / package
        folder.mkdir(parents=True)
        (folder / "one_new_file.py").write_text(code)
        home, before = import_module(package), len(registry)  # read it before the file is there
        monkeypatch.setattr(home, "__path__", [*home.__path__, str(folder)])
        monkeypatch.setattr(registry, "_entries", dict(type(registry)(package, registry.attribute, "entry")))
        assert len(registry) == before + 1
        return folder

    return place


@pytest.mark.slow
def test_an_attack_is_in_plan_audit_report_docs_and_conformance_suite(placed, mlleaks_):
    folder = placed("mlleaks.attacks", attacks.REGISTRY, ATTACK)
    observations = planted(1.5, n=400)
    table = {
        "record_id": observations.ids,
        "member": observations.member,
        "label": observations.outputs.labels,
        "posteriors": observations.outputs.posteriors,
    }
    report = mlleaks.audit_posteriors(table)
    assert report.verdict("true-class").estimates["auc"].value > 0.5
    assert "true-class" in report.to_html()
    checks = [check for check in mlleaks.selfcheck(["attack"]).checks if check.name == "true-class"]
    assert {check.status for check in checks} == {"ok"}
    np.savez("answers.npz", **table)
    assert "true-class" in mlleaks_("audit", "answers.npz", "--dry-run")[1]
    assert mlleaks_("audit", "answers.npz", "--fail-if", "true-class:auc > 0.5")[0] == 3
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        assert "| `true-class` |" in import_module("generated").attacks()
    finally:
        sys.path.remove(str(ROOT / "tools"))
    assert " passed" in conformance(folder, "true-class")


def conformance(folder, name):
    """Return what the conformance suite prints of an attack in ``folder``, in a process of its own."""
    plugin = folder / "plugin_of_one_new_file.py"
    plugin.write_text(f"import mlleaks.attacks as a\na.__path__.append({str(folder)!r})\n")
    (folder / "one_new_file.py").replace(folder / "another_new_file.py")
    call = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", plugin.stem, "-k", name]
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    run = subprocess.run(
        [*call, "tests/conformance/test_attacks.py"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    return run.stdout


@pytest.mark.slow
def test_a_defense_is_listed_and_compared(placed, mlleaks_):
    placed("mlleaks.defenses", defenses.REGISTRY, DEFENSE)
    assert "uniform" in mlleaks_("defend", "--list")[1]
    comparison = mlleaks.compare_defenses(
        mlleaks.load_dataset("digits"), DecisionTreeClassifier(), ["uniform"], seeds=1, backend=InProcess()
    )
    assert comparison.to_frame()["defense"].tolist() == ["none", "uniform"]


def test_a_data_set_is_listed_and_loaded(placed, mlleaks_):
    placed("mlleaks.datasets", datasets.REGISTRY, DATASET)
    assert "meaningless" in mlleaks_("datasets")[1]
    assert len(mlleaks.load_dataset("meaningless")) == 200


def test_a_study_is_listed(placed, mlleaks_):
    placed("mlleaks.studies.paper", studies.REGISTRY, STUDY)
    assert "nothing" in mlleaks_("reproduce", "--list")[1]
