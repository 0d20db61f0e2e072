from __future__ import annotations

import json
import os

import pytest

from jobs_ext.client import finder
from jobs_ext.client.errors import InvalidRequest, NoServer


@pytest.fixture(autouse=True)
def _nowhere(tmp_path, monkeypatch):
    for name in list(os.environ):
        if name.startswith(("JOBS_EXT_", "JPY_", "JUPYTER_TOKEN")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))


def runtime_file(folder, pid=None, **told):
    file = folder / f"jpserver-{pid or os.getpid()}.json"
    default = {"url": "http://localhost:8888/x/", "token": "secret", "sock": ""}
    file.write_text(json.dumps(default | told))
    return file


def test_the_kernels_own_key_comes_first(tmp_path, monkeypatch):
    runtime_file(tmp_path)
    monkeypatch.setenv("JPY_PARENT_PID", str(os.getpid()))
    monkeypatch.setenv("JOBS_EXT_URL", "http://127.0.0.1:9/jobs-ext/")
    monkeypatch.setenv("JOBS_EXT_KERNEL_ID", "k")
    monkeypatch.setenv("JOBS_EXT_KERNEL_KEY", "h")
    address = finder.find()
    assert address.url == "http://127.0.0.1:9/jobs-ext/"
    assert address.headers == {"X-Jobs-Ext-Kernel": "k", "X-Jobs-Ext-Key": "h"}


def test_a_kernel_of_a_server_on_a_socket_is_told_so(monkeypatch):
    monkeypatch.setenv("JOBS_EXT_URL", "http+unix://%2Ftmp%2Fs.sock/jobs-ext/")
    with pytest.raises(NoServer, match=r"listens on a Unix socket.*--port"):
        finder.find()


def test_then_the_runtime_file_of_the_parent(tmp_path, monkeypatch):
    runtime_file(tmp_path)
    monkeypatch.setenv("JPY_PARENT_PID", str(os.getpid()))
    address = finder.find()
    assert address.url == "http://localhost:8888/x/jobs-ext/"
    assert address.headers == {"Authorization": "token secret"}
    assert "secret" not in repr(address)


def test_no_server_names_all_that_was_tried(tmp_path, monkeypatch):
    monkeypatch.setenv("JPY_PARENT_PID", "1")
    with pytest.raises(NoServer) as caught:
        finder.find()
    said = str(caught.value)
    assert "JOBS_EXT_URL" in said
    assert str(tmp_path / "jpserver-1.json") in said
    assert "jx.connect" in said


def test_within_a_job_a_server_has_to_be_named(monkeypatch):
    monkeypatch.setenv("JOBS_ID", "the-id")
    with pytest.raises(NoServer, match=r"A job knows no server.*JOBS_EXT_TOKEN"):
        finder.find()


def test_only_servers_that_live_are_listed(tmp_path):
    runtime_file(tmp_path)
    runtime_file(tmp_path, pid=2**22 + 1)  # beyond the largest process id
    runtime_file(tmp_path, pid="half").write_text("{")
    assert [a.url for a in finder.running()] == ["http://localhost:8888/x/jobs-ext/"]


@pytest.mark.parametrize("told", [{"sock": "/tmp/s"}, {"url": "http+unix://x"}])
def test_servers_on_a_socket_are_left_out(tmp_path, told):
    runtime_file(tmp_path, **told)
    assert list(finder.running()) == []


@pytest.mark.parametrize(
    "given",
    [
        "http://host:1/x/",
        "host:1/x",
        "http://host:1/x/lab",
        "http://host:1/x/lab/tree/a.ipynb?reset#1",
        "http://host:1/x/notebooks/a.ipynb",
        "http://host:1/x/jobs-ext/",
    ],
)
def test_an_address_may_be_copied_from_the_browser(given):
    assert finder.extension_url(given) == "http://host:1/x/jobs-ext/"


@pytest.mark.parametrize("given", ["ftp://host/", "http://", "http://h/?token=abc"])
def test_addresses_that_will_not_do(given):
    with pytest.raises(InvalidRequest) as caught:
        finder.extension_url(given)
    assert "abc" not in str(caught.value)


def test_the_token_of_a_named_server(tmp_path, monkeypatch):
    runtime_file(tmp_path)
    assert finder.at("http://127.0.0.1:8888/x/lab").headers["Authorization"] == "token secret"
    monkeypatch.setenv("JUPYTER_TOKEN", "other")
    assert finder.at("http://127.0.0.1:8888/x/").headers["Authorization"] == "token other"


def test_without_a_token_and_anyone_to_ask(monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    monkeypatch.delitem(__import__("sys").modules, "ipykernel", raising=False)
    with pytest.raises(NoServer, match="JOBS_EXT_TOKEN"):
        finder.at("http://host:1/")


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"JUPYTER_RUNTIME_DIR": "/r"}, "/r"),
        ({"JUPYTER_DATA_DIR": "/d"}, "/d/runtime"),
        ({"XDG_DATA_HOME": "/x"}, "/x/jupyter/runtime"),
    ],
)
def test_the_runtime_folder_is_jupyters(monkeypatch, env, expected):
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    from jupyter_core.paths import jupyter_runtime_dir

    assert str(finder.runtime_dir()) == expected == jupyter_runtime_dir()
