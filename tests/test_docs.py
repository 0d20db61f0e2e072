"""The documentation is true: its reference is current, its links lead somewhere, code parses."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import jobs_ext

REPOSITORY = Path(__file__).parents[1]
PAGES = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")])
CODE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
USED = re.compile(r"\bjx\.(\w+)")


def page_id(page):
    return str(page.relative_to(REPOSITORY))


def without_magics(code):
    return re.sub(r"^[%!].*$", "", code, flags=re.MULTILINE)


def test_the_reference_is_what_the_code_says():
    command = [sys.executable, "scripts/make_reference.py", "--check"]
    checked = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_to_files(page):
    targets = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in targets if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_python_code_parses_and_uses_names_that_exist(page):
    for code in CODE.findall(page.read_text()):
        ast.parse(without_magics(code))
    assert set(USED.findall(page.read_text())) <= set(jobs_ext.__all__)


def test_every_page_can_be_reached_from_the_guide():
    guide = REPOSITORY / "docs" / "README.md"
    seen, waiting = set(), [guide]
    while waiting:
        page = waiting.pop()
        seen.add(page)
        links = [(page.parent / link).resolve() for link in LINK.findall(page.read_text())]
        waiting += [link for link in links if link.suffix == ".md" and link not in seen]
    assert [page_id(p) for p in REPOSITORY.glob("docs/**/*.md") if p not in seen] == []


@pytest.mark.parametrize("path", sorted(REPOSITORY.glob("notebooks/*.ipynb")), ids=page_id)
def test_a_committed_notebook_shows_a_whole_run(path):
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output.output_type for cell in cells for output in cell.outputs}
    assert "error" not in kinds
    assert kinds
