"""ET Engine's dialect on the wire: the seed's six routes, and what is said to what can't be."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from pathlib import Path
from urllib.parse import quote

import pytest

from jobs_ext.model.ids import new_id
from tests.serving import python
from tests.waiting import auntil

STATUSES = ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"]
TOOL = """
name = "say"
command = ["sh", "-c", "echo said $a $b; echo warned >&2; exit $code"]
pass_as = "environment"
additional_parameters = true
[parameters.code]
type = "integer"
default = 0
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
    assert (await ask("DELETE", "tools/say"))[0] == 403


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
    (submission(hardware=HARDWARE | {"memory": 0}), "memory"),
    (submission(hardware=HARDWARE | {"memory": 2**70}), "memory"),
    (submission(hardware=HARDWARE | {"memory": 2**62}), "memory"),
    (submission(hardware=HARDWARE | {"cpu": -1}), "core"),
    (submission(hardware=HARDWARE | {"cpu": 10_000}), "cores"),
    (submission(hardware=HARDWARE | {"gpu": 99}), "GPUs"),
    (submission(hardware=HARDWARE | {"filesystems": ["none"]}), "none"),
    (submission(hardware=HARDWARE | {"filesystems": ["../.."]}), "file system"),
    (submission({"PATH": "/x"}), "PATH"),
    (submission({"LD_PRELOAD": "x"}), "LD_PRELOAD"),
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


async def make_disk(ask, name="disk"):
    status, told = await ask("POST", "filesystems", {"filesystem_name": name})
    assert status == 200, told
    return told["filesystem_id"]


async def send(ask, file, content, size=None, **header):
    upload = (await ask("POST", file, {"size": len(content) if size is None else size}))[1]
    span = {"Content_Range": f"[{upload['uploadId']}]:0-{len(content)}", **header}
    await ask("PUT", file, content, **span)
    return await ask("POST", file, {"uploadId": upload["uploadId"], "complete": True})


async def test_a_job_finds_its_file_systems_in_its_folder(ask, api):
    disk = await make_disk(ask)
    file = f"v1/filesystems/{disk}/files/in.txt"
    assert await send(ask, file, b"from outside") == (200, "")
    hardware = HARDWARE | {"filesystems": [disk]}
    batch = (await ask("POST", "tools/copy", submission(hardware=hardware)))[1]
    await ended(ask, batch)
    (job,) = (await ask("GET", f"batches/{batch}/jobs"))[1]
    assert (await ask("GET", f"logs/{job['log_id']}")) == (200, "from outside")
    out = f"filesystems/{disk}/files/out.txt"
    assert (await ask("GET", f"{out}?init=True"))[1]["size"] == 5
    mounts = (await api("GET", f"jobs/{job['job_id']}")).json["options"]["mounts"]
    assert list(mounts) == ["filesystems/disk"]
    told = (await ask("GET", f"batches/{batch}"))[1]
    assert told["hardware"] == hardware
    assert (await ask("DELETE", f"filesystems/{disk}")) == (200, "")
    assert (await ask("GET", "filesystems")) == (200, [])
    assert (await ask("POST", "tools/say", submission(hardware=hardware)))[0] == 400


async def test_files_go_up_and_down(ask, raw):
    disk = await make_disk(ask)
    file = f"filesystems/{disk}/files/a/b.bin"
    content = bytes(range(256)) * 40
    assert await send(ask, file, content) == (200, "")
    status, told = await ask("GET", f"{file}?init=True")
    assert (status, told["size"], len(told["download_id"])) == (200, len(content), 32)
    answer = await raw("GET", f"et_engine/{file}", **{"Content-Range": "100-200"})
    assert (answer.status, answer.body) == (206, content[100:200])
    answer = await raw("GET", f"et_engine/{file}", **{"Content-Range": "10000-99999"})
    assert answer.body == content[10000:]
    assert (await raw("GET", f"et_engine/{file}")).body == content
    for span, wanted in (("20000-30000", 416), ("5-5", 416), ("x", 400), ("-", 400)):
        assert (await ask("GET", file, Content_Range=span))[0] == wanted, span
    assert await ask("GET", f"filesystems/{disk}/list") == (
        200,
        {"directories": ["a"], "files": []},
    )
    assert (await ask("GET", f"filesystems/{disk}/list/a"))[1]["files"] == ["b.bin"]
    assert (await ask("POST", f"filesystems/{disk}/mkdir/a", b"{}"))[0] == 409
    assert (await ask("POST", f"filesystems/{disk}/mkdir/a/b.bin/c", b"{}"))[0] == 409
    assert (await ask("DELETE", f"filesystems/{disk}/files/a"))[0] == 200
    for verb, path in (("GET", "files/a"), ("DELETE", "files/a"), ("GET", "list/a")):
        assert (await ask(verb, f"filesystems/{disk}/{path}"))[0] == 404


