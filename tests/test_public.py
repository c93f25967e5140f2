"""The contract: what can be imported, what it costs, who may import whom."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import RandomForestClassifier

import mlleaks


def test_the_public_list_is_what_can_be_imported():
    assert set(mlleaks.__all__) == {*dir(mlleaks), "__version__"}
    for name in mlleaks.__all__:
        assert getattr(mlleaks, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="attribute audti"):
        mlleaks.audti  # noqa: B018


def test_importing_costs_nothing_heavy():
    code = "import sys, mlleaks, mlleaks.cli; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "altair", "sklearn", "pandas", "scipy"} & set(modules.stdout.split())


@pytest.mark.slow
def test_an_audit_without_networks_imports_no_torch():
    code = (
        "import sys, mlleaks; from sklearn.tree import DecisionTreeClassifier as T; "
        "mlleaks.audit_trainer(mlleaks.load_dataset('digits'), T()).to_json(); print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.slow
def test_opening_a_forest_imports_no_torch(tmp_path):
    forest = RandomForestClassifier(2).fit(np.eye(4), [0, 1, 0, 1])
    skops.io.dump(forest, tmp_path / "forest.skops")
    mlleaks.save_model(forest, tmp_path / "forest.mlleaks")
    code = (
        "import sys; from mlleaks.targets import load_target; "
        "[load_target(name) for name in ('forest.skops', 'forest.mlleaks')]; "
        "print('torch' in sys.modules, [name for name, module in sys.modules.items() if module is None])"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stdout.strip() == "False []"


def test_errors_are_built_ins_too():
    tree = {
        "InputError": ValueError,
        "ModelError": RuntimeError,
        "DataUnavailable": FileNotFoundError,
        "MissingExtra": ImportError,
        "UntrustedFile": PermissionError,
        "RunExists": FileExistsError,
        "CorruptRun": OSError,
    }
    for name, builtin in tree.items():
        error = getattr(mlleaks, name)
        assert issubclass(error, mlleaks.MLLeaksError)
        assert issubclass(error, builtin)
        assert str(error("a", expected="b", fix="C.")) == "got a; expected b. C."


def test_the_version_is_the_installed_one():
    from importlib.metadata import version

    assert mlleaks.__version__ == version("mlleaks")
