"""Real model files of every kind, opened the way the command line does."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import joblib
import numpy as np
import pytest
import skops.io
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC

import mlleaks
from mlleaks import DataUnavailable, InputError, MissingExtra, ModelError, UntrustedFile
from mlleaks.targets import load_target

CONSOLE = Path(sys.executable).with_name("mlleaks")


@cache
def records():
    digits = mlleaks.load_dataset("digits")
    return digits.X[:300], digits.y[:300]


@cache
def fitted():
    X, y = records()
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)).fit(X, y)


def onnx_file(path, model=None, options=None):
    graph = to_onnx(model or fitted(), records()[0][:1], options=options)
    path.write_bytes(graph.SerializeToString())
    return str(path)


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module into the folder from which the command is called."""
    monkeypatch.chdir(tmp_path)
    written = []

    def write(name, text):
        Path(f"{name}.py").write_text(text)
        written.append(name)
        return name

    yield write
    for name in written:
        sys.modules.pop(name, None)


def answers_like_the_fitted(model, tolerance=1e-12):
    X, _ = records()
    np.testing.assert_allclose(model.predict_proba(X), fitted().predict_proba(X), atol=tolerance)
    return True


def test_skops_answers_as_the_model_did(tmp_path):
    skops.io.dump(fitted(), tmp_path / "m.skops")
    assert answers_like_the_fitted(load_target(str(tmp_path / "m.skops")))


def test_skops_with_a_forest_is_opened(tmp_path):
    X, y = records()
    skops.io.dump(RandomForestClassifier(5).fit(X, y), tmp_path / "m.skops")
    assert load_target(str(tmp_path / "m.skops")).predict_proba(X).shape == (300, 10)


def own_step(X):
    return X


def test_skops_with_a_type_of_its_own_is_refused_and_the_type_named(tmp_path):
    X, y = records()
    model = make_pipeline(FunctionTransformer(own_step), LogisticRegression(max_iter=5000)).fit(X, y)
    skops.io.dump(model, tmp_path / "m.skops")
    with pytest.raises(UntrustedFile, match=r"unknown types .*own_step.*package\.module:attribute"):
        load_target(str(tmp_path / "m.skops"))


@pytest.mark.parametrize("zipmap", [True, False])
def test_onnx_answers_as_the_model_did(tmp_path, zipmap):
    model = load_target(onnx_file(tmp_path / "m.onnx", options={"zipmap": zipmap}))
    assert answers_like_the_fitted(model, 1e-4)


def test_onnx_with_named_classes_can_be_audited_with_these_names(tmp_path):
    X, y = records()
    names = np.array(["even", "odd"])[y % 2]
    path = onnx_file(tmp_path / "m.onnx", LogisticRegression(max_iter=5000).fit(X[:200], names[:200]))
    sides = {"members": (X[:200], names[:200]), "nonmembers": (X[200:], names[200:])}
    report = mlleaks.audit(load_target(path), **sides)
    assert report.result.class_names == ("even", "odd")


def test_onnx_without_probabilities_says_what_to_export(tmp_path):
    X, _ = records()
    path = onnx_file(tmp_path / "m.onnx", LinearSVC(max_iter=20000).fit(X, records()[1] % 2))
    model = load_target(path)
    with pytest.raises((ModelError, InputError), match="posteriors|probabilities|answers"):
        mlleaks.audit(model, members=X[:100], nonmembers=X[100:])


@pytest.mark.parametrize("suffix", [".skops", ".onnx"])
@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04" + b"\0" * 40])
def test_a_broken_file_says_that_it_cannot_be_read(tmp_path, suffix, content):
    path = tmp_path / f"m{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"(?s)m{suffix} that cannot be read .*Save it again"):
        load_target(str(path))


@pytest.mark.parametrize("suffix", [".skops", ".onnx"])
def test_half_a_file_says_that_it_cannot_be_read(tmp_path, suffix):
    path = tmp_path / f"m{suffix}"
    skops.io.dump(fitted(), path) if suffix == ".skops" else onnx_file(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="(?s)that cannot be read"):
        load_target(str(path))


