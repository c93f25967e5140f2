"""Hugging Face text classification."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlleaks import InputError, ModelError
from mlleaks.targets.http.protocol import ServiceInfo
from mlleaks.targets.http.protocols import REGISTRY
from tests.targets.http.protocols.sent import send

URL = "https://router.huggingface.co/hf-inference/models/iris"
SPEC, INFO = REGISTRY["hugging-face"], ServiceInfo("hugging-face")
GOOD, BAD = {"label": "POSITIVE", "score": 0.9}, {"label": "NEGATIVE", "score": 0.1}


def test_all_classes_are_asked_for():
    body = send("hugging-face", URL, pd.Series(["a", "b"]))[1]
    assert body["inputs"] == ["a", "b"]
    assert body["parameters"]["top_k"] >= 1000
    assert send("hugging-face", URL, ["a"], classes=("x", "y"))[1]["parameters"] == {"top_k": 2}
    assert send("hugging-face", URL, ["a"], parameters={"top_k": 1})[1]["parameters"] == {"top_k": 1}
    assert send("hugging-face", URL, pd.DataFrame({"text": ["a"]}), body="one")[1]["inputs"] == "a"


def test_only_texts_are_sent():
    with pytest.raises(InputError, match="one text for each record"):
        send("hugging-face", URL, np.ones((2, 3)))
    with pytest.raises(InputError, match=r"missing values \(nan\)"):
        send("hugging-face", URL, pd.Series(["a", None]))


@pytest.mark.parametrize(
    ("answer", "n", "items"),
    [
        ([[GOOD, BAD], [BAD, GOOD]], 2, [[GOOD, BAD], [BAD, GOOD]]),
        ([GOOD, BAD], 1, [[GOOD, BAD]]),
        ([[GOOD, BAD]], 1, [[GOOD, BAD]]),
        ([GOOD, GOOD], 2, [[GOOD], [GOOD]]),
        ([GOOD], 1, [[GOOD]]),
    ],
)
def test_lists_with_and_without_nesting(answer, n, items):
    assert SPEC.read(answer, n, INFO) == items


def test_the_full_answer_to_one_text_is_no_answer_to_two():
    with pytest.raises(ModelError, match="2 different labels whose scores sum to 1"):
        SPEC.read([GOOD, BAD], 2, INFO)


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        ({"error": "loading"}, "an object of 1 members"),
        ([], "a list of 0"),
        ([["a"], ["b"]], "no lists of labels and scores"),
        ([[GOOD, GOOD]], "answers to 1 records"),
        ([[], [GOOD]], "no lists of labels and scores"),
    ],
)
def test_other_answers_are_refused(answer, match):
    with pytest.raises(ModelError, match=match):
        SPEC.read(answer, 2, INFO)


def test_it_is_recognised_by_its_host():
    assert SPEC.recognise(URL, {}) == INFO
    assert SPEC.recognise("https://x1.eu-west-1.aws.endpoints.huggingface.cloud", {}) == INFO
