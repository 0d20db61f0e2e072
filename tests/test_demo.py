"""``make demo`` on a table of one's own: real server, real jobs, and that table's values."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.tools.shipped import goeburst

pytestmark = pytest.mark.timeout(300)

REPOSITORY = Path(__file__).parents[1]
EXECUTED = REPOSITORY / ".cache"
TABLE = """ST a b c d e
1 1 1 1 1 1
2 1 1 1 1 2
3 1 1 1 2 2
4 1 1 9 9 9
5 8 8 8 8 8
"""


def demo(table, notebook="quickstart.ipynb"):
    return subprocess.run(
        [sys.executable, "scripts/demo.py", notebook],
        cwd=REPOSITORY,
        env=os.environ | {"INPUT": str(table)},
        capture_output=True,
        text=True,
        check=False,
    )


def groups(table, lvs, left_out):
    """Return the number of groups, without any job."""
    profiles = goeburst.read_profiles(table, [left_out] if left_out else [])
    levels = min(lvs, len(profiles.loci))
    links = goeburst.forest(profiles, goeburst.variant_counts(profiles, levels), levels)
    return len(goeburst.groups(len(profiles.ids), links))


def test_the_demo_gives_the_values_of_the_table_it_is_given(tmp_path):
    table = tmp_path / "my profiles.tsv"
    table.write_text(TABLE.replace(" ", "\t"))

    shown = demo(table)

    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "24 of 24 jobs done" in shown.stdout
    assert "make lab" in shown.stdout
    lines = [line.split() for line in shown.stdout.splitlines()]
    for left_out in ("", *"abcde"):
        numbers = [str(groups(table, lvs, left_out)) for lvs in (1, 2, 3, 4)]
        assert [left_out or "(none)", *numbers] in lines
    assert has_picture("quickstart.ipynb")


def has_picture(name):
    kept = nbformat.read(EXECUTED / name, as_version=4).cells
    outputs = [output for cell in kept if cell.cell_type == "code" for output in cell.outputs]
    return any("image/png" in output.get("data", {}) for output in outputs)


def test_the_tree_is_drawn_of_the_table_it_is_given(tmp_path):
    table = tmp_path / "t.tsv"
    table.write_text(TABLE.replace(" ", "\t"))
    shown = demo(table, "tree.ipynb")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert has_picture("tree.ipynb")
    assert "3 links" in shown.stdout  # the fourth type is 3 away, the fifth 5


def test_a_file_that_is_not_there_is_said_before_anything_starts(tmp_path):
    told = demo(tmp_path / "none.tsv")
    assert told.returncode == 2
    assert "there is no file" in told.stderr


def test_a_file_of_another_form_fails_with_the_reason(tmp_path):
    (tmp_path / "text.tsv").write_text("no tabs here\nnor here\n")
    told = demo(tmp_path / "text.tsv")
    assert told.returncode == 1
    assert "text.tsv is not a table of profiles" in told.stderr
    assert "Traceback" not in told.stderr
