"""What tests of ET Engine's dialect share: a server with two tools, and a way to ask it."""

from __future__ import annotations

import pytest

from tests.waiting import auntil

TOOL = """
name = "say"
command = ["sh", "-c", "echo said $a $b; echo warned >&2; exit $code"]
pass_as = "environment"
additional_parameters = true
[parameters.code]
type = "integer"
default = 0
"""
LOOSE = """
name = "loose"
command = ["true"]
pass_as = "environment"
[parameters.any]
default = ""
[parameters.code]
type = "integer"
"""
COPY = """
name = "copy"
command = ["sh", "-c", "cat filesystems/disk/in.txt; echo back > filesystems/disk/out.txt"]
pass_as = "environment"
"""
HARDWARE = {"filesystems": [], "memory": 100, "cpu": 1}


@pytest.fixture
def jp_server_config(jp_server_config, jp_root_dir, request):
    (jp_root_dir / "tools").mkdir(exist_ok=True)
    (jp_root_dir / "tools" / "say.toml").write_text(TOOL)
    (jp_root_dir / "tools" / "copy.toml").write_text(COPY)
    (jp_root_dir / "tools" / "loose.toml").write_text(LOOSE)
    lists = "in_lists" in request.node.name
    options = {
        **jp_server_config["JobsExtension"],
        "dialect_options": {"et_engine": {"lists": lists}},
    }
    return {**jp_server_config, "JobsExtension": options}


@pytest.fixture
def ask(raw):
    """Return a function that asks the dialect: status and body."""

    async def fetch(verb, path, body=None, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await raw(verb, f"et_engine/{path}", body, **names)
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.status, answer.json if is_json and answer.body else answer.body.decode()

    return fetch


def submission(fixed=None, variable=(), hardware=HARDWARE):
    return {"fixed_args": fixed or {}, "variable_args": [*variable], "hardware": hardware}


async def ended(ask, batch):
    async def over():
        told = (await ask("GET", f"batches/{batch}"))[1]
        counts = told["submitted_jobs"]
        return told if counts["SUCCEEDED"] + counts["FAILED"] == told["n_jobs"] else None

    return await auntil(over, what=f"the end of {batch}")
