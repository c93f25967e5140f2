"""The parts of an endpoint's URL."""

from __future__ import annotations

import pytest

from mlleaks import InputError
from mlleaks.targets.http.urls import with_path, without_verb


def test_ports_users_and_queries_stay():
    assert with_path("https://me@host:8443/a/b?key=1#part", "/c") == "https://me@host:8443/c?key=1"


@pytest.mark.parametrize("url", ["http://host/v1/models/iris:predict", "http://host/prefix/v1/models/iris"])
def test_a_model_may_lie_behind_a_prefix(url):
    assert without_verb(url, ":predict", marker="/v1/models/").endswith("/v1/models/iris")


@pytest.mark.parametrize("url", ["http://host", "http://host/v1/models/", "http://host/v2/models/iris/infer"])
def test_a_url_without_a_model_is_refused(url):
    with pytest.raises(InputError, match="expected /v1/models/NAME:predict"):
        without_verb(url, ":predict", marker="/v1/models/")
