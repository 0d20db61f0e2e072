"""Installations, each broken in turn."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from jobs_ext import __version__
from jobs_ext.doctor.environments import check_extension, check_front_end, check_kernels


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path / "config"))
    (tmp_path / "config").mkdir()
    return tmp_path / "config"


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "data"))
    return tmp_path / "data"


def only(found):
    (finding,) = found
    return finding


def write(path, told):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told))


@pytest.mark.parametrize(("enabled", "level"), [(True, "ok"), (False, "error")])
def test_the_server_extension(config, enabled, level):
    told = {"ServerApp": {"jpserver_extensions": {"jobs_ext": enabled}}}
    write(config / "jupyter_server_config.json", told)
    found = only(check_extension())
    assert found.level == level
    assert enabled or found.todo == "jupyter server extension enable jobs_ext"


def test_no_front_end(monkeypatch):
    monkeypatch.setattr("jobs_ext.doctor.environments.jupyter_path", lambda _: [])
    assert "does not have" in only(check_front_end()).what


def test_the_front_end(config, data):
    package = data / "labextensions" / "jobs-ext" / "package.json"
    write(package, {"version": "0.0.1"})
    assert "0.0.1" in only(check_front_end()).what
    write(package, {"version": __version__})
    assert only(check_front_end()).level == "ok"
    page = config / "labconfig" / "page_config.json"
    for told in ({"jobs-ext": True}, ["jobs-ext"]):
        write(page, {"disabledExtensions": told})
        assert "disabled" in only(check_front_end()).what
    write(page, {"disabledExtensions": {"jobs-ext": False}})
    assert only(check_front_end()).level == "ok"


@pytest.fixture
def kernel(data):
    """Adds a kernel of an interpreter; returns what is found of it."""

    def look(python, language="python"):
        argv = [str(python), "-m", "ipykernel", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": "It", "language": language}
        write(data / "kernels" / "broken" / "kernel.json", spec)
        return next((f for f in check_kernels() if f.check == "kernel broken"), None)

    return look


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A Python with nothing installed."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder


def test_kernels(kernel, environment, tmp_path):
    assert kernel(sys.executable).level == "ok"
    assert kernel("python3").what.startswith(sys.executable)
    assert kernel("R", "R") is None
    assert "does not run" in kernel(tmp_path / "none").what

    python = environment / "bin" / "python"
    found = kernel(python)
    assert (found.level, found.todo) == ("error", f"{python} -m pip install ipykernel cloudpickle")

    (packages,) = environment.glob("lib/python3*/site-packages")
    for name in ("ipykernel", "cloudpickle"):
        (packages / f"{name}.py").touch()
    assert "no jobs_ext" in kernel(python).what
    info = packages / "jobs_ext-0.0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: jobs_ext\nVersion: 0.0.1\n")
    found = kernel(python)
    assert (found.level, "jobs_ext 0.0.1" in found.what) == ("warning", True)
