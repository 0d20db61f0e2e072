"""ET Engine's dialect on the wire: the seed's six routes, and what is said to what can't be."""

from __future__ import annotations

from jobs_ext.model.ids import new_id
from tests.dialects.et_wire import HARDWARE, ask, ended, jp_server_config, submission
from tests.serving import python
from tests.waiting import auntil

__all__ = ["ask", "jp_server_config"]

STATUSES = ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"]


async def test_a_batch_in_the_seeds_form(ask, api):
    variable = [{"b": "1"}, {"b": "2", "code": "3"}, {"a": "else"}]
    status, batch = await ask("POST", "tools/say-1.0", submission({"a": "all"}, variable))
    assert (status, len(batch)) == (200, 36)
    summary = {"batch_id": batch, "tool_id": "say-1.0", "n_jobs": 3, "hardware": HARDWARE}
    assert await ask("GET", "batches") == (200, [summary])
    told = (await ask("GET", f"batches/{batch}"))[1]
    assert list(told["submitted_jobs"]) == STATUSES, "all seven, whatever they are"
    assert sum(told["submitted_jobs"].values()) == told["n_submitted"]
    told = await ended(ask, batch)
    numbers = dict.fromkeys(STATUSES, 0) | {"SUCCEEDED": 2, "FAILED": 1}
    assert told == summary | {"n_submitted": 3, "submitted_jobs": numbers}
    status, jobs = await ask("GET", f"batches/{batch}/jobs")
    assert [job["args"] for job in jobs] == [
        {"a": "all", "b": "1", "code": "0"},
        {"a": "all", "b": "2", "code": "3"},
        {"a": "else", "code": "0"},
    ]
    first, failed = ([*jobs][n] for n in (0, 1))
    assert set(first) == {"job_id", "log_id", "args"}
    status, job = await ask("GET", f"batches/{batch}/jobs/{failed['job_id']}")
    assert list(job) == [
        *("job_id", "log_id", "hardware", "args", "status"),
        *("reason", "create_time", "start_time", "stop_time"),
    ]
    assert (job["status"], job["hardware"], job["reason"]) == (
        "FAILED",
        HARDWARE,
        "exited with code 3: warned",
    )
    assert job["create_time"] < job["start_time"] < job["stop_time"]
    assert await ask("GET", f"logs/{first['log_id']}") == (200, "said all 1\nwarned\n")
    native = (await api("GET", f"jobs/{first['job_id']}")).json
    assert (native["options"]["memory"], native["options"]["cpu"]) == (100_000_000, 1.0)
    assert await ask("DELETE", f"batches/{batch}") == (200, "")
    assert (await ask("GET", f"batches/{batch}"))[0] == 404


async def test_texts_are_read_as_the_tool_declares(ask):
    deep = "[" * 100_000
    given = {"any": "1.50", "code": "0"}
    batch = (
        await ask("POST", "tools/loose", submission(given, [{}, {"any": "007"}, {"any": deep}]))
    )[1]
    assert (await ended(ask, batch))["submitted_jobs"]["SUCCEEDED"] == 3
    jobs = (await ask("GET", f"batches/{batch}/jobs"))[1]
    assert [job["args"]["any"] for job in jobs] == ["1.50", "007", deep]
    for path in ("tools/loose", "v1/tools/loose"):
        status, told = await ask("POST", path, submission({"code": deep}))
        assert (status, "code" in told) == (400, True)


async def test_single_objects_in_lists_where_the_server_says_so(ask):
    batch = (await ask("POST", "tools/say", submission()))[1]
    (told,) = (await ask("GET", f"batches/{batch}"))[1]
    assert told["batch_id"] == batch

    async def made():
        return (await ask("GET", f"batches/{batch}/jobs"))[1]

    (job,) = await auntil(made, what="the job")
    ((told,)) = (await ask("GET", f"batches/{batch}/jobs/{job['job_id']}"))[1]
    assert told["job_id"] == job["job_id"]


