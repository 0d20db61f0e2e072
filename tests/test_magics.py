from __future__ import annotations

import builtins
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jobs_ext import cellnames, magics
from jobs_ext.client import pickling
from jobs_ext.client.errors import InvalidRequest


@pytest.mark.parametrize(
    ("source", "used", "bound"),
    [
        ("x = y + 1", {"y"}, {"x"}),
        ("import numpy as np\nnp.zeros(n)", {"np", "n"}, {"np"}),
        ("def f(a):\n    return a + b", {"b"}, {"f"}),
        ("def f():\n    global g\n    g = h", {"h"}, {"f", "g"}),
        ("r = [i * k for i in z]", {"k", "z"}, {"r"}),
        ("class A(B):\n    c = d", {"B", "d"}, {"A"}),
        ("with open(p) as f, q:\n    pass", {"open", "p", "q"}, {"f"}),
        ("for i in range(3):\n    x = lambda: i", {"range"}, {"i", "x"}),
        ("try:\n    1\nexcept E as e:\n    e", {"E", "e"}, {"e"}),
    ],
)
def test_names_of_a_cell(source, used, bound):
    found_used, found_bound, _ = cellnames.names_of(source)
    assert found_used - found_bound == used - bound
    assert bound <= found_bound


@pytest.mark.parametrize(
    ("line", "source", "namespace", "said"),
    [
        ("prep --inputs df", "x = 1", {}, "input 'df' is not a variable"),
        ("prep", "x = df", {"df": 1}, "uses df.*--inputs df"),
        ("prep", "df = df.dropna()", {"df": 1}, "uses df.*--inputs df"),
        ("prep", "x = 1\nn += x", {"n": 1}, "uses n.*--inputs n"),
        ("prep", "x = os.getcwd()", {}, "uses os.*not defined here either"),
        ("prep", "x = nowhere", {}, "uses nowhere.*not defined here either"),
        ("prep", "get_ipython().system('ls')", {}, "Magics and ! do not work"),
        ("prep --outputs clean", "x = 1", {}, "never sets the output clean"),
        ("prep --inputs 1x", "x = 1", {}, "'1x' can't name"),
        ("", "x = 1", {}, "required: name"),
        ("prep --memroy 1GB", "x = 1", {}, "unrecognized arguments: --memroy"),
        ("prep --env A", "x = 1", {}, "NAME=VALUE"),
        ("prep --cpu two", "x = 1", {}, "invalid float"),
        ("prep --env 'A=1", "x = 1", {}, "No closing quotation"),
        ("1x", "x = 1", {}, "'1x' can't name"),
        ("prep", "y = 2\nx = = 1", {}, "not Python: invalid syntax in line 2: x = = 1"),
        ("prep", "x = __file__", {}, "uses __file__"),
    ],
)
def test_what_is_wrong_with_a_cell_is_said_before_it_is_sent(line, source, namespace, said):
    with pytest.raises(InvalidRequest, match=said):
        magics.run_cell(namespace, line, source)


@pytest.mark.parametrize("name", ["get_ipython", "display"])
def test_what_ipython_adds_to_the_builtins_is_not_in_a_job(name, monkeypatch):
    monkeypatch.setattr(builtins, name, print, raising=False)
    with pytest.raises(InvalidRequest, match=f"uses {name}"):
        magics.run_cell({}, "prep", f"{name}()")


@pytest.mark.parametrize(
    "source",
    [
        "import asyncio\nawait asyncio.sleep(0)\nx = 3",
        "async def f():\n    yield 3\nx = [i async for i in f()][0]",
        "import asyncio\nasync def f():\n    return 3\nx = asyncio.run(f())",
    ],
)
def test_a_cell_may_await(source, tmp_path, monkeypatch):
    cellnames.names_of(source)
    monkeypatch.setenv("JOBS_OUTPUT_DIR", str(tmp_path))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    magics.cell_function(source, "prep", ["x"])()
    assert (tmp_path / "x.json").read_text() == "3"


def test_options_of_the_line():
    line = (
        "prep --inputs a,b c --cpu 2 --memory 1GB --timeout 5min --env A=1 B=x=y --hold --after 01K"
    )
    said = magics.parser().parse_args(line.split())
    assert magics._names(said.inputs) == ["a", "b", "c"]
    assert magics._options(said, {"cpu": 4}) == {
        "cpu": 2.0,
        "memory": "1GB",
        "timeout": "5min",
        "env": {"A": "1", "B": "x=y"},
        "hold": True,
        "after": ["01K"],
    }


def test_a_cell_runs_in_an_interpreter_that_has_nothing_of_ours(tmp_path):
    source = (
        "from collections import namedtuple\nP = namedtuple('P', 'x')\nclean = [v * 2 for v in df]"
    )
    function = magics.cell_function(source, "prep", ["clean"])
    sent = pickling.dumps(function, "prep", magics.CellTarget.carried)
    program = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] == 'jobs_ext':
            raise ImportError(name)
sys.meta_path.insert(0, Block())
import cloudpickle
cloudpickle.loads(sys.stdin.buffer.read())(df=[1, 2])
"""
    env = os.environ | {"JOBS_OUTPUT_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], input=sent, check=True, env=env, cwd="/")
    assert (tmp_path / "clean.json").read_text() == "[2, 4]"


def test_the_traceback_of_a_cell_shows_its_lines():
    function = magics.cell_function("x = 1\ny = x / 0", "prep", [])
    program = """
import cloudpickle, sys, traceback
try:
    cloudpickle.loads(sys.stdin.buffer.read())()
except ZeroDivisionError:
    traceback.print_exc()
"""
    sent = pickling.dumps(function, "prep", magics.CellTarget.carried)
    run = subprocess.run([sys.executable, "-c", program], input=sent, capture_output=True)
    assert b"y = x / 0" in run.stderr


def f():
    """Stands for a function of the notebook."""


f.__module__ = "__main__"


def test_what_the_notebook_imported_goes_along():
    here = {"np": np, "P": Path, "j": os.path.join, "f": f, "n": 1, "path": os.path, "pi": np.pi}
    source = "x = np.zeros(n); P, j, f, path, pi, len"
    assert cellnames.carried_imports(source, {"n"}, here) == {
        "P": "from pathlib import Path as P",
        "j": "from posixpath import join as j",
        "np": "import numpy as np",
        "path": "import posixpath as path",
    }
    assert cellnames.carried_imports("np = 1; np", set(), here) == {}


def test_what_a_cell_imported_by_name_goes_along_while_it_is_that():
    here = {"pi": math.pi, "e": 3, "In": ["", "%%x not = Python import", "from math import pi, e"]}
    assert cellnames.carried_imports("pi, e", set(), here) == {"pi": "from math import pi as pi"}


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\nx = x + 1\nx += 1",
        "f = lambda: later\nlater = 1\nf()",
        "def f():\n    return later\nlater = f",
        "r = [i for i in range(3)]\ni = 1",
        "y = (z := 3) + z\nz = 1",
        "def f():\n    global g\n    g = 1\nf()\ng = g + 1",
        "if False:\n    h = h\nelse:\n    h = 1\nh",
        "k = 0 if True else m\nm = k or n\nn = 1",
        "a: int = 1\nb = a",
    ],
)
def test_names_that_are_set_in_time(source):
    assert cellnames.used_too_early(source) == set()


def test_names_that_are_read_before_they_are_set():
    assert cellnames.used_too_early("df = df.dropna()\nimport re\nn += 1") == {"df", "n"}
    source = "await c\nprint([k for k in rows])\nrows = c = 1"
    assert cellnames.used_too_early(source) == {"c", "rows"}
