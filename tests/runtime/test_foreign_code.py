"""What a user's code raises is translated; what ends the program is not."""

from __future__ import annotations

import pytest

from mlleaks import ModelError
from mlleaks.errors import InputError, Stopped
from mlleaks.runtime.foreign_code import calling

BLOCK = {"expected": "posteriors", "fix": "Repair the model."}


@pytest.mark.parametrize("error", [ValueError("odd"), SystemExit(0), GeneratorExit(), BaseException("odd")])
def test_whatever_is_raised_becomes_a_model_error(error):
    said = f"got {type(error).__name__} from predict_proba"
    with pytest.raises(ModelError, match=said), calling("from predict_proba", **BLOCK):
        raise error


@pytest.mark.parametrize(
    "error",
    [Stopped(15), KeyboardInterrupt(), InputError("x", expected="y", fix="Z.")],
)
def test_what_ends_the_program_and_our_own_errors_pass(error):
    with pytest.raises(type(error)) as caught, calling("from predict_proba", **BLOCK):
        raise error
    assert caught.value is error