@pytest.mark.parametrize("suffix", [".pkl", ".pickle", ".joblib", ".pt", ".pth", ".PKL"])
def test_a_pickle_is_never_opened_unasked(tmp_path, suffix):
    witness = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return Path.touch, (witness,)

    path = tmp_path / f"m{suffix}"
    joblib.dump(Evil(), path)
    with pytest.raises(UntrustedFile, match="can run any code.*--trust-pickle"):
        load_target(str(path))
    assert not witness.exists()


def test_a_trusted_joblib_file_is_opened(tmp_path):
    joblib.dump(fitted(), tmp_path / "m.joblib")
    assert answers_like_the_fitted(load_target(str(tmp_path / "m.joblib"), trust_pickle=True))


def test_a_broken_joblib_file_says_that_it_cannot_be_read(tmp_path):
    (tmp_path / "m.joblib").write_bytes(b"\x80\x04nonsense")
    with pytest.raises(InputError, match="(?s)that cannot be read"):
        load_target(str(tmp_path / "m.joblib"), trust_pickle=True)


@pytest.mark.parametrize("name", ["m.skops", "m.onnx", "m.pkl"])
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(DataUnavailable, match=f"no file .*{name}"):
        load_target(str(tmp_path / name))


@pytest.mark.parametrize("spec", ["model", "m.h5", "", "a.module.without_colon"])
def test_anything_else_is_refused_with_what_is_known(spec):
    with pytest.raises(InputError, match=r"package\.module:attribute, a \.mlleaks, \.skops or \.onnx file"):
        load_target(spec)


SOME_MODEL = (
    "import numpy as np\nclass M:\n    def predict_proba(self, X): return np.full((len(X), 2), 0.5)\n"
)


def test_an_object_of_a_module_in_this_folder(module):
    module("own_object", SOME_MODEL + "model = M()\n")
    assert load_target("own_object:model").predict_proba([1]).tolist() == [[0.5, 0.5]]


def test_a_function_that_returns_the_model(module):
    module("own_factory", SOME_MODEL + "def make(): return M()\n")
    assert load_target("own_factory:make").predict_proba([1]).tolist() == [[0.5, 0.5]]


def test_a_model_in_a_package(module, tmp_path):
    (tmp_path / "own_package").mkdir()
    (tmp_path / "own_package" / "__init__.py").touch()
    module("own_package/inner", SOME_MODEL + "model = M()\n")
    assert load_target("own_package.inner:model").predict_proba([1]).shape == (1, 2)


@pytest.mark.parametrize("end", ["", "raise ValueError", "import sys; sys.path.append('other')"])
def test_the_search_path_is_left_as_it_was(module, tmp_path, monkeypatch, end):
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = list(sys.path)
    module("own_clean", SOME_MODEL + "model = M()\n" + end)
    with suppress(ModelError):
        load_target("own_clean:model")
    assert [place for place in sys.path if place != "other"] == before
    skops.io.dump(fitted(), tmp_path / "m.skops")
    load_target(str(tmp_path / "m.skops"))
    assert [place for place in sys.path if place != "other"] == before


def test_whatever_stops_a_program_is_explained_but_a_user_may(module):
    for i, stop in enumerate(("GeneratorExit('enough')", "type('Stop', (BaseException,), {})('enough')")):
        module(f"own_stopping{i}", f"raise {stop}\n")
        with pytest.raises(ModelError, match=r"(GeneratorExit|Stop) while importing .*enough"):
            load_target(f"own_stopping{i}:model")
    module("own_factory_stop", "def make(): raise GeneratorExit('enough')\n")
    with pytest.raises(ModelError, match="GeneratorExit while importing"):
        load_target("own_factory_stop:make")
    module("own_interrupted", "raise KeyboardInterrupt('by hand')\n")
    with pytest.raises(KeyboardInterrupt, match="by hand"):
        load_target("own_interrupted:model")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("model = None", "NoneType without predict_proba"),
        ("model = object()", "object without predict_proba.*Wrap it"),
        ("other = 1", "AttributeError while importing.*model"),
        ("raise RuntimeError('no weights')", "RuntimeError while importing.*no weights"),
        ("import no_such_module", "ModuleNotFoundError while importing.*no_such_module"),
        ("def model(path): ...", "TypeError while importing.*path"),
        ("def model(): raise OSError('gone')", "OSError while importing.*gone"),
        ("model = ", "SyntaxError while importing"),
        ("import sys; sys.exit(0)", "SystemExit while importing"),
        ("import argparse; argparse.ArgumentParser().parse_args(['--epochs'])", "SystemExit while importing"),
    ],
)
def test_a_module_that_fails_is_explained(module, text, says):
    module("own_failing", text + "\n")
    with pytest.raises(ModelError, match=says):
        load_target("own_failing:model")


