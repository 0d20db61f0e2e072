"""ET Engine's dialect on a server that knows people apart: everybody has their own."""

from __future__ import annotations

import json

import pytest
from traitlets.config import Config

from jobs_ext.model.errors import StoreUnavailable
from jobs_ext.store.engine import Store
from tests.people import Named

HARDWARE = {"filesystems": [], "memory": 100, "cpu": 1}


@pytest.fixture
def jp_server_config(jp_server_config, jp_root_dir):
    (jp_root_dir / "tools").mkdir()
    (jp_root_dir / "tools" / "t.toml").write_text('name = "t"\ncommand = ["true"]\n')
    config = Config(jp_server_config)
    config.ServerApp.identity_provider_class = Named
    config.JobsExtension.admins = {"root"}
    return config


@pytest.fixture
def ask(jp_fetch):
    """Return a function that asks the dialect as somebody: status and body."""

    async def fetch(name, verb, path, body=None):
        response = await jp_fetch(
            *("jobs-ext", "et_engine", *path.split("/")),
            method=verb,
            body=None if body is None else json.dumps(body),
            headers={"X-Name": name},
            raise_error=False,
            allow_nonstandard_methods=True,
        )
        is_json = "json" in response.headers.get("Content-Type", "") and response.body
        return response.code, json.loads(response.body) if is_json else response.body.decode()

    return fetch


async def submit(ask, name, hardware=HARDWARE):
    body = {"fixed_args": {}, "variable_args": [], "hardware": hardware}
    return await ask(name, "POST", "tools/t", body)


async def test_batches_are_their_owners_alone(ask):
    batches = {name: (await submit(ask, name))[1] for name in ("ada", "bob")}
    for name in ("bob", "root"):  # who may manage everything has, here, their own only
        for verb, path in (("GET", ""), ("GET", "/jobs"), ("DELETE", "")):
            status, _ = await ask(name, verb, f"batches/{batches['ada']}{path}")
            assert status == 404, (name, verb, path)
    assert (await ask("root", "GET", "batches"))[1] == []
    assert (await ask("root", "DELETE", "batches"))[0] == 200
    assert (await ask("bob", "DELETE", "batches"))[0] == 200
    assert [one["batch_id"] for one in (await ask("ada", "GET", "batches"))[1]] == [batches["ada"]]
    assert (await ask("bob", "GET", "batches"))[1] == []


async def test_file_systems_and_new_tools_are_their_owners_alone(ask):
    disk = (await ask("ada", "POST", "filesystems", {"filesystem_name": "d"}))[1]["filesystem_id"]
    for name in ("bob", "root"):
        assert (await ask(name, "GET", "filesystems"))[1] == []
        for verb, path in (("GET", "/list/x"), ("GET", "/files/x"), ("DELETE", "")):
            assert (await ask(name, verb, f"filesystems/{disk}{path}"))[0] == 404, (name, path)
        assert (await submit(ask, name, HARDWARE | {"filesystems": [disk]}))[0] == 400
    assert (await ask("bob", "POST", "filesystems", {"filesystem_name": "d"}))[0] == 200
    assert (await ask("ada", "POST", "tools", {"name": "new", "description": ""}))[0] == 200
    assert (await ask("bob", "GET", "tools/new"))[0] == 404
    assert ["new", "new"] not in (await ask("bob", "GET", "tools"))[1]


async def test_a_store_that_can_not_answer_is_503(ask, monkeypatch):
    def refuse(*_):
        raise StoreUnavailable("The store is busy.")

    monkeypatch.setattr(Store, "read", refuse)
    for path in ("batches", "v1/batches"):
        status, told = await ask("ada", "GET", path)
        assert (status, told) == (503, "The store is busy.")
