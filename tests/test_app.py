"""The server extension as a whole: configuration, opening, letting go."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys

import pytest
from traitlets import TraitError
from traitlets.config import Config

from jobs_ext.app import JobsExtension
from jobs_ext.service import Principal, Service
from jobs_ext.settings import Settings
from tests.serving import api, data_dir, data_dirs, extension, jp_server_config, python
from tests.waiting import auntil, until

__all__ = ["api", "data_dir", "data_dirs", "extension", "jp_server_config"]


def test_every_setting_is_explained():
    settings = Settings.class_own_traits(config=True)
    assert {"data_dir", "tool_dirs", "environment", "max_cpu", "max_memory"} <= set(settings)
    assert all(len(trait.help) > 40 for name, trait in settings.items())


def test_finding_the_extension_costs_nothing():
    code = (
        "import sys, jobs_ext; jobs_ext._jupyter_labextension_paths();"
        "print(sorted({'tornado', 'traitlets', 'sqlalchemy', 'msgspec'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


def test_windows_is_refused_with_a_sentence(monkeypatch):
    import jobs_ext

    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(ImportError, match="can't run on Windows"):
        jobs_ext._jupyter_server_extension_points()


async def test_about(api, data_dir, extension):
    about = (await api("GET", "")).json
    assert (about["name"], about["api"]) == ("jobs_ext", 1)
    assert about["server"] == extension.backend.service.fingerprint
    assert (data_dir / "nonce").read_text().strip() == about["nonce"]["value"]
    assert about["slots"]["cpu"] >= 1
    assert data_dir.stat().st_mode & 0o777 == 0o700


@pytest.fixture
def limited(jp_server_config):
    jp_server_config["JobsExtension"] |= {"max_cpu": 1.5, "max_memory": "2GB"}


async def test_limits_are_configuration(limited, api):
    assert (await api("GET", "")).json["slots"] == {
        "cpu": 1.5,
        "memory": 2 * 10**9,
        "gpus": [],
    }


def test_a_limit_that_is_none_is_refused():
    with pytest.raises(TraitError, match="expected a size such as"):
        JobsExtension(max_memory="plenty")


def test_logs_of_all_jobs_are_not_limited_below_what_is_measured():
    assert JobsExtension(max_log_size="").max_log_size == ""
    assert JobsExtension(max_log_size="4096").max_log_size == "4096"
    with pytest.raises(TraitError, match="max_log_size: a size must be at least 4,096 bytes"):
        JobsExtension(max_log_size="4kB")


def test_several_gpus_in_one_name_are_refused():
    assert JobsExtension(gpus=["0", "GPU-12ab"]).slots().gpus == ("0", "GPU-12ab")
    for one in ("['0','1']", "0,1", ""):
        with pytest.raises(TraitError, match="one by one"):
            JobsExtension(gpus=[one])


async def test_tools_come_from_the_servers_root(jp_root_dir, api):
    (jp_root_dir / "tools").mkdir()
    (jp_root_dir / "tools" / "hi.toml").write_text('name = "hi"\ncommand = ["echo", "hi"]\n')
    (jp_root_dir / "tools" / "bad.toml").write_text('name = "bad"\ncommand = 3\n')
    listing = (await api("GET", "tools")).json
    assert "hi-1.0" in [tool["id"] for tool in listing["items"]]
    assert [problem["file"].endswith("bad.toml") for problem in listing["problems"]] == [True]
    assert (await api("GET", "tools/hi")).json["schema"]["type"] == "object"
    answer = await api("GET", "tools/hii")
    assert (answer.status, "hi" in answer.json["hint"]) == (404, True)


async def test_jobs_go_on_when_the_server_lets_go(api, extension, data_dir, tmp_path):
    go = tmp_path / "go"
    wait = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.05)"
    job = await api.submit(python(wait))
    await api.reached(job["id"], "RUNNING")
    await extension.stop_extension()
    go.touch()
    service = Service.open(data_dir)
    try:
        who = Principal.all(job["owner"])
        until(lambda: service.jobs.get(who, job["id"]).status.final, what="the end of the job")
        assert service.jobs.get(who, job["id"]).status == "SUCCEEDED"
    finally:
        service.close()


async def test_a_dead_runner_is_replaced(api, data_dir):
    import psutil

    first = await api.submit(python("pass"))
    await api.ended(first["id"])

    def runners():
        found = psutil.process_iter(["cmdline"])
        return [
            p
            for p in found
            if str(data_dir) in (p.info["cmdline"] or ()) and "jobs_ext.runner" in p.info["cmdline"]
        ]

    (runner,) = until(lambda: found if len(found := runners()) == 1 else None, what="one runner")
    runner.kill()
    second = await api.submit(python("pass"))
    assert (await api.ended(second["id"]))["status"] == "SUCCEEDED"


def damage(data_dir):
    data_dir.mkdir()
    (data_dir / "jobs.sqlite").write_bytes(b"this is no database, whatever its name says" * 100)


def write_newer(data_dir):
    Service.open(data_dir, migrate=True).close()
    with sqlite3.connect(data_dir / "jobs.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def put_a_file_there(data_dir):
    data_dir.write_text("a file where the folder should be")


@pytest.fixture(params=[damage, write_newer, put_a_file_there])
def broken(request, data_dir, monkeypatch):
    monkeypatch.setattr("jobs_ext.api.backend._RETRY", 0.1)
    request.param(data_dir)
    return data_dir


async def test_a_store_that_does_not_open_says_why_and_is_tried_again(broken, jp_fetch, api):
    assert (await jp_fetch("api", "status")).code == 200
    for verb, path in (("GET", "jobs"), ("GET", ""), ("POST", "jobs"), ("GET", "tools")):
        answer = await api(
            verb, path, {"target": {"command": ["true"]}} if verb == "POST" else None
        )
        assert answer.status == 503, (path, answer.body)
        # Waiting helps where the fault may go by itself, and only there.
        refused = not broken.is_file()
        assert answer.json["type"] == ("store_refused" if refused else "store_unavailable")
        assert ("Retry-After" in answer.headers) is not refused
        assert str(broken) in answer.json["message"] or "store" in answer.json["message"]
    broken.rename(broken.with_name("aside"))

    async def open_again():
        return (await api("GET", "jobs")).status == 200

    await auntil(open_again, what="the store to be opened")


@pytest.fixture
def extra_variables(jp_server_config):
    config = Config(jp_server_config)
    config.JobsExtension.environment = ["DATA_ROOT", "LAB"]
    return config


def test_more_variables_are_told_to_kernels(jp_configurable_serverapp, extra_variables):
    server = jp_configurable_serverapp(config=extra_variables)
    kwargs = {"kernel_id": "k1"}
    server.kernel_manager.pre_start_kernel("python3", kwargs)
    assert kwargs["env"]["JOBS_EXT_ENVIRONMENT"] == "DATA_ROOT,LAB"
    assert kwargs["env"]["JOBS_EXT_URL"].endswith("jobs-ext/")
    assert json.dumps(kwargs["env"])
