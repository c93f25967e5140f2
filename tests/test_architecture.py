"""The house: no cycles, small files, few modules at the root, docs that follow from the code."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from pathlib import Path

import grimp
import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import mlleaks

ROOT = Path(__file__).parents[1]
PACKAGE = Path(mlleaks.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))


def test_the_root_has_few_modules():
    assert {path.stem for path in PACKAGE.glob("*.py")} <= {
        *("__init__", "__main__"),
        *("errors", "types", "seeds", "progress"),
    }


def test_files_are_small():
    lengths = {path: path.read_text().count("\n") for path in FILES}
    assert {path: n for path, n in lengths.items() if n > 300} == {}
    assert statistics.median(lengths.values()) <= 100


def test_functions_are_short():
    """Nine of ten bodies, without the docstring, have at most 18 lines."""
    functions = [
        node
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    ]
    assert np.quantile([body_lines(function) for function in functions], 0.9) <= 18


def body_lines(function):
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_no_modules_import_each_other_in_a_circle_not_even_for_type_checkers():
    graph = grimp.build_graph("mlleaks", exclude_type_checking_imports=False)
    names = sorted(graph.modules)
    index = {name: i for i, name in enumerate(names)}
    edges = [
        (index[name], index[other])
        for name in names
        for other in graph.find_modules_directly_imported_by(name)
    ]
    rows, columns = np.array(edges).T
    matrix = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(names),) * 2)
    _, labels = connected_components(matrix, directed=True, connection="strong")
    circles = [[n for n, own in zip(names, labels, strict=True) if own == label] for label in set(labels)]
    assert [circle for circle in circles if len(circle) > 1] == []


@pytest.mark.slow
def test_the_generated_parts_of_the_docs_are_up_to_date():
    call = [sys.executable, str(ROOT / "tools" / "generated.py"), "--check"]
    run = subprocess.run(call, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
