"""Models, trainers, domains and defenses that are wrong in every way: a right answer or a clear error."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import mlleaks
from mlleaks import InputError, ModelError
from mlleaks.auditing.collecting import observe_shadow, query_randomly
from mlleaks.comparisons.defenses import compare_defenses
from mlleaks.data.domains import BoxDomain
from mlleaks.data.membership_plan import plan_members
from mlleaks.data.splits import half_split
from mlleaks.errors import Stopped
from mlleaks.models import SklearnTrainer, as_trainer, trainer_like
from mlleaks.outputs.query import BATCH, query
from mlleaks.seeds import Seeds
from mlleaks.shadows import InProcess, train_shadows
from mlleaks.storage.fingerprint import describe
from mlleaks.types import Dataset

N, WIDTH, CLASSES = 40, 3, 3


def side(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, WIDTH)), rng.permutation(np.arange(N) % CLASSES)


MEMBERS, NONMEMBERS, SHADOW = map(side, (1, 2, 3))
DATA = Dataset("made", *SHADOW, CLASSES)


def right(X):
    """Return posteriors that depend on the record alone."""
    odds = np.exp(np.asarray(X)[:, :CLASSES])
    return odds / odds.sum(axis=1, keepdims=True)


class Model:
    def __init__(self, answer=right, **attributes):
        self.answer = answer
        vars(self).update(attributes)

    def predict_proba(self, X):
        return self.answer(X)


def run(model=None, **options):
    return mlleaks.audit(model or Model(), members=MEMBERS, nonmembers=NONMEMBERS, **options)


def refused(says, call, *args, **options):
    """Call it; the error must have three parts and match."""
    with pytest.raises((InputError, ModelError), match=says) as caught:
        call(*args, **options)
    assert all(str(part).strip() for part in caught.value.args)
    assert len(caught.value.args) == 3


def raising(error):
    def call(*args, **kwargs):
        raise error

    return call


ENDINGS = {
    "exit 0": SystemExit(0),
    "exit": SystemExit(),
    "base": BaseException("odd"),
    "cancelled": asyncio.CancelledError(),
    "memory": MemoryError(),
    "stop": StopIteration(),
    "assertion": AssertionError("odd"),
    "recursion": RecursionError("deep"),
}
endings = pytest.mark.parametrize("error", ENDINGS.values(), ids=ENDINGS)


@endings
def test_a_model_that_ends_the_program(error):
    refused(f"{type(error).__name__} from predict_proba", run, Model(raising(error)))


@endings
def test_a_trainer_that_ends_the_program(error):
    refused(f"{type(error).__name__} from the trainer call", run, shadow=SHADOW, trainer=raising(error))


@endings
def test_an_estimator_whose_fit_ends_the_program(error):
    class Ending(LogisticRegression):
        fit = raising(error)

    says = f"{type(error).__name__} while training Ending"
    refused(says, SklearnTrainer(Ending()), DATA, np.random.default_rng(0))


@endings
def test_a_domain_that_ends_the_program(error):
    refused(f"{type(error).__name__} from the domain", run, domain=raising(error))


@endings
def test_a_defense_that_ends_the_program(error):
    says = f"{type(error).__name__} from the defense 'mine'"
    refused(says, compare_defenses, DATA, DecisionTreeClassifier(), {"mine": raising(error)}, seeds=1)


@pytest.mark.parametrize("name", ["classes_", "predict_proba", "feature_names_in_"])
@endings
def test_an_attribute_that_ends_the_program(name, error):
    kind = type("Odd", (Model,), {name: property(raising(error))})
    model = kind.__new__(kind)
    model.answer = right
    frames = [(pd.DataFrame(X, columns=list("abc")), y) for X, y in (MEMBERS, NONMEMBERS)]
    says = f"{type(error).__name__} from the attribute {name} of Odd"
    refused(says, mlleaks.audit, model, members=frames[0], nonmembers=frames[1])


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Stopped(15)])
def test_what_is_not_the_models_own_goes_through(error):
    with pytest.raises(type(error)):
        run(Model(raising(error)))


@pytest.mark.parametrize("what", ["trainer", "signal"])
def test_shadows_whose_code_ends_the_program(what, tmp_path):
    trainer, signal = (ending, first) if what == "trainer" else (DecisionTreeClassifier(), ending_late)
    made = plan_members(N, 2, np.random.default_rng(0))
    refused("SystemExit", train_shadows, trainer, DATA, made, Seeds(0), folder=tmp_path, signal=signal)


def ending(data, rng):
    raise SystemExit(0)


def ending_late(posteriors, labels):
    if len(labels) > 2:  # the first two are an example's
        raise SystemExit(0)
    return posteriors


def first(posteriors, labels):
    return posteriors[:, 0]


def network(shape, n_classes):
    raise SystemExit(0)


def test_shadows_whose_network_ends_the_program(tmp_path):
    trainer = mlleaks.ModuleTrainer(build=network, epochs=1)
    made = plan_members(N, 2, np.random.default_rng(0))
    refused("SystemExit", train_shadows, trainer, DATA, made, Seeds(0), folder=tmp_path)


def test_a_trainer_whose_settings_cannot_be_read():
    class Odd:
        __repr__ = raising(ValueError("odd"))

        def __call__(self, data, rng):
            return Model()

    refused("ValueError while describing Odd: odd", describe, Odd())


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda X: None, r"answers of shape \(\) to 2 records \(NoneType\)"),
        (lambda X: 0.5, r"answers of shape \(\) to 2 records \(float\)"),
        (lambda X: right, r"answers of shape \(\) to 2 records \(function\)"),
        (lambda X: (p for p in right(X)), r"answers of shape \(\) to 2 records \(generator\)"),
        (lambda X: [[1.0], [0.5, 0.5]], "ValueError from answers of type list.*return a NumPy array"),
        (lambda X: right(X)[:, 0], r"answers of shape \(2,\) to 2 records"),
        (lambda X: right(X)[:, :1], r"answers of shape \(2, 1\)"),
        (lambda X: right(X)[:, :0], r"answers of shape \(2, 0\)"),
        (lambda X: right(X)[:-1], r"answers of shape \(1, 3\) to 2 records"),
        (lambda X: right(X).astype(str), "answers that are not numbers .*<U"),
        (lambda X: right(X).astype(complex), r"answers that are not numbers \(complex128\)"),
        (lambda X: right(X).astype("m8[s]"), "answers that are not numbers .*timedelta64"),
        (lambda X: right(X).astype(str).astype(object).tolist(), "answers that are not numbers"),
        (lambda X: np.full((len(X), 3), {}), "answers that are not numbers"),
        (lambda X: right(X) * np.nan, "nan or infinite answers in 2 rows"),
        (lambda X: 9 * np.asarray(X), "negative answers.*from_logits|sum to.*from_logits"),
        (lambda X: {"a": right(X)}, r"answers of shape \(\) to 2 records \(dict\)"),
        (lambda X: [right(X), right(X)], r"answers of shape \(2, 2, 3\) to 2 records \(list\)"),
    ],
)
def test_answers_that_cannot_be_posteriors(answer, says):
    refused(says, run, Model(answer))


@pytest.mark.parametrize(
    "answer",
    [
        lambda X: right(X).tolist(),
        lambda X: tuple(map(tuple, right(X))),
        lambda X: list(right(X)),
        lambda X: pd.DataFrame(right(X), columns=list("xyz"), index=range(7, 7 + len(X))),
        lambda X: sparse.csr_array(right(X)),
        lambda X: torch.tensor(right(X), requires_grad=True),
        lambda X: np.asfortranarray(right(X)),
        lambda X: right(X).astype(np.longdouble),
        lambda X: [[Fraction(float(p)) for p in row] for row in right(X)],
    ],
)
def test_answers_in_other_forms_are_the_same(answer):
    plain, other = run(), run(Model(answer))
    pd.testing.assert_frame_equal(plain.to_frame(), other.to_frame())


def test_answers_whose_width_changes_between_batches():
    model = Model(lambda X: right(X) if len(X) > N else np.full((len(X), 2), 0.5))
    many = np.tile(MEMBERS[0], (BATCH // N + 1, 1))  # a whole batch and some more
    refused("answers with 2 columns; expected one for each of the 3 classes", query, model, many)


def test_no_records_to_query_on():
    refused("no records to ask about", query, Model(), MEMBERS[0][:0])


def test_a_model_that_refuses_records_names_their_form():
    refused(r"KeyError.*like these \(ndarray with rows of shape \(3,\)\)", run, Model(raising(KeyError("x"))))


def test_the_error_of_a_model_that_refuses_only_random_queries_names_the_domain():
    records = np.concatenate([MEMBERS[0], NONMEMBERS[0]])

    def refuse_other_records(X):
        if not np.isin(X, records).all():
            raise ValueError("never seen")
        return right(X)

    says = r"never seen \(asked about random queries from the ranges of the records\).*pass domain="
    refused(says, run, Model(refuse_other_records))
    refused("ValueError from predict_proba: never seen; ", run, Model(refuse_other_records), domain=uniform)


def uniform(n, rng):
    return rng.random((n, WIDTH))


class Untrained:
    predict_proba = None


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (right, "function as the model.*wrap other models in an object with predict_proba"),
        (5, "int as the model"),
        (Model, "the class Model as the model.*Pass an instance"),
        (DecisionTreeClassifier, "the class DecisionTreeClassifier as the model"),
        (Untrained(), "Untrained as the model"),
        ("model.skops", "str as the model"),
        (DecisionTreeClassifier(), "NotFittedError from predict_proba"),
        (mlleaks.MLPTrainer(), "MLPTrainer as the model"),
    ],
)
def test_what_is_no_model(model, says):
    refused(says, mlleaks.audit, model, members=MEMBERS, nonmembers=NONMEMBERS)


def test_none_as_a_model():
    refused("None as the model", mlleaks.audit, None, members=MEMBERS, nonmembers=NONMEMBERS)


@pytest.mark.parametrize(
    ("classes", "says"),
    [
        (3, r"classes_ = 3 from Model.*a list of different names"),
        ([0, 1, 1], r"classes_ = \[0, 1, 1\] from Model.*a list of different names"),
        ("abc", "classes_ = 'abc' from Model"),
        ({0, 1, 2}, r"classes_ = \{0, 1, 2\} from Model"),
        ({0: "a", 1: "b", 2: "c"}, "classes_ = .* from Model"),
        ([[0], [1], [2]], "classes_ = .* from Model"),
        ([np.arange(2), np.arange(3)], "ValueError while reading classes_"),
        (np.array([{}, {}, {}], dtype=object), "TypeError while reading classes_"),
        ([0, 1], "3 columns from a model that names 2 classes"),
        ([], "3 columns from a model that names 0 classes"),
        (lambda: [0, 1, 2], "classes_ = a function from Model"),
    ],
)
def test_classes_that_name_no_columns(classes, says):
    refused(says, run, Model(classes_=classes))


@pytest.mark.parametrize(
    "classes", [[0, 1, 2], (0, 1, 2), range(3), pd.Index([0, 1, 2]), torch.arange(3), None, np.arange(3.0)]
)
def test_classes_in_other_forms_are_the_same(classes):
    pd.testing.assert_frame_equal(run().to_frame(), run(Model(classes_=classes)).to_frame())


@pytest.mark.parametrize("names", [3, [["a"], ["b"], ["c"]]])
def test_names_of_features_that_are_no_list(names):
    frames = [(pd.DataFrame(X, columns=list("abc")), y) for X, y in (MEMBERS, NONMEMBERS)]
    refused(
        "TypeError while reading feature_names_in_",
        mlleaks.audit,
        Model(feature_names_in_=names),
        members=frames[0],
        nonmembers=frames[1],
    )


@pytest.mark.parametrize(
    ("trainer", "says"),
    [
        (mlleaks.MLPTrainer, r"the class MLPTrainer as a trainer.*Pass an instance: MLPTrainer\(\.\.\.\)"),
        (DecisionTreeClassifier, "the class DecisionTreeClassifier as a trainer.*Pass an instance"),
        ("mlp", "a trainer of type str"),
        (Model(), "a trainer of type Model"),
    ],
)
def test_what_is_no_trainer(trainer, says):
    refused(says, as_trainer, trainer)
    refused(says, run, shadow=SHADOW, trainer=trainer)


@pytest.mark.parametrize(
    ("trainer", "says"),
    [
        (lambda data, rng: None, "None as what the trainer <lambda> returned"),
        (lambda data, rng: right, "function as what the trainer <lambda> returned"),
        (lambda data, rng: Model, "the class Model as what the trainer <lambda> returned"),
        (lambda data: Model(), "TypeError from the trainer <lambda>"),
        (lambda data, rng: Model(lambda X: None), r"answers (of the shadow model )?of shape \(\)"),
        (lambda data, rng: Model(classes_=[0, 0, 1]), r"classes_ = \[0, 0, 1\]"),
        (
            lambda data, rng: Model(lambda X: right(X)[:, :2] + 0.25),
            "answers (of the shadow model )?with 2 columns",
        ),
    ],
)
def test_trainers_that_make_no_model(trainer, says):
    refused(says, run, shadow=SHADOW, trainer=trainer)
    refused(says, mlleaks.audit_trainer, Dataset("made", *side_of(4 * N), CLASSES), trainer)


def side_of(n):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, WIDTH)), rng.permutation(np.arange(n) % CLASSES)


def test_a_class_that_is_trained_by_being_made_is_a_trainer():
    class Trained(Model):
        def __init__(self, data, rng):
            super().__init__()

    assert as_trainer(Trained) is Trained
    assert "adversary-1" not in run(shadow=SHADOW, trainer=Trained).result.skipped


def test_a_shadow_whose_columns_stand_in_another_order_is_put_right():
    def turned(data, rng):
        return Model(lambda X: right(X)[:, ::-1], classes_=[2, 1, 0])

    split = half_split(DATA, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    straight = observe_shadow(split, lambda data, rng: Model(), rng)
    other = observe_shadow(split, turned, rng)
    np.testing.assert_array_equal(straight.outputs.posteriors, other.outputs.posteriors)


def test_a_target_that_a_function_trained_without_a_class_answers_for_it():
    def train(data, rng):
        some = data.y > 0
        return LogisticRegression().fit(data.X[some], data.y[some])

    report = mlleaks.audit_trainer(Dataset("made", *side_of(200), CLASSES), train)
    assert set(report.records()["predicted"]) == {1, 2}


def test_a_model_whose_settings_cannot_be_read_is_audited_with_the_papers_shadow():
    model = Model(get_params=raising(ValueError("odd")), fit=None)
    model.fit = right
    assert trainer_like(model) == mlleaks.MLPTrainer()


@pytest.mark.parametrize(
    ("domain", "says"),
    [
        ("uniform", "a domain of type str; expected a function"),
        (np.zeros((1000, WIDTH)), "a domain of type ndarray; expected a function"),
        (BoxDomain, "TypeError from the domain"),
        (lambda n: np.zeros((n, WIDTH)), "TypeError from the domain"),
        (lambda n, rng: None, r"random queries of shape \(\) .*expected 1000 records"),
        (lambda n, rng: rng.random((3, WIDTH)), r"random queries of shape \(3, 3\).*expected 1000 records"),
        (lambda n, rng: rng.random((n, WIDTH + 1)), r"rows of shape \(4,\), records as .* shape \(3,\)"),
        (lambda n, rng: rng.random((n, WIDTH, 1)), r"rows of shape \(3, 1\), records as .* shape \(3,\)"),
        (lambda n, rng: rng.random(n), r"random queries of shape \(1000,\)"),
        (lambda n, rng: [[1.0]] + [[1.0, 2.0]] * (n - 1), "ValueError from the domain"),
        (
            lambda n, rng: pd.DataFrame(rng.random((n, WIDTH))),
            "a DataFrame with the columns 0, 1, 2, records as an",
        ),
        (
            lambda n, rng: sparse.csr_array(rng.random((n, WIDTH))),
            "a sparse matrix with rows .* records as an array",
        ),
        (
            lambda n, rng: np.full((n, WIDTH), np.nan),
            r"nan or infinite answers to random queries in 1000 rows",
        ),
    ],
)
def test_domains_that_draw_no_records(domain, says):
    refused(says, run, domain=domain)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ("ab", "columns a, b, records as a DataFrame with the columns a, b, c"),
        ("abcd", "columns a, b, c, d, records as"),
        ("abb", "columns a, b, b, records as"),
        (None, r"an array with rows of shape \(3,\), records as a DataFrame"),
    ],
)
def test_domains_with_other_columns(columns, says):
    def domain(n, rng):
        queries = rng.random((n, len(columns or "abc")))
        return pd.DataFrame(queries, columns=list(columns)) if columns else queries

    refused(says, audited_frames, domain)


def audited_frames(domain):
    frames = [(pd.DataFrame(X, columns=list("abc")), y) for X, y in (MEMBERS, NONMEMBERS)]
    return mlleaks.audit(Model(), members=frames[0], nonmembers=frames[1], domain=domain)


def test_domains_in_other_forms_are_the_same():
    def draws(n, rng):
        return pd.DataFrame(rng.random((n, WIDTH)), columns=list("abc"))

    plain = audited_frames(draws)
    turned = audited_frames(lambda n, rng: draws(n, rng)[["c", "a", "b"]])
    pd.testing.assert_frame_equal(plain.to_frame(), turned.to_frame())
    listed = run(domain=lambda n, rng: draws(n, rng).to_numpy().tolist())
    arrays = run(domain=lambda n, rng: draws(n, rng).to_numpy())
    pd.testing.assert_frame_equal(listed.to_frame(), arrays.to_frame())


def test_adversary_3_alone_checks_the_number_of_queries():
    refused(
        "expected 1000 records",
        query_randomly,
        Model(),
        lambda n, rng: np.zeros((3, WIDTH)),
        Seeds(0).stream("noise"),
    )


@pytest.mark.parametrize("seed", ["0", 1.5, None, True, -1, [0]])
def test_wrong_seeds(seed):
    refused("got seed .*expected a whole number from 0 on", run, seed=seed)
    refused("got seed .*expected a whole number from 0 on", compare, seed=seed)


@pytest.mark.parametrize("seeds", ["5", 2.5, True, 0, None])
def test_wrong_numbers_of_seeds(seeds):
    refused("seeds; expected a whole number from 1 on", compare, seeds=seeds)


compare = partial(compare_defenses, DATA, DecisionTreeClassifier(), ["label-only"], backend=InProcess())


@pytest.mark.parametrize(
    ("defenses", "says"),
    [
        (5, "the defenses 5; expected a list of names"),
        ("label-only", "the defenses 'label-only'; expected a list of names"),
        ([3], "the defense 3; expected one of"),
        ({"mine": None}, "NoneType as the defense 'mine'; expected a function"),
        ({"mine": lambda trainer: None}, "a trainer of type NoneType"),
        ({"mine": lambda: None}, "TypeError from the defense 'mine'"),
    ],
)
def test_what_is_no_defense(defenses, says):
    refused(says, compare_defenses, DATA, DecisionTreeClassifier(), defenses, seeds=1)
