"""The options that commands share: the same word, type and text in each, and lists in one form."""

from __future__ import annotations

from collections import defaultdict

import pytest
import typer

from mlleaks.cli import app
from mlleaks.cli.options import BackendName, ScaleName, SignalName, TrainerName, separated
from mlleaks.cli.resolve import backend_of, estimator_of, signal_of
from mlleaks.errors import InputError
from mlleaks.studies.engine.scale import SCALES

OPTIONS = defaultdict(dict)
for name, command in typer.main.get_command(app).commands.items():
    for param in command.params:
        OPTIONS[param.name][name] = param


class Option:
    """Stands for the option that is parsed."""

    name, opts = "datasets", ("--datasets",)


def test_every_name_stands_for_an_object():
    assert all(estimator_of(name) is not None for name in TrainerName)
    assert all(signal_of(name) is not None for name in SignalName)
    assert all(backend_of(name) is not None for name in BackendName)
    assert list(SCALES) == list(ScaleName)


@pytest.mark.parametrize("option", sorted(name for name, commands in OPTIONS.items() if len(commands) > 1))
def test_an_option_of_several_commands_has_one_type_and_one_spelling(option):
    params = OPTIONS[option].values()
    assert len({tuple(param.opts) for param in params}) == 1
    assert len({tuple(param.secondary_opts) for param in params}) == 1
    assert len({param.metavar for param in params if option != "data"}) <= 1


@pytest.mark.parametrize("option", ["seed", "overwrite", "epochs", "backend", "jobs", "gpus", "device"])
def test_a_shared_option_has_one_text(option):
    assert len({param.help for param in OPTIONS[option].values()}) == 1


@pytest.mark.parametrize("values", [["a,b"], ["a", "b"], [" a, b,"], ["a", " ,b"]])
def test_a_list_is_repeated_or_has_commas(values):
    assert separated(Option, values) == ["a", "b"]


def test_a_list_that_was_not_passed_is_empty_and_one_without_names_is_refused():
    assert separated(Option, None) == []
    with pytest.raises(InputError, match="no name in --datasets"):
        separated(Option, [" ,"])


def test_conditions_may_be_in_one_option(mlleaks_):
    code, _, err = mlleaks_("audit", "p.csv", "--fail-if", "leaks,auc >> 1")
    assert (code, "the condition 'auc >> 1'" in err) == (2, True)


@pytest.mark.parametrize("command", ["defend", "reproduce"])
def test_a_list_needs_nothing_else(mlleaks_, command):
    code, out, err = mlleaks_(command, "--list")
    assert (code, err) == (0, "")
    assert len(out.splitlines()) > 10
