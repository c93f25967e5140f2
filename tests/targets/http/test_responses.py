"""Responses: JSON, CSV, and what is neither."""

from __future__ import annotations

import math

import pytest

from mlleaks import ModelError
from mlleaks.targets.http.responses import parse_response


def test_json_whatever_the_content_type():
    assert parse_response(b'["\xe2\x98\x83"]', "application/json") == ["☃"]
    assert parse_response(b"\xef\xbb\xbf[1]", "text/plain; charset=utf-8") == [1]
    assert math.isnan(parse_response(b"[NaN]", "")[0])


def test_csv_stays_text():
    assert parse_response(b"[0.1]\n", "text/csv; charset=utf-8") == "[0.1]\n"


@pytest.mark.parametrize(
    ("body", "content_type", "match"),
    [
        (b"<html>patient 4711</html>", "text/html", "a page of 25 bytes"),
        (b"\n<!doctype html>4711", "application/json", "a page of 20 bytes"),
        (b'{"predictions": [[0.1, 4711', "application/json", "27 bytes that are no JSON.*cut off"),
        (b"", "application/json", "an empty answer"),
        (b"\xff\xfe4711", "application/json", "no JSON"),
        (b"\xff4711", "text/csv", "no JSON"),
        (b"[" * 100_000, "application/json", "100000 bytes that are no JSON"),
    ],
)
def test_other_responses_are_refused_without_their_text(body, content_type, match):
    with pytest.raises(ModelError, match=match) as error:
        parse_response(body, content_type)
    assert "4711" not in str(error.value)