async def test_what_was_cancelled_counts_as_failed(ask, api):
    batch = (await ask("POST", "v1/tools/say", submission()))[1]["batch_id"]
    assert (await api("POST", f"batches/{batch}/cancel")).status == 202
    told = await ended(ask, batch)
    assert sum(told["submitted_jobs"].values()) == 1
    (job,) = (await ask("GET", f"batches/{batch}/jobs"))[1]
    job = (await ask("GET", f"batches/{batch}/jobs/{job['job_id']}"))[1]
    assert job["status"] in ("FAILED", "SUCCEEDED")
    counts = (await ask("GET", f"v1/batches/{batch}"))[1]
    assert list(counts) == [status.lower() for status in STATUSES]


async def test_clear_leaves_what_is_no_batch_of_a_tool(ask, api):
    request = {"target": {"command": ["true"]}, "arguments": [{}]}
    native = (await api("POST", "batches", request)).json["id"]
    for _ in range(2):
        await ask("POST", "tools/say", submission())
    assert len((await ask("GET", "batches"))[1]) == 2
    assert (await ask("GET", f"batches/{native}"))[0] == 404
    assert await ask("DELETE", "batches") == (200, "")
    assert await ask("GET", "batches") == (200, [])
    assert await ask("GET", "v1/batches") == (200, [])
    assert (await api("GET", f"batches/{native}")).status == 200


async def test_tools_in_the_seeds_form(ask):
    assert ["say", "say-1.0"] in (await ask("GET", "tools"))[1]
    assert await ask("GET", "tools/say") == (200, {"ready": True, "buildStatus": "SUCCEEDED"})
    new = {"name": "later", "description": "to come"}
    assert await ask("POST", "tools", new) == (200, "")
    assert (await ask("POST", "tools", new))[0] == 409
    assert (await ask("POST", "tools", {"name": "say", "description": ""}))[0] == 409
    assert ["later", "later"] in (await ask("GET", "tools"))[1]
    assert (await ask("GET", "tools/later"))[1]["ready"] is False
    assert (await ask("POST", "tools/later", submission()))[0] == 409
    assert await ask("DELETE", "tools/later") == (200, "")
    status, said = await ask("DELETE", "tools/say-1.0")
    assert (status, "described by a file" in said) == (409, True)
    for name in ("", " ", ".", "..", ".x", "a/b", "a?b", "a#b", "a%2e", "a\nb", "x" * 201):
        status, said = await ask("POST", "tools", new | {"name": name})
        assert (status, "can't have the name" in said) == (400, True), name


async def test_a_program_is_added_and_removed(ask, api):
    assert await ask("POST", "tools", {"name": "later", "description": "to come"}) == (200, "")
    command = ["sh", "-c", "test $flag = true"]
    flag = {"flag": {"type": "boolean", "default": False}}
    tool = {"name": "later", "command": command, "pass_as": "environment", "parameters": flag}
    added = await api("POST", "tools", tool)
    assert added.status == 201, added.body
    assert (await ask("GET", "tools/later"))[1]["ready"] is True
    assert [one for one in (await ask("GET", "tools"))[1] if one[0] == "later"] == [
        ["later", "later-1.0"]
    ]
    batch = await ask("POST", "tools/later", submission({"a": "1"}))
    assert batch[0] == 400, "its parameters are declared"
    batch = (await ask("POST", "tools/later-1.0", submission({"flag": "True"})))[1]
    assert (await ended(ask, batch))["submitted_jobs"]["SUCCEEDED"] == 1
    assert await ask("DELETE", "tools/later-1.0") == (200, "")
    assert (await ask("GET", "tools/later"))[1]["ready"] is False


async def test_keys_in_every_form(ask, raw, jp_serverapp):
    token = jp_serverapp.identity_provider.token
    for headers in ({"Authorization": token}, {"Authorization": f"Bearer {token}"}):
        assert (await ask("GET", "batches", **headers))[0] == 200
    for headers in (
        {"Authorization": "", "Bearer": token},
        {"Authorization": "wrong"},
        {"Authorization": ""},
        {"Authorization": "", "Bearer": "wrong"},
    ):
        status, told = await ask("GET", "batches", **headers)
        assert status == (200 if headers.get("Bearer") == token else 401), headers
    assert isinstance(told, str)


