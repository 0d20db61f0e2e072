"""What holds for the repository as a whole: one version, and nothing of one machine or registry."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import jobs_ext
from jobs_ext.service.tools import SHIPPED, Tools

REPOSITORY = Path(__file__).parents[1]
REGISTRY = re.compile(
    r"https?://[^/\s\"']*(?:registry|pypi|pythonhosted|npmjs|debian)", re.IGNORECASE
)


def tracked_files():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return [REPOSITORY / name for name in listed.stdout.split("\0") if name]


def texts():
    for path in tracked_files():
        if path.is_file() and path != Path(__file__):
            yield path, path.read_bytes().decode("utf-8", errors="replace")


def test_no_file_names_the_host_of_a_registry():
    assert [str(path) for path, text in texts() if REGISTRY.search(text)] == []


def test_the_lock_file_says_what_to_install_and_not_from_where():
    lock = json.loads((REPOSITORY / "labextension" / "package-lock.json").read_text())
    packages = {name: told for name, told in lock["packages"].items() if name}
    assert packages
    assert [name for name, told in packages.items() if "resolved" in told] == []
    assert [name for name, told in packages.items() if "integrity" not in told] == []


def test_no_file_names_a_folder_of_someone():
    somewhere = re.compile(r"(?<![\w.$-])/(?:root|home/\w+|Users/\w+)/")
    assert [str(path) for path, text in texts() if somewhere.search(text)] == []


def test_all_parts_have_one_version():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
    front = json.loads((REPOSITORY / "labextension" / "package.json").read_text())["version"]
    assert project == front == jobs_ext.__version__


def test_what_modules_import_is_asked_for_at_installation():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    asked = {re.split(r"[\[><=]", need)[0] for need in project["dependencies"]}
    asked |= {"jupyter-core", "jupyter-client"}  # jupyter-server is made of these
    provided = packages_distributions()
    for file in (REPOSITORY / "jobs_ext").rglob("*.py"):
        beside = {"jobs_ext", *(script.stem for script in file.parent.glob("*.py"))}
        for module in imported(file) - sys.stdlib_module_names - beside:
            names = {name.replace("_", "-").lower() for name in provided.get(module, [])}
            assert names & asked, f"{file.relative_to(REPOSITORY)} imports {module}"


def imported(file):
    """The top-level names that a module imports as it is imported itself."""
    body = ast.parse(file.read_bytes()).body
    plain = [name.name for one in body if isinstance(one, ast.Import) for name in one.names]
    froms = [one.module for one in body if isinstance(one, ast.ImportFrom) and one.level == 0]
    return {name.split(".")[0] for name in [*plain, *froms]}


def test_the_tools_that_come_along_can_be_used():
    tools = Tools([SHIPPED])
    assert tools.problems() == []
    assert {"goeburst", "wc"} <= {tool.name for tool in tools.list()}


def test_a_tool_of_ones_own_stands_for_one_of_ours(tmp_path):
    (tmp_path / "wc.toml").write_text('name = "wc"\ntitle = "Mine"\ncommand = ["wc"]\n')
    tools = Tools([tmp_path])
    assert tools.get("wc").title == "Mine"
    assert tools.problems() == []
