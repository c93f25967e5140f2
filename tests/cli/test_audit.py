"""The command line as people and CI call it: output, exit codes, folders."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from functools import cache
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

import mlleaks
from mlleaks.attacks.needs import Population
from mlleaks.datasets import REGISTRY
from mlleaks.results import runs
from tests.synthetic import planted, skipped_by_default

pytestmark = pytest.mark.usefixtures("empty_folder")

CONSOLE = Path(sys.executable).with_name("mlleaks")


@pytest.fixture
def refused(mlleaks_):
    """Call the command; it must explain itself on stderr with exit code 2 and leave no run."""

    def call(*arguments):
        code, out, err = mlleaks_(*arguments)
        assert (code, out) == (2, "")
        assert "Traceback" not in err
        assert not Path("runs").exists()
        return err

    return call


@cache
def posteriors(k=3, n=120, seed=0):
    observations = planted(1.5, n=n, k=k, seed=seed)
    table = pd.DataFrame(observations.outputs.posteriors, columns=[f"p_{i}" for i in range(k)])
    return table.assign(
        record_id=observations.ids, member=observations.member, label=observations.outputs.labels
    )


def saved(path="p.csv", table=None):
    table = posteriors() if table is None else table
    if path.endswith(".csv"):
        table.to_csv(path, index=False)
    elif path.endswith(".parquet"):
        table.to_parquet(path)
    else:
        np.savez(path, **{name: column.to_numpy() for name, column in table.items()})
    return path


def result(folder):
    return json.loads((Path(folder) / "result.json").read_text())


@cache
def rows(seed, n=60):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
    return frame.assign(label=rng.permutation(np.arange(n) % 2))


@cache
def tree():
    return DecisionTreeClassifier(random_state=0).fit(rows(1)[["a", "b", "c"]].to_numpy(), rows(1)["label"])


@pytest.fixture
def sides():
    """Three CSV files, and the tree that was trained on the first as a trusted pickle."""
    for name, seed in (("m.csv", 1), ("o.csv", 2), ("s.csv", 3)):
        saved(name, rows(seed))
    joblib.dump(tree(), "tree.joblib")
    return ("audit", "tree.joblib", "--trust-pickle", "--members", "m.csv", "--nonmembers", "o.csv")


def test_version(mlleaks_):
    assert mlleaks_("--version") == (0, f"{mlleaks.__version__}\n", "")


def test_no_arguments_show_the_help(mlleaks_):
    _, out, err = mlleaks_()
    assert all(name in out + err for name in ("demo", "audit", "report", "datasets"))


@pytest.mark.parametrize("command", ["demo", "audit", "report", "datasets"])
def test_help_of_every_command(mlleaks_, command):
    code, out, _ = mlleaks_(command, "--help")
    assert code == 0
    assert "Usage" in out


@pytest.mark.parametrize("arguments", [("nonsense",), ("audit",), ("report",), ("demo", "--seed", "-1")])
def test_a_wrong_call_is_explained(refused, arguments):
    assert refused(*arguments)


def test_datasets_lists_all(mlleaks_):
    code, out, _ = mlleaks_("datasets")
    assert code == 0
    assert all(f"{name}: " in out for name in REGISTRY)
    assert all(number in out for number in ("1,797", "48,842"))
    assert "digits: 8x8 handwritten digits; 1,797 records, 10 classes, 64 features (here)" in out
    assert "comes with scikit-learn" in out
    assert out.count("checksum not verified") == 1


def test_datasets_says_where_to_get_what_is_missing(mlleaks_, monkeypatch, tmp_path):
    monkeypatch.delenv("MLLEAKS_DATA", raising=False)
    monkeypatch.setattr("mlleaks.datasets.files.cache_folder", lambda: tmp_path)
    _, out, _ = mlleaks_("datasets")
    assert out.count("(not here)") == len(REGISTRY) - 1
    for facts in REGISTRY.values():
        for file in facts.files[:1]:
            assert f"from {file.url}" in out
            assert f"or put {file.path}" in out
    assert "train-images-idx3-ubyte.gz and 3 more; or put mnist/train-images" in out
    assert "(or purchase/dataset_purchase) into the folder that MLLEAKS_DATA names" in out


@pytest.mark.parametrize("name", ["cifar10-jpeg.tar.gz", "cifar-10-binary.tar.gz"])
def test_datasets_says_how_a_local_form_differs(mlleaks_, monkeypatch, tmp_path, name):
    (tmp_path / "cifar10").mkdir()
    (tmp_path / "cifar10" / name).touch()
    monkeypatch.setenv("MLLEAKS_DATA", str(tmp_path))
    monkeypatch.setattr("mlleaks.datasets.files.cache_folder", lambda: tmp_path / "cache")
    _, out, _ = mlleaks_("datasets")
    assert f"where    {tmp_path / 'cifar10'}\n" in out
    assert ("differs  JPEG-coded" in out) == ("jpeg" in name)


@pytest.mark.slow
def test_demo_writes_a_run_and_replaces_it(mlleaks_):
    Path("runs/demo").mkdir(parents=True)
    Path("runs/demo/result.json").write_text("{}")
    code, out, err = mlleaks_("demo", "--trainer", "tree")
    assert (code, err) == (0, "")
    assert "\nReport: runs/demo/report.html\n" in out
    assert result("runs/demo")["name"] == "tree on digits"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("mnits",), "data set 'mnits'; expected one of"),
        (("--trainer", "gpt"), "trainer 'gpt'; expected one of"),
    ],
)
def test_demo_of_the_unknown_is_refused(refused, options, says):
    assert says in refused("demo", *options)


@pytest.mark.parametrize("path", ["p.csv", "p.npz", "p.parquet"])
def test_saved_posteriors(mlleaks_, path):
    code, out, err = mlleaks_("audit", saved(path))
    assert (code, err) == (0, "")
    assert "This model leaks" in out
    assert "Report: runs/p/report.html" in out
    assert result("runs/p")["records"]["members"] == 60
    assert "adversary-1" in result("runs/p")["skipped"]


def test_the_targets_id_is_compared_as_it_is_written(mlleaks_):
    other = posteriors(seed=1).assign(model_id="7", record_id=lambda rows: rows["record_id"] + 1000)
    both = saved("p.csv", pd.concat([posteriors().assign(model_id="007"), other[:50]]))
    code, _, err = mlleaks_("audit", both, "--target-id", "007", "--out", "here")
    assert code == 0, err
    assert result("here")["records"]["members"] + result("here")["records"]["nonmembers"] == 120


def test_saved_posteriors_with_everything(mlleaks_):
    shadow = posteriors(seed=1).assign(model_id="shadow", record_id=lambda rows: rows["record_id"] + 1000)
    both = pd.concat([posteriors().assign(model_id="mine"), shadow])
    queries = pd.DataFrame(np.random.default_rng(0).dirichlet(np.ones(3), 50), columns=["p_0", "p_1", "p_2"])
    options = (
        "--target-id",
        "mine",
        "--random-queries",
        saved("random_queries.npz", queries),
        "--out",
        "here",
        "--name",
        "a [b]",
    )
    code, out, err = mlleaks_("audit", saved("both.csv", both), *options)
    assert (code, err) == (0, "")
    assert "Report: here/report.html" in out
    stored = result("here")
    assert stored["name"] == "a [b]"
    assert stored["skipped"].keys() == skipped_by_default(Population)
    assert {v["threshold"] is None for v in stored["verdicts"]} == {False}


def test_membership_from_a_table_of_its_own(mlleaks_):
    who = posteriors()[["record_id", "member", "label"]].sample(frac=1, random_state=0)
    apart = posteriors().drop(columns=["member", "label"])
    options = ("--membership", saved("who.parquet", who), "--out", "apart")
    assert mlleaks_("audit", saved("apart.csv", apart), *options)[0] == 0
    whole = json.loads(mlleaks.audit_posteriors(posteriors()).to_json())
    assert result("apart")["verdicts"] == whole["verdicts"]


def test_logits(mlleaks_, refused):
    p = ["p_0", "p_1", "p_2"]
    logits = posteriors().assign(**{name: np.log(posteriors()[name]) for name in p})
    assert "--from-logits" in refused("audit", saved("logits.csv", logits))
    assert mlleaks_("audit", "logits.csv", "--from-logits")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere.csv",), "no file nowhere.csv"),
        (("p.csv", "--membership", "nowhere.csv"), "no file nowhere.csv"),
        (("p.csv", "--random-queries", "nowhere.npz"), "no file nowhere.npz"),
        (("p.csv", "--random-queries", "p.xlsx"), "a file named 'p.xlsx'"),
        (("p.csv", "--target-id", "mine"), "model_id"),
        (
            ("p.csv", "--members", "p.csv"),
            "--members together with p.csv; expected options that go with saved",
        ),
        (("p.csv", "--shadow", "p.csv", "--drop-overlap"), "--shadow, --drop-overlap together with p.csv"),
        (("p.csv", "--trainer", "mlp"), "--trainer together with p.csv"),
        (("p.csv", "--label", "label"), "--label together with p.csv"),
        (("p.csv", "--trust-pickle"), "--trust-pickle together with p.csv"),
        (
            ("m.skops", "--random-queries", "p.csv"),
            "--random-queries together with m.skops; expected options that go with a model",
        ),
        (("m.skops", "--membership", "p.csv"), "--membership together with m.skops"),
        (("m.skops", "--target-id", "a"), "--target-id together with m.skops"),
        (("m.skops",), "a model without --members"),
        (("m.skops", "--members", "p.csv"), "a model without --nonmembers"),
        (("m.skops", "--members", "p.csv", "--nonmembers", "p.csv"), "no file m.skops"),
        (("model.h5", "--members", "p.csv", "--nonmembers", "p.csv"), "'model.h5'; expected package.module:"),
        (("p.csv", "--fail-if", "auc = 1"), "the condition 'auc = 1'"),
        (("p.csv", "--fail-if", "auc > 0.9", "--fail-if", "nonsense"), "the condition 'nonsense'"),
        (("p.csv", "--fail-if", "adversary-9:auc > 0.5"), "the attack 'adversary-9'"),
        (("p.csv", "--seed", "-1"), "--seed"),
    ],
)
def test_bad_input_is_refused(refused, arguments, says):
    saved("p.csv")
    assert says in refused("audit", *arguments)


def test_an_error_is_one_line_on_stderr(refused):
    Path("broken.csv").write_text("a,b\n1,2\n1,2,3,4\n")
    err = refused("audit", "broken.csv")
    assert err.startswith("error: got broken.csv that cannot be read")
    assert err.count("\n") == 1


def test_ids_stand_in_messages_as_in_the_file(refused):
    twice = pd.concat([posteriors(), posteriors()[:1]])
    assert f"(first: {posteriors()['record_id'][0]})" in refused("audit", saved("twice.csv", twice))


def test_a_model_with_everything(mlleaks_, sides):
    code, out, err = mlleaks_(*sides, "--shadow", "s.csv", "--trainer", "logistic")
    assert (code, err) == (0, "")
    assert "Report: runs/tree/report.html" in out
    stored = result("runs/tree")
    assert stored["skipped"].keys() == skipped_by_default()
    assert "LogisticRegression" in stored["provenance"]["settings"]["shadow trainer"]
    assert stored["target"]["train_accuracy"]["value"] == 1


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers(mlleaks_, sides):
    for out in ("x", "y"):
        assert mlleaks_(*sides, "--shadow", "s.csv", "--seed", 1, "--out", out)[0] == 0
    x, y = result("x"), result("y")
    assert x["verdicts"] == y["verdicts"]
    assert x["provenance"]["inputs_sha256"] == y["provenance"]["inputs_sha256"]


def test_a_skops_model(mlleaks_, sides):
    model = LogisticRegression().fit(rows(1)[["a", "b", "c"]], rows(1)["label"])
    skops.io.dump(model, "m.skops")
    assert mlleaks_("audit", "m.skops", *sides[3:])[0] == 0


def test_a_budget_of_queries(mlleaks_, sides):
    code, out, _ = mlleaks_(*sides, "--max-queries", 120, "--dry-run")
    assert code == 0
    [line] = [line for line in out.splitlines() if line.startswith("Queries to send")]
    assert 40 <= int(line.split()[3].replace(",", "")) <= 120
    assert mlleaks_(*sides, "--max-queries", 120)[0] == 0
    assert "a budget of 0 queries" in refused_after(mlleaks_, *sides, "--max-queries", 0, "--out", "other")
    posteriors().to_csv("p.csv", index=False)
    assert "--max-queries" in refused_after(
        mlleaks_, "audit", "p.csv", "--max-queries", 100, "--out", "other"
    )


def refused_after(mlleaks_, *arguments):
    code, _, err = mlleaks_(*arguments)
    assert code == 2
    return err


def text_rows(seed):
    colors = np.array(["red", "green", "blue"])
    return rows(seed).assign(
        c=colors[np.random.default_rng(seed).integers(3, size=60)],
        grade=np.where(rows(seed)["label"], "yes", "no"),
    )


def test_a_python_model_with_columns_of_text(mlleaks_):
    train = text_rows(1).drop(columns="label")
    encode = make_column_transformer((OneHotEncoder(), ["c"]), remainder="passthrough")
    model = make_pipeline(encode, LogisticRegression())
    joblib.dump(model.fit(train[["a", "b", "c"]], train["grade"]), "pipe.bin")
    Path("own_pipe.py").write_text("import joblib\ndef model(): return joblib.load('pipe.bin')\n")
    for name, seed in (("m.csv", 1), ("o.csv", 2), ("s.csv", 3)):
        saved(name, text_rows(seed).drop(columns="label").assign(record_id=np.arange(60)))
    options = ("--members", "m.csv", "--nonmembers", "o.csv", "--shadow", "s.csv", "--label", "grade")
    code, _, err = mlleaks_("audit", "own_pipe:model", *options)
    assert (code, err) == (0, "")
    stored = result("runs/own_pipe.model")
    assert stored["class_names"] == ["no", "yes"]
    assert stored["skipped"].keys() == skipped_by_default()


def test_arrays_of_any_shape(mlleaks_):
    Path("own_image.py").write_text(
        "import numpy as np\n"
        "class M:\n"
        "    def predict_proba(self, X):\n"
        "        assert X.shape[1:] == (4, 4) and X.dtype == np.uint8\n"
        "        p = X.reshape(len(X), -1).mean(axis=1) / 255\n"
        "        return np.column_stack([p, 1 - p])\n"
        "model = M()\n"
    )
    rng = np.random.default_rng(0)
    for name in ("m.npz", "o.npz"):
        X = rng.integers(256, size=(40, 4, 4), dtype=np.uint8)
        dark = (X.reshape(40, -1).mean(axis=1) < 127.5).astype(int)
        np.savez(name, X=X, y=1 - dark, species=dark, record_id=np.arange(40))
    sides = ("--members", "m.npz", "--nonmembers", "o.npz")
    assert mlleaks_("audit", "own_image:model", *sides, "--label", "species")[0] == 0
    assert result("runs/own_image.model")["target"]["train_accuracy"]["value"] == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.drop(columns="a"), "the same features in both"),
        (lambda t: t.rename(columns={"a": "x"}), "differ in the columns a, x"),
        (lambda t: t.drop(columns="label"), "labels on one side only"),
        (lambda t: t[:19], "19 nonmembers; expected at least 20"),
        (lambda t: t.assign(label=2), "among the nonmembers (60 such records)"),
        (lambda t: t.assign(a="red"), "error: got"),
        (lambda t: pd.concat([t, rows(1)[:3]]), "3 non-members that are identical to members"),
        (lambda t: t[["label"]], "no feature columns in o.csv"),
    ],
    ids=["fewer columns", "renamed", "unlabelled", "too few", "label", "text", "overlap", "no features"],
)
def test_records_that_do_not_fit_are_refused(refused, sides, change, says):
    saved("o.csv", change(rows(2)))
    assert says in refused(*sides)


def test_an_unknown_label_column_is_refused(refused, sides):
    assert "no column 'target' in m.csv (it has a, b, c, label)" in refused(*sides, "--label", "target")


def test_an_unknown_trainer_is_refused(refused, sides):
    assert "one of boosting, cnn, forest, logistic, mlp, tree" in refused(
        *sides, "--shadow", "s.csv", "--trainer", "svm"
    )


def test_a_trainer_without_a_shadow_is_refused_and_not_ignored(refused, sides):
    assert "--shadow" in refused(*sides, "--trainer", "forest")


def test_a_pickle_is_refused_unless_trusted(refused, sides):
    assert "--trust-pickle" in refused(*(word for word in sides if word != "--trust-pickle"))


def test_a_model_that_raises_is_explained(refused, sides):
    Path("own_raising.py").write_text(
        "class M:\n    def predict_proba(self, X): raise KeyError('age')\nm = M()\n"
    )
    assert "KeyError from predict_proba: 'age'" in refused("audit", "own_raising:m", *sides[3:])


@pytest.mark.parametrize(
    "body",
    [
        "def predict_proba(self, X): sys.exit(0)",
        "def predict_proba(self, X): return [[.5, .5]] * 2 if len(X) == 2 else sys.exit(0)",
        "classes_ = property(sys.exit)\n    def predict_proba(self, X): return [[.5, .5]] * len(X)",
        "feature_names_in_ = property(lambda self: sys.exit(0))\n    predict_proba = len",
        "predict_proba = property(lambda self: sys.exit(0))",
    ],
    ids=["every answer", "a later answer", "classes_", "feature_names_in_", "predict_proba"],
)
def test_a_model_that_exits_with_success_passes_no_gate(refused, sides, body):
    Path("own_exiting.py").write_text(f"import sys\nclass M:\n    {body}\nm = M()\n")
    assert "SystemExit" in refused("audit", "own_exiting:m", *sides[3:], "--fail-if", "leaks")


class Exiting:
    def __reduce__(self):
        return sys.exit, (0,)


def test_a_pickle_that_exits_with_success_passes_no_gate(refused, sides):
    joblib.dump(Exiting(), "m.joblib")
    err = refused("audit", "m.joblib", "--trust-pickle", *sides[3:], "--fail-if", "leaks")
    assert "SystemExit while opening m.joblib" in err


SILENT = "class Odd(Exception):\n    def __str__(self): sys.exit(0)\n"


@pytest.mark.parametrize(
    "rest",
    ["raise Odd", "class M:\n    def predict_proba(self, X): raise Odd\nm = M()"],
    ids=["imported", "asked"],
)
def test_an_error_whose_text_exits_with_success_passes_no_gate(refused, sides, rest):
    Path("own_odd.py").write_text(f"import sys\n{SILENT}{rest}\n")
    assert "got Odd " in refused("audit", "own_odd:m", *sides[3:], "--fail-if", "leaks")


def test_overlap_can_be_dropped(mlleaks_, sides):
    saved("o.csv", pd.concat([rows(2), rows(1)[:3]]))
    code, out, _ = mlleaks_(*sides, "--drop-overlap")
    assert code == 0
    assert "3 members and 3 non-members" in out
    assert result("runs/tree")["records"]["members"] == 57


def test_columns_in_another_order_are_put_right(mlleaks_, sides):
    assert mlleaks_(*sides, "--out", "straight")[0] == 0
    saved("o.csv", rows(2)[["label", "c", "b", "a"]])
    assert mlleaks_(*sides, "--out", "crossed")[0] == 0
    assert result("straight")["verdicts"] == result("crossed")["verdicts"]
    assert result("straight")["target"] == result("crossed")["target"]


def test_a_condition_that_holds_is_exit_code_3(mlleaks_):
    code, out, err = mlleaks_(
        "audit", saved(), "--fail-if", "auc > 0.99", "--fail-if", "leaks", "--fail-if", "auc > 0.5"
    )
    assert code == 3
    assert err == "fails: leaks\nfails: auc > 0.5\n"
    assert "Report: runs/p/report.html" in out
    assert Path("runs/p/report.html").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["> /dev/full", ">&-", "> /dev/full 2>&-"])
@pytest.mark.parametrize(("condition", "code"), [("leaks", 3), ("auc > 0.999", None)])
def test_a_gate_is_evaluated_where_nothing_can_be_shown(how, condition, code):
    command = f"{sys.executable} -m mlleaks audit {saved()} --fail-if '{condition}' {how}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == (code or (0 if how == ">&-" else 2))
    assert "Traceback" not in done.stderr
    if "2>" not in how:
        assert ("fails: leaks" in done.stderr) is (code == 3)
        assert ("No space left" in done.stderr) is (done.returncode == 2)
    assert Path("runs/p/report.html").is_file()


@pytest.mark.parametrize("when", ["import os; os.chdir('..')", "asked"])
def test_a_model_that_leaves_the_folder_goes_alone(mlleaks_, sides, when):
    body = "import os\n        os.chdir('/')\n        return [[.5, .5]] * len(X)"
    answer = body if when == "asked" else "return [[.5, .5]] * len(X)"
    first = "" if when == "asked" else when
    Path("own_going.py").write_text(
        f"{first}\nclass M:\n    def predict_proba(self, X):\n        {answer}\nm = M()\n"
    )
    here = Path.cwd()
    code, out, err = mlleaks_("audit", "own_going:m", *sides[3:], "--out", "run")
    assert (code, err, Path.cwd()) == (0, "", here)
    assert "Report: run/report.html" in out
    assert (here / "run" / "report.html").is_file()


@pytest.mark.parametrize(
    ("file", "folder"),
    [("12:30/p.csv", "p"), ("aux.csv", "-aux"), (".h.csv", "-h"), ("x" * 150 + ".csv", "x" * 99)],
)
def test_any_file_gives_its_run_a_folder(mlleaks_, file, folder):
    Path(file).parent.mkdir(exist_ok=True)
    assert mlleaks_("audit", saved(file))[0] == 0
    assert Path("runs", folder, "report.html").is_file()


@pytest.mark.parametrize("out", [".", "link"])
def test_a_place_that_no_run_can_take_is_refused_first(mlleaks_, monkeypatch, out):
    table = saved()
    Path("empty").mkdir()
    monkeypatch.chdir("empty")
    Path("../link").symlink_to("nothing")
    monkeypatch.setattr("mlleaks.auditing.audit.audit_posteriors", None)  # is not reached
    code, _, err = mlleaks_("audit", Path("..") / table, "--out", "." if out == "." else "../link")
    assert (code, "which a run cannot take the place of" in err) == (2, True)


def test_a_condition_that_does_not_hold_is_exit_code_0(mlleaks_):
    assert mlleaks_("audit", saved(), "--fail-if", "auc > 0.999")[::2] == (0, "")


def test_a_condition_on_a_skipped_attack_is_explained(mlleaks_):
    code, _, err = mlleaks_("audit", saved(), "--fail-if", "adversary-1:auc > 0.5")
    assert code == 2
    assert "'adversary-1', which was skipped" in err
    assert not Path("runs").exists()  # it is known before anything is done


def test_an_undefined_condition_does_not_hide_one_that_holds(mlleaks_):
    conditions = ("--fail-if", "tpr@0.1%fpr > 0.5", "--fail-if", "leaks")
    code, _, err = mlleaks_("audit", saved(), *conditions)
    assert code == 3
    assert "undefined" in err
    assert "fails: leaks" in err


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (("leaks",), 5),
        (("auc > 0.99", "leaks"), 5),
        (("leaks", "adversary-3-maximum:precision > 0.5"), 2),
        (("leaks", "auc < 0.5"), 3),
    ],
)
def test_sides_that_look_swapped_have_a_code_of_their_own(mlleaks_, conditions, expected):
    turned = posteriors().assign(member=~posteriors()["member"]).drop(columns="label")
    options = [part for condition in conditions for part in ("--fail-if", condition)]
    code, out, err = mlleaks_("audit", saved(table=turned), *options)
    assert code == expected
    assert "non-members that look more like training records" in err
    assert "up to 3 % of audits" in err
    assert "Report: runs/p/report.html" in out


@cache
def made():
    return mlleaks.audit_posteriors(posteriors(), name="p")


@pytest.fixture
def stored():
    """A run at runs/p, with a page that nobody has drawn."""
    runs.save_run(made().result, Path("runs/p"), pages={"report.html": "a page"})
    return Path("runs/p")


def test_an_existing_run_is_refused_before_any_work(mlleaks_, stored):
    saved()
    before = Path("runs/p/result.json").read_bytes()
    code, out, err = mlleaks_("audit", "p.csv")
    assert (code, out) == (2, "")
    assert "a run at runs/p" in err
    assert "--overwrite" in err
    assert Path("runs/p/result.json").read_bytes() == before
    assert mlleaks_("audit", "p.csv", "--overwrite", "--seed", "5")[0] == 0
    assert result("runs/p")["provenance"]["seed"] == 5


def test_a_bad_audit_leaves_the_run_that_is_there(mlleaks_, stored):
    before = Path("runs/p/result.json").read_bytes()
    saved("p.csv", posteriors()[:30])
    assert mlleaks_("audit", "p.csv", "--overwrite")[0] == 2
    assert Path("runs/p/result.json").read_bytes() == before


def test_a_place_that_cannot_be_written_is_explained(mlleaks_):
    Path("file").touch()
    code, _, err = mlleaks_("audit", saved(), "--out", "file/run")
    assert code == 2
    assert err.startswith("error: ")


@pytest.mark.parametrize("name", ["m[/x]", "[bold] ü"])
def test_names_may_hold_any_sign(mlleaks_, name):
    code, out, err = mlleaks_("audit", saved(), "--name", name, "--out", f"runs/{name}")
    assert (code, err) == (0, "")
    assert f"Report: runs/{name}/report.html" in out


@pytest.mark.slow
def test_report_renders_again(mlleaks_, stored):
    page = stored / "report.html"
    page.unlink()
    options = ("--charts", "png", "--charts", "svg", "--charts", "html", "--records", "r.csv")
    code, out, err = mlleaks_("report", "runs/p", *options)
    assert (code, err) == (0, "")
    assert "This model leaks" in out
    assert "<html" in page.read_text()
    starts = {".png": b"\x89PNG", ".svg": b"<svg", ".html": b"<!DOCTYPE html>"}
    charts = list(Path("runs/p/charts").iterdir())
    assert {chart.suffix for chart in charts} == set(starts)
    assert all(starts[chart.suffix] in chart.read_bytes()[:200] for chart in charts)
    assert not any("https://cdn" in c.read_text() for c in charts if c.suffix == ".html")
    records = pd.read_csv("r.csv")
    assert len(records) == 120
    assert {"record_id", "member", "label", "predicted", "gap"} <= set(records)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere",), "no result.json in nowhere"),
        (("runs/p", "--charts", "gif"), "chart format 'gif'; expected one of png, svg, html"),
        (("runs/p", "--records", "no/such/r.csv"), "no/such"),
    ],
)
def test_a_report_that_cannot_be_made_is_explained(mlleaks_, stored, arguments, says):
    code, _, err = mlleaks_("report", *arguments)
    assert code == 2
    assert says in err


@pytest.mark.parametrize("damage", [b"{}", b'{"schema": 2}', b"\xff"])
def test_a_damaged_run_is_explained(mlleaks_, damage):
    Path("run").mkdir()
    Path("run/result.json").write_bytes(damage)
    code, _, err = mlleaks_("report", "run")
    assert code == 2
    assert "a run at run that cannot be read" in err


def on_a_terminal(*command):
    """Return what a terminal would show, and the exit code."""
    here, there = pty.openpty()
    with subprocess.Popen(command, stdin=there, stdout=there, stderr=there, close_fds=True) as process:
        os.close(there)
        shown = b""
        while True:
            try:
                piece = os.read(here, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
    os.close(here)
    return shown.decode(), process.returncode


@pytest.mark.slow
def test_bars_appear_on_a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    shown, code = on_a_terminal(CONSOLE, "audit", saved())
    assert code == 0
    assert "attacking" in shown
    assert "━" in shown
    assert "Report: " in shown


@pytest.mark.slow
def test_no_bars_in_a_pipe():
    command = [CONSOLE, "audit", saved()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "attacking" not in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.slow
def test_an_output_that_knows_no_unicode_is_no_reason_to_fail(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = subprocess.run([CONSOLE, "audit", saved()], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_a_reader_that_leaves_early_sees_no_traceback():
    command = f"{CONSOLE} datasets | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