async def test_uploads_that_are_refused(ask):
    disk = await make_disk(ask)
    file = f"filesystems/{disk}/files/f"
    for body in ({}, {"size": -1}, {"size": 2**60}, {"size": "1"}, {"complete": True}, b"["):
        assert (await ask("POST", file, body))[0] == 400, body
    assert (await ask("POST", file, {"size": 2**50}))[0] == 507
    upload = (await ask("POST", file, {"size": 10}))[1]["uploadId"]
    for span, body in (
        ("0-10", b"x" * 10),
        (f"[{upload}]:0-10", b"x" * 9),
        (f"[{upload}]:5-15", b"x" * 10),
        (f"[{upload}]:9-3", b""),
        (f"[{upload}]:{'9' * 30}-3", b""),
        ("", b""),
    ):
        assert (await ask("PUT", file, body, Content_Range=span))[0] == 400, span
    other = "0" * 32
    assert (await ask("PUT", file, b"x", Content_Range=f"[{other}]:0-1"))[0] == 404
    assert (await ask("POST", file, {"uploadId": other, "complete": True}))[0] == 404
    assert (await ask("POST", file, {"uploadId": "../../x", "complete": True}))[0] == 404
    assert (await ask("PUT", file, b"x" * 5, Content_Range=f"[{upload}]:5-10"))[0] == 200
    ending = {"uploadId": upload, "complete": True}
    status, told = await ask("POST", file, ending)
    assert (status, "from 0 on" in told) == (409, True)
    assert (await ask("GET", file))[0] == 404, "nothing is there until all of it is"
    assert (await ask("PUT", file, b"y" * 5, Content_Range=f"[{upload}]:0-5"))[0] == 200
    assert (await ask("POST", file, ending))[0] == 200
    assert (await ask("POST", file, ending))[0] == 404


async def test_paths_that_lead_out(ask):
    disk = await make_disk(ask)
    for path in ("%2e%2e/x", "a/%2e%2e/%2e%2e/x", "x" * 300, "%00", "a/" * 600):
        for verb, what in (
            ("GET", "files"),
            ("DELETE", "files"),
            ("GET", "list"),
            ("POST", "mkdir"),
        ):
            body = b"{}" if verb == "POST" else None
            status, told = await ask(verb, f"filesystems/{disk}/{what}/{path}", body)
            assert status in (400, 404), (verb, what, path, told)
    for key in ("%2e%2e", "..%2f..", ".uploads", new_id()):
        assert (await ask("GET", f"filesystems/{key}/list/"))[0] == 404, key
    for name in ("", "a/b", ".x", "x" * 101, "a\nb"):
        answer = await ask("POST", "filesystems", {"filesystem_name": name})
        assert answer[0] == 400, (name, json.dumps(answer))


async def test_a_file_system_goes_while_a_job_writes_to_it(ask, data_dir):
    disk = await make_disk(ask)
    (folder,) = Path(data_dir).glob(f"filesystems/*/{disk}")
    over = threading.Event()

    def write() -> None:
        for number in itertools.count():
            if over.is_set():
                return
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                (folder / "a" / str(number % 3000)).touch()

    writers = [threading.Thread(target=write) for _ in range(2)]
    (folder / "a").mkdir()
    for writer in writers:
        writer.start()
    try:
        for path in ("/files/a", ""):
            status, told = await ask("DELETE", f"filesystems/{disk}{path}")
            assert status == 200, told
            if path:
                (folder / "a").mkdir()
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert list(Path(data_dir).glob("filesystems/*/*-*")) == []


async def test_a_file_system_whose_folder_was_lost_can_be_removed_and_made_anew(ask, data_dir):
    disk = await make_disk(ask)
    (folder,) = Path(data_dir).glob(f"filesystems/*/{disk}")
    folder.rmdir()
    assert (await ask("GET", f"filesystems/{disk}/list"))[0] == 404
    assert (await ask("DELETE", f"filesystems/{disk}"))[0] == 200
    assert await make_disk(ask) == disk


async def test_names_and_paths_too_long_for_the_disk(ask):
    long = "\N{GRINNING FACE}"
    answer = await ask("POST", "filesystems", {"filesystem_name": long * 64})
    assert answer[0] == 400, "no job could mount it"
    disk = await make_disk(ask)
    path = quote("/".join([*([long * 63] * 15), long * 40]))  # 1000 characters
    for verb, what, body in (
        ("POST", "files", {"size": 1}),
        ("POST", "files", {"size": 0}),
        ("POST", "mkdir", {}),
        ("GET", "files", None),
        ("GET", "list", None),
        ("DELETE", "files", None),
    ):
        status, told = await ask(verb, f"filesystems/{disk}/{what}/{path}", body)
        if "uploadId" in told:
            ending = {"uploadId": told["uploadId"], "complete": True}
            status, told = await ask(verb, f"filesystems/{disk}/{what}/{path}", ending)
        assert status in (400, 404, 409), (verb, what, told)


async def test_logs_are_those_of_batches(ask, api):
    job = (await api("POST", "jobs", {"target": {"command": python("print(1)")}})).json["id"]
    assert (await ask("GET", f"logs/{job}"))[0] == 404