@pytest.mark.parametrize("spec", ["no_such_module_here:model", ":model", "json:", "..up:model"])
def test_a_module_that_is_not_there_is_explained(spec):
    with pytest.raises(ModelError, match="while importing"):
        load_target(spec)


def test_a_class_is_no_model(module):
    module("own_class", SOME_MODEL)
    with pytest.raises(ModelError, match="class|instance|fitted"):
        load_target("own_class:M")


LAZY = """
import numpy as np
class M:
    def predict_proba(self, X):
        import own_lazy_helper
        return own_lazy_helper.answers(len(X))
model = M()
"""


def called(tmp_path, *arguments, program=(CONSOLE,), **environment):
    """Call the installed command, whose search path does not hold the folder it is called from."""
    X = tmp_path / "x.npz"
    np.savez(X, X=np.random.default_rng(0).normal(size=(30, 2)))
    np.savez(tmp_path / "o.npz", X=np.random.default_rng(1).normal(size=(30, 2)))
    command = [*program, "audit", *arguments, "--members", "x.npz", "--nonmembers", "o.npz"]
    return subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ | environment
    )


@pytest.mark.slow
def test_a_model_that_imports_its_neighbours_late_wants_them_on_the_path(tmp_path):
    (tmp_path / "own_lazy.py").write_text(LAZY)
    (tmp_path / "own_lazy_helper.py").write_text(
        "import numpy as np\ndef answers(n): return np.full((n, 2), .5)\n"
    )
    assert "ModuleNotFoundError from predict_proba" in called(tmp_path, "own_lazy:model").stderr
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    assert called(tmp_path, "own_lazy:model", PYTHONPATH=path).stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize("program", [(CONSOLE,), (sys.executable, "-m", "mlleaks")])
@pytest.mark.parametrize("target", ["m.skops", "own_eager:model"])
def test_a_file_beside_a_model_is_no_library(tmp_path, program, target):
    skops.io.dump(LogisticRegression().fit(np.arange(8).reshape(4, 2), [0, 1, 0, 1]), tmp_path / "m.skops")
    (tmp_path / "own_eager.py").write_text("import own_neighbour\n" + SOME_MODEL + "model = M()\n")
    (tmp_path / "own_neighbour.py").touch()
    for library in ("skops", "vl_convert", "sklearn", "typer", "joblib", "json"):
        (tmp_path / f"{library}.py").write_text("open('ran', 'w'); raise SystemExit(9)\n")
    done = called(tmp_path, target, program=program)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "ran").exists()


@pytest.mark.slow
def test_a_trusted_pickle_finds_its_class_in_this_folder(tmp_path):
    (tmp_path / "own_pickled.py").write_text(SOME_MODEL)
    code = "import joblib, own_pickled; joblib.dump(own_pickled.M(), 'm.joblib')"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert called(tmp_path, "m.joblib", "--trust-pickle").stderr == ""


@pytest.mark.parametrize(
    ("name", "missing", "extra"),
    [("m.skops", "skops", "skops"), ("m.onnx", "onnxruntime", "onnx")],
)
def test_a_missing_extra_is_named(tmp_path, monkeypatch, name, missing, extra):
    (tmp_path / name).touch()
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtra, match=rf"no module named '{missing}'.*mlleaks\[{extra}\]"):
        load_target(str(tmp_path / name))


def test_the_network_without_torch_names_the_extra(monkeypatch):
    import mlleaks.models.torch

    monkeypatch.delattr(mlleaks.models.torch, "loop", raising=False)
    monkeypatch.delitem(sys.modules, "mlleaks.models.torch.loop", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"mlleaks\[torch\]"):
        mlleaks.MLPTrainer()(mlleaks.load_dataset("digits").take(np.arange(40)), np.random.default_rng(0))
