"""Keys that may only submit: dialects answer to a submit, and show nothing else."""

from __future__ import annotations

import pytest
import requests

TOOL = """
name = "echo"
command = ["echo", "{word}"]
pass_as = "environment"
[parameters.word]
type = "string"
[inputs.text]
required = false
"""
ASKED = {"name": "n", "appId": "echo-1.0", "parameters": {"word": "a"}, "archive": False}
HARDWARE = {"filesystems": [], "memory": 100, "cpu": 1}
BATCH = {"fixed_args": {"word": "a"}, "variable_args": [], "hardware": HARDWARE}
FIELDS = {"submission_name": "n", "email": "a@b.org", "job": "echo", "word": "a"}
FILES = {"input_data": ("a.txt", b"a")}
FORM = requests.Request("POST", "http://h", data=FIELDS, files=FILES).prepare()

#: What submits, what that names a tool that is not there says, and what of it may not be read.
SUBMITS = {
    "agave": (("agave/jobs/v2/", ASKED), 201, ("agave/apps/v2/echo-1.0", "agave/jobs/v2")),
    "agave again": (("agave/jobs/v2/{job}", {"action": "resubmit"}), 202, ("agave/jobs/v2/{job}",)),
    "agave stop": (("agave/jobs/v2/{job}", {"action": "stop"}), 200, ("agave/jobs/v2/{job}",)),
    "et": (("et_engine/tools/echo", BATCH), 200, ("et_engine/tools/echo", "et_engine/batches")),
    "et sdk": (("et_engine/v1/tools/echo", BATCH), 200, ("et_engine/v1/batches",)),
    "a_a": (("analytics_automated/submission/", FORM.body), 201, ("analytics_automated/job/echo",)),
}


@pytest.fixture
def jp_root_dir(jp_root_dir):
    (jp_root_dir / "tools").mkdir()
    (jp_root_dir / "tools" / "echo.toml").write_text(TOOL)
    return jp_root_dir


async def test_a_key_that_may_only_submit(raw, api):
    async def key(*verbs):
        made = await api("POST", "keys", {"name": "k", "verbs": verbs})
        return {"Authorization": f"Bearer {made.json['key']}"}

    submits, reads = await key("submit"), await key("read")
    job = (await raw("POST", "agave/jobs/v2/", ASKED, **submits)).json["result"]["id"]
    for name, ((path, body), code, hidden) in SUBMITS.items():
        path = path.format(job=job)
        form = {"Content-Type": FORM.headers["Content-Type"]} if body is FORM.body else {}
        answer = await raw("POST", path, body, **submits, **form)
        assert answer.status == code, (name, answer.body)
        refused = await raw("POST", path, body, **reads, **form)
        assert refused.status == 403, (name, refused.body)
        for other in hidden:
            other = other.format(job=job)
            assert (await raw("GET", other, **submits)).status == 403, other
            assert (await raw("GET", other, **reads)).status == 200, other
    of_job = {"text": f"agave://jupyter/jobs/v2/{job}/outputs/media/stdout"}
    answer = await raw("POST", "agave/jobs/v2/", ASKED | {"inputs": of_job}, **submits)
    assert answer.status == 201, answer.body
    unknown = [
        ("agave/jobs/v2/", ASKED | {"appId": "no-1.0"}, 400),
        ("et_engine/tools/no", BATCH, 404),
    ]
    for path, body, code in unknown:
        assert (await raw("POST", path, body, **submits)).status == code, path
