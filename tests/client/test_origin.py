"""Which notebook, cell, commit and packages a submit tells."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from jobs_ext.client import origin

from .kernels import Kernel


@pytest.fixture
def repository(tmp_path):
    def git(*words):
        who = {f"GIT_{one}_{what}": "a@b.c" for one in ("AUTHOR", "COMMITTER")
               for what in ("NAME", "EMAIL")}  # fmt: skip
        done = subprocess.run(
            ["git", "-C", tmp_path, *words], env=os.environ | who, capture_output=True, check=True,
            text=True,
        )  # fmt: skip
        return done.stdout.strip()

    git("init", "-q")
    (tmp_path / "a.txt").write_text("1")
    yield git
    origin.git_state.cache_clear()


def test_a_repository_without_a_commit_tells_nothing(repository, tmp_path):
    assert origin.git_state(str(tmp_path), 0) == (None, None)


def test_a_folder_of_a_repository_tells_its_commit_and_whether_files_differ(repository, tmp_path):
    repository("add", "a.txt")
    repository("commit", "-q", "-m", "first")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "new.txt").write_text("not followed")
    commit = repository("rev-parse", "HEAD")
    assert origin.git_state(str(tmp_path / "below"), 0) == (commit, False)
    (tmp_path / "a.txt").write_text("2")
    assert origin.git_state(str(tmp_path / "below"), 0) == (commit, False)  # asked a moment ago
    assert origin.git_state(str(tmp_path / "below"), 1) == (commit, True)


def test_elsewhere_there_is_no_commit(tmp_path):
    assert origin.git_state(str(tmp_path), 0) == (None, None)


def test_the_packages_are_those_that_are_installed(tmp_path, monkeypatch):
    from importlib.metadata import version

    told = dict(one.rsplit(" ", 1) for one in origin.packages())
    assert told["msgspec"] == version("msgspec")
    (tmp_path / "mine-1.0.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "gone"), *sys.path])
    assert "mine 1.0" in origin.packages()
    (tmp_path / "mine-1.0.dist-info").rename(tmp_path / "mine-1.1.dist-info")
    assert "mine 1.1" in origin.packages()


def test_outside_of_a_notebook_there_is_none(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "a console")
    assert origin.capture().notebook is None
    monkeypatch.setenv("JPY_SESSION_NAME", "/x/n.ipynb")
    assert origin.capture().notebook == "/x/n.ipynb"


def test_a_notebooks_job_knows_notebook_cell_and_interpreter(server):
    (server.work / "work.ipynb").touch()
    kernel = Kernel(server, notebook="work.ipynb")
    kernel.run("import jobs_ext as jx; job = jx.submit(['true'])", metadata={"cellId": "ab-12"})
    kernel.run("found = job.provenance")
    assert kernel.value("found.notebook, found.cell, job.notebook") == "work.ipynb ab-12 work.ipynb"
    assert kernel.value("found.python") == sys.executable
    assert kernel.value("any(one.startswith('msgspec ') for one in found.packages)") == "True"
    assert "packages: " in (said := kernel.value("repr(found)"))
    assert len(said.splitlines()) < 9
    same = "jx.jobs(filter='notebook = \"work.ipynb\"')"
    assert kernel.value(f"{same} == [job]") == "True"
    kernel.close()
