"""Tensors of the protocol: what is read, what is refused, and that no message holds a value."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mlleaks.errors import InputError
from mlleaks.serving.tensors import parse_tensor, tensor_of

SECRET = "4242424242"


def document(datatype, shape, data, **more):
    return {"name": "x", "datatype": datatype, "shape": shape, "data": data, **more}


@pytest.mark.parametrize(
    ("datatype", "data", "dtype"),
    [
        ("FP64", [0.1, -2.5, 3], np.float64),
        ("FP32", [0.1, -2.5, 3], np.float32),
        ("FP16", [0.5, -2.5, 3], np.float16),
        ("INT64", [-(2**63), 2**63 - 1, 0], np.int64),
        ("UINT64", [2**64 - 1, 0, 1], np.uint64),
        ("INT8", [-128, 127, 0], np.int8),
        ("UINT8", [0, 255, 7], np.uint8),
        ("BOOL", [True, False, 1], np.bool_),
    ],
)
def test_numbers_keep_their_type_and_value(datatype, data, dtype):
    values = parse_tensor(document(datatype, [3], data)).values
    assert values.dtype == dtype
    assert values.tolist() == np.array(data, dtype=dtype).tolist()


def test_nested_and_flat_data_are_the_same():
    flat = parse_tensor(document("INT32", [2, 3], [1, 2, 3, 4, 5, 6]))
    nested = parse_tensor(document("INT32", [2, 3], [[1, 2, 3], [4, 5, 6]]))
    np.testing.assert_array_equal(flat.values, nested.values)
    assert flat.values.shape == (2, 3)


def test_null_is_a_missing_value():
    assert np.isnan(parse_tensor(document("FP64", [2, 1], [None, 1])).values).tolist() == [[True], [False]]
    text = parse_tensor(document("BYTES", [3], ["a", None, ""]))
    assert text.is_text
    assert text.values[[0, 2]].tolist() == ["a", ""]
    assert np.isnan(text.values[1])


@pytest.mark.parametrize(
    ("datatype", "data"),
    [
        ("FP64", [SECRET, 1]),
        ("FP64", [None, SECRET]),
        ("FP64", [1e999, 0]),
        ("FP32", [1e300, 4242424242]),
        ("FP64", [[1], [4242424242, 2]]),
        ("FP64", [{"a": SECRET}, 1]),
        ("INT64", [1.5, 4242424242]),
        ("INT64", [None, 4242424242]),
        ("INT64", [2**70, 1]),
        ("INT8", [4242424242, 1]),
        ("UINT8", [-1, 4242424242 % 256]),
        ("BOOL", [2, 1]),
        ("BOOL", ["true", SECRET]),
        ("BYTES", [SECRET, 1]),
        ("BYTES", [[SECRET], ["a", "b"]]),
    ],
)
def test_values_of_another_type_are_refused_and_not_repeated(datatype, data):
    with pytest.raises(InputError, match=f"do not fit their datatype {datatype}") as error:
        parse_tensor(document(datatype, [2], data))
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"shape": [3]}, r"got an input with 2 values and shape \[3\]; expected 3 values"),
        ({"data": [[1.0], [2.0]], "shape": [1, 2]}, r"2 values nested as \(2, 1\) and shape \[1, 2\]"),
        ({"shape": [-1]}, "whose shape is no list of whole numbers"),
        ({"shape": [2.0]}, "whose shape is no list of whole numbers"),
        ({"shape": [True]}, "whose shape is no list of whole numbers"),
        ({"shape": []}, "whose shape is no list of whole numbers"),
        ({"shape": 2}, "whose shape is no list of whole numbers"),
        ({"shape": [0], "data": []}, "without records"),
        ({"datatype": "STRING"}, "unknown datatype; expected one of BOOL, UINT8"),
        ({"datatype": ["FP64"]}, "unknown datatype"),
        ({"data": 1.0}, "data that are no list"),
        ({"name": 7}, "name is no text"),
        ({"parameters": {"content_type": "base64"}}, "another content_type"),
        ({"parameters": [1]}, "no JSON object"),
    ],
)
def test_what_is_no_tensor_is_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        parse_tensor(document("FP64", [2], [1.0, 2.0]) | wrong)


@pytest.mark.parametrize("key", ["name", "datatype", "shape", "data"])
def test_a_missing_entry_is_named(key):
    whole = document("FP64", [1], [1.0])
    del whole[key]
    with pytest.raises(InputError, match=f"without {key};"):
        parse_tensor(whole)


@pytest.mark.parametrize("content_type", ["np", "pd", "str", None])
def test_usual_content_types_are_accepted(content_type):
    parameters = {"content_type": content_type}
    assert parse_tensor(document("FP64", [1], [1.0], parameters=parameters)).values == [1.0]


@pytest.mark.parametrize(
    ("values", "datatype"),
    [
        (np.random.default_rng(0).random((5, 3)), "FP64"),
        (np.array([1, -2]), "INT64"),
        (np.array(["a", "ü"]), "BYTES"),
    ],
)
def test_an_answer_goes_through_json_without_loss(values, datatype):
    read = parse_tensor(json.loads(json.dumps(tensor_of("y", values))))
    assert tensor_of("y", values)["datatype"] == datatype
    assert read.values.tolist() == values.tolist()
