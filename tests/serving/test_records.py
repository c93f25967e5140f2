"""From tensors to the records that a model takes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from mlleaks.defenses import LabelOnly, mask_model
from mlleaks.errors import InputError
from mlleaks.models import SklearnTrainer
from mlleaks.serving.interface import classes_of, columns_of, record_shape_of
from mlleaks.serving.records import records_for
from mlleaks.serving.tensors import Tensor
from mlleaks.types import Dataset

AGE, HEIGHT = Tensor("age", np.array([5, 6])), Tensor("height", np.array([[1.5], [1.6]]))
FRAME = pd.DataFrame({"age": [5, 6], "height": [1.5, 1.6]})
TEXT = Tensor("text", np.array(["a b", "c"], dtype=object))


class AnyRecords:
    """A model that says nothing of itself."""

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


def of_frame():
    return LogisticRegression().fit(FRAME, [0, 1])


def of_array():
    return LogisticRegression().fit(FRAME.to_numpy(), [0, 1])


def test_columns_are_found_by_name():
    pd.testing.assert_frame_equal(records_for(of_frame(), [HEIGHT, AGE]), FRAME)


def test_one_tensor_gets_the_columns_of_the_model():
    both = Tensor("any", FRAME.to_numpy())
    pd.testing.assert_frame_equal(records_for(of_frame(), [both]), FRAME.astype(float))


def test_a_model_of_one_column_takes_it_under_any_name():
    model = LogisticRegression().fit(FRAME[["age"]], [0, 1])
    pd.testing.assert_frame_equal(records_for(model, [Tensor("input", AGE.values)]), FRAME[["age"]])


def test_columns_without_names_are_an_array_in_their_order():
    np.testing.assert_array_equal(records_for(of_array(), [AGE, HEIGHT]), FRAME.to_numpy())
    np.testing.assert_array_equal(records_for(AnyRecords(), [HEIGHT, AGE]), FRAME.to_numpy()[:, ::-1])


def test_text_columns_and_tables_are_a_frame():
    frame = records_for(AnyRecords(), [AGE, TEXT])
    assert frame.to_dict("list") == {"age": [5, 6], "text": ["a b", "c"]}
    pd.testing.assert_frame_equal(records_for(AnyRecords(), [AGE, HEIGHT], table=True), FRAME)


@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_a_column_of_text_reaches_a_vectorizer_as_texts(shape):
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(["good one", "bad one"], [1, 0])
    texts = np.array(["good", "bad"], dtype=object)
    records = records_for(model, [Tensor("text", texts.reshape(shape))])
    np.testing.assert_array_equal(model.predict_proba(records), model.predict_proba(["good", "bad"]))


def test_images_keep_their_shape():
    images = np.zeros((2, 28, 28, 3))
    assert records_for(AnyRecords(), [Tensor("x", images)]) is images


@pytest.mark.parametrize(
    ("make", "tensors", "message"),
    [
        (
            of_array,
            [Tensor("x", np.zeros((4, 3)))],
            r"got records of shape \[3\]; expected records of shape \[2\]",
        ),
        (of_array, [Tensor("x", np.zeros((4, 2, 1)))], r"got records of shape \[2, 1\]"),
        (of_array, [AGE], r"got records of shape \[1\]; expected records of shape \[2\]"),
        (
            of_frame,
            [Tensor("x", np.zeros((4, 3)))],
            r"got records of shape \[3\]; expected records of shape \[2\]",
        ),
        (of_frame, [AGE], r"got 1 columns, 1 missing \(height\), 0 that the model does not know"),
        (of_frame, [AGE, HEIGHT, TEXT], "got 3 columns, none missing, 1 that the model does not know"),
        (of_frame, [AGE, AGE], "two have one name"),
        (of_frame, [AGE, Tensor("height", np.zeros(3))], "inputs with 2 to 3 records"),
        (AnyRecords, [AGE, Tensor("x", np.zeros((2, 2)))], r"one of them with rows of shape \(2,\)"),
    ],
)
def test_what_does_not_fit_is_refused(make, tensors, message):
    with pytest.raises(InputError, match=message):
        records_for(make(), tensors)


def test_what_this_package_wraps_in_a_model_is_looked_through():
    data = Dataset("made", FRAME, np.array([0, 2]), 3)
    model = mask_model(SklearnTrainer(LogisticRegression())(data, np.random.default_rng(0)), LabelOnly())
    assert columns_of(model) == ["age", "height"]
    assert record_shape_of(model) == (2,)
    assert classes_of(model) == [0, 1, 2]  # all columns of the answers, not those that were trained on


def test_a_wrapper_of_the_users_is_not_looked_through():
    outer = AnyRecords()
    outer.model = outer.estimator = of_frame()
    assert (columns_of(outer), record_shape_of(outer), classes_of(outer)) == (None, None, None)


@pytest.mark.parametrize(
    ("y", "names"), [([3, 8], [3, 8]), (["b", "a"], ["a", "b"]), ([True, False], ["False", "True"])]
)
def test_names_of_classes_are_whole_numbers_or_text(y, names):
    assert classes_of(LogisticRegression().fit(FRAME, y)) == names
