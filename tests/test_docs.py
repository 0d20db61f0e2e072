"""The documentation is true: its reference is current, its links lead somewhere, code parses."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import msgspec
import nbformat
import pytest

import jobs_ext
from jobs_ext.api import openapi
from jobs_ext.api.routes import ROUTES
from jobs_ext.model import errors, events
from jobs_ext.model.filters import BATCH_FIELDS, JOB_FIELDS, TOOL_FIELDS
from jobs_ext.model.grant import Right
from jobs_ext.model.reasons import ReasonCode
from jobs_ext.model.status import Stage, Status
from jobs_ext.model.tool import Tool, ToolInput, ToolOutput, ToolParameter, ToolResources
from jobs_ext.service import principal
from jobs_ext.settings import Settings

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


TABLE = re.compile(r"^\| (.+) \|\n\| ?---.*\n((?:\|.*\n)+)", re.MULTILINE)
CELLS = re.compile(r"(?<!\\)\|")
WRITTEN = [page for page in PAGES if page.parent.name == "reference"]


@pytest.mark.parametrize("page", WRITTEN, ids=page_id)
def test_nothing_in_the_reference_is_without_a_meaning(page):
    """Each trait, verb, field, option, status, reason, event and key of a tool is told of."""
    tables = TABLE.findall(page.read_text())
    assert tables
    for header, body in tables:
        columns = header.split(" | ")
        last = {"indexed": -2, "answer": 1}.get(columns[-1], -1)
        said = {row: CELLS.split(row)[1:-1][last].strip() for row in body.splitlines()}
        assert [row for row, meaning in said.items() if not meaning] == []


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


REFERENCE = REPOSITORY / "docs" / "reference"


SERVED = [one for one in errors.JobsError.__subclasses__() if one.__module__ == errors.__name__]


def told_in(page):
    return (REFERENCE / page).read_text()


def test_every_schema_and_parameter_of_the_api_is_described():
    document = openapi.document(tuple(ROUTES))
    told = told_in("http.md") + told_in("tools.md") + told_in("filters.md")
    for name, schema in document["components"]["schemas"].items():
        for field in schema.get("properties", {}):
            assert f"| `{field}` |" in told or field == "type", (name, field)
    for path, item in document["paths"].items():
        for verb, said in item.items():
            if verb != "parameters":
                assert f"| `{verb.upper()} {path}` | {said['summary']} |" in told
                for parameter in said.get("parameters", []):
                    assert f"| `{parameter['name']}` |" in told, (path, parameter)


def test_every_name_that_programs_read_is_described():
    assert get_args(events.EventType) == (*events.EVENTS,)
    words = {
        "http.md": [*events.EVENTS, *(error.type for error in SERVED)],
        "permissions.md": [*principal.Verb, *Right],
        "statuses.md": [*Status, *Stage, *ReasonCode],
        "filters.md": [*JOB_FIELDS, *BATCH_FIELDS, *TOOL_FIELDS],
        "configuration.md": Settings.class_own_traits(config=True),
        "tools.md": [
            field.encode_name
            for struct in (Tool, ToolInput, ToolParameter, ToolOutput, ToolResources)
            for field in msgspec.structs.fields(struct)
        ],
    }
    for page, names in words.items():
        told = told_in(page)
        assert [name for name in names if f"`{name}`" not in told] == [], page