BAD_BODIES = [
    (b"", "JSON"),
    (b"[", "JSON"),
    (b"[]", ""),
    (submission() | {"more": 1}, "more"),
    ({"fixed_args": {}, "variable_args": []}, "hardware"),
    ({"variable_args": [], "hardware": HARDWARE}, "fixed_args"),
    ({"fixed_args": {}, "hardware": HARDWARE}, "variable_args"),
    (submission(hardware={"memory": 1, "cpu": 1}), "filesystems"),
    (submission(hardware={"filesystems": [], "cpu": 1}), "memory"),
    (submission(hardware={"filesystems": [], "memory": 1}), "cpu"),
    (submission(hardware=HARDWARE | {"memory": 0}), "hardware.memory = 0: "),
    (submission(hardware=HARDWARE | {"memory": 2**70}), "memory"),
    (submission(hardware=HARDWARE | {"memory": 2**62}), "memory"),
    (submission(hardware=HARDWARE | {"cpu": -1}), "hardware.cpu = -1.0: "),
    (submission(hardware=HARDWARE | {"cpu": 10_000}), "cores"),
    (submission(hardware=HARDWARE | {"gpu": 99}), "hardware.gpu = 99: "),
    (submission(hardware=HARDWARE | {"filesystems": ["none"]}), "none"),
    (submission(hardware=HARDWARE | {"filesystems": ["../.."]}), "file system"),
    (submission({"PATH": "/x"}), "PATH"),
    (submission({"LD_PRELOAD": "x"}), "LD_PRELOAD"),
    (submission({"NODE_OPTIONS": "--require=/x"}), "NODE_OPTIONS"),
    (submission({"a b": "x"}), "a b"),
    (submission({"a": "x\0y"}), "zero byte"),
    (submission({"a": "x" * 200_000}), "bytes"),
    (submission({}, [{"code": "many"}]), "code"),
    (submission({}, ["x"]), "variable_args"),
    (b'{"fixed_args": {"a": NaN}}', "JSON"),
    (b'{"fixed_args": {"a": "\\ud800"}, "variable_args": []}', ""),
    (b"\xff", "JSON"),
    (b'{"a":' * 5000, ""),
]


async def test_what_is_refused_names_what_is_wrong(ask, api):
    for path in ("tools/say", "v1/tools/say"):
        answers = [(body, said, *await ask("POST", path, body)) for body, said in BAD_BODIES]
        assert [one for one in answers if one[2] != 400 or one[1] not in one[3]] == []
    assert await ask("GET", "batches") == (200, [])
    unknown = new_id()
    for verb, path, wanted in (
        ("GET", f"batches/{unknown}", 404),
        ("DELETE", f"batches/{unknown}", 404),
        ("GET", f"batches/{unknown}/jobs", 404),
        ("GET", f"batches/{unknown}/jobs/{unknown}", 404),
        ("GET", f"logs/{unknown}", 404),
        ("GET", "batches/%00", 404),
        ("GET", "batches/%ff", 404),
        ("GET", "tools/none", 404),
        ("POST", "tools/none", 404),
        ("DELETE", "tools/none", 404),
        ("POST", "batches", 405),
        ("PUT", "batches", 405),
        ("GET", "nothing", 404),
    ):
        assert (await ask(verb, path, b"{}" if verb in ("POST", "PUT") else None))[0] == wanted, (
            path
        )
    single = (await api.submit(python("1")))["id"]
    batch = (await ask("POST", "tools/say", submission()))[1]
    assert (await ask("GET", f"batches/{batch}/jobs/{single}"))[0] == 404


async def test_logs_are_those_of_batches(ask, api):
    job = (await api("POST", "jobs", {"target": {"command": python("print(1)")}})).json["id"]
    assert (await ask("GET", f"logs/{job}"))[0] == 404
