"""ET Engine's file systems on the wire: files go up and down in pieces, and jobs find them."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import threading
from pathlib import Path
from urllib.parse import quote

from jobs_ext.model.ids import new_id
from tests.dialects.et_wire import HARDWARE, ask, ended, jp_server_config, submission

__all__ = ["ask", "jp_server_config"]


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
    for body in ({}, {"size": -1}, {"size": "1"}, {"complete": True}, b"["):
        assert (await ask("POST", file, body))[0] == 400, body
    for size in (2**50, 2**70):  # more than there will ever be: no fault of the server's
        assert (await ask("POST", file, {"size": size}))[0] == 413, size
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


async def test_uploads_may_not_promise_more_than_the_disk_holds(ask, data_dir):
    disk = await make_disk(ask)
    size = shutil.disk_usage(data_dir).free * 6 // 10
    file = f"filesystems/{disk}/files/big"
    assert (await ask("POST", file, {"size": size}))[0] == 200
    assert (await ask("POST", file, {"size": size}))[0] == 507
    assert (await ask("POST", file, {"size": 10}))[0] == 200


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
