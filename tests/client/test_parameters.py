"""The parameters of a notebook, as its tagged cell sets them."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from jobs_ext.client.errors import InvalidRequest
from jobs_ext.client.parameters import described_notebook
from jobs_ext.client.submitter import Submitter

CELL = """
%matplotlib inline
import datetime
city: str = "Rome"  # which city: by name
years = [2020, 2021]
share: float = 1
n: int
neg = -3
today = datetime.date.today()
odd = {1, 2}
a, b = 1, 2
neg = -4
"""


@pytest.fixture
def notebook(tmp_path):
    def write(cell, tags=("parameters",), language="python"):
        made = new_notebook(
            cells=[new_code_cell("1"), new_code_cell(cell, metadata={"tags": [*tags]})],
            metadata={"kernelspec": {"name": "x", "display_name": "x", "language": language}},
        )
        path = tmp_path / "report.ipynb"
        nbformat.write(made, path)
        return path

    return write


def test_names_types_defaults_and_help(notebook):
    about = described_notebook(notebook(CELL))
    assert about.title == "report"
    assert about.required == {"n"}
    assert {name: one.get("type") for name, one in about.properties.items()} == {
        "city": "string",
        "years": "array",
        "share": "number",
        "n": "integer",
        "neg": "integer",
    }
    assert about.properties["city"]["description"] == "which city: by name"
    assert about.properties["neg"]["default"] == -4


@pytest.mark.parametrize(
    ("cell", "more"),
    [
        ("x = 1", {"tags": ("other",)}),
        ("x = 1", {"language": "R"}),
        ("x = (", {}),
        ("'''", {}),
        ("", {}),
    ],
)
def test_what_has_no_parameters_is_told(notebook, cell, more):
    with pytest.raises(InvalidRequest, match="no cell in Python is tagged 'parameters'") as caught:
        described_notebook(notebook(cell, **more))
    assert caught.value.field == "target.notebook"


@pytest.mark.parametrize("text", [b"", b"\xff", b"[]", b'{"cells": 3}', b"[" * 100_000])
def test_what_is_no_notebook_is_told(tmp_path, text):
    (tmp_path / "x.ipynb").write_bytes(text)
    with pytest.raises(InvalidRequest, match="There is no form for"):
        described_notebook(tmp_path / "x.ipynb")


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(InvalidRequest, match="it can't be read"):
        described_notebook(tmp_path / "x.ipynb")


def test_cells_may_be_lists_of_lines(notebook):
    path = notebook("k = 1\nl = 2")
    held = json.loads(path.read_text())
    held["cells"][1]["source"] = ["k = 1\n", "l = 2"]
    path.write_text(json.dumps(held))
    assert list(described_notebook(path).properties) == ["k", "l"]


@pytest.mark.parametrize(
    ("path", "written"),
    [("./a.ipynb", "'./a.ipynb'"), ("../a.ipynb", "'../a.ipynb'"), ("/a.ipynb", "'/a.ipynb'")],
)
def test_its_path_as_code_is_one_again(path, written):
    assert Submitter().notebook(path).expression() == written
