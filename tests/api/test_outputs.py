"""Downloads of what real jobs wrote."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import zipfile
from pathlib import Path

import pytest

from jobs_ext.api.sending import disposition
from jobs_ext.api.zips import zipped
from jobs_ext.model.ids import new_id
from jobs_ext.model.job import Output
from tests.disks import needs_mounts, small_disk
from tests.serving import python
from tests.waiting import auntil

WRITE = """
import os
folder = os.environ["JOBS_OUTPUT_DIR"]
os.makedirs(folder + "/sub", exist_ok=True)
files = {"a.txt": "0123456789", "sub/é\\".html": "<script>1</script>", "empty": ""}
for name, text in files.items():
    open(folder + "/" + name, "w").write(text)
"""


LARGE = """
import os
open(os.environ["JOBS_OUTPUT_DIR"] + "/big", "wb").write(bytes(range(256)) * 4096)
"""


async def finished(api, code=WRITE):
    job = await api.submit(python(code))
    ended = await api.ended(job["id"])
    assert ended["status"] == "SUCCEEDED", ended
    return f"jobs/{job['id']}/outputs"


async def test_listing(api):
    outputs = await finished(api)
    items = {item["name"]: item for item in (await api("GET", outputs)).json["items"]}
    assert {"a.txt", 'sub/é".html', "empty"} <= set(items)
    assert items["a.txt"]["size"] == 10
    assert items["a.txt"]["media_type"] == "text/plain"


async def test_a_file_can_do_no_harm(api):
    outputs = await finished(api)
    answer = await api("GET", f'{outputs}/sub/é".html')
    assert (answer.status, answer.body) == (200, b"<script>1</script>")
    headers = answer.headers
    assert headers["Content-Security-Policy"].startswith("sandbox")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["Content-Type"] == "text/html"


async def test_ranges(api):
    outputs = await finished(api)
    answer = await api("GET", f"{outputs}/a.txt", headers={"Range": "bytes=2-4"})
    assert (answer.status, answer.body) == (206, b"234")
    assert answer.headers["Content-Range"] == "bytes 2-4/10"
    assert answer.headers["Content-Length"] == "3"
    tag = answer.headers["Etag"]
    assert tag.strip('"') == hashlib.sha256(b"0123456789").hexdigest()
    same = {"Range": "bytes=2-4", "If-Range": tag}
    assert (await api("GET", f"{outputs}/a.txt", headers=same)).status == 206
    other = {"Range": "bytes=2-4", "If-Range": '"another"'}
    answer = await api("GET", f"{outputs}/a.txt", headers=other)
    assert (answer.status, answer.body) == (200, b"0123456789")
    answer = await api("GET", f"{outputs}/a.txt", headers={"Range": "bytes=10-"})
    assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */10")
    assert answer.json["type"] == "range_not_satisfiable"


async def test_head_and_etag(api):
    outputs = await finished(api)
    answer = await api("HEAD", f"{outputs}/a.txt")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Length"] == "10"
    assert answer.headers["Accept-Ranges"] == "bytes"
    known = {"If-None-Match": answer.headers["Etag"]}
    assert (await api("GET", f"{outputs}/a.txt", headers=known)).status == 304


async def test_empty_and_large_files(api):
    outputs = await finished(api, LARGE)
    assert (await api("GET", f"{outputs}/big")).body == bytes(range(256)) * 4096
    outputs = await finished(api)
    answer = await api("GET", f"{outputs}/empty")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")


async def test_unknown_and_vanished(api):
    outputs = await finished(api)
    answer = await api("GET", f"{outputs}/b.txt")
    assert (answer.status, answer.json["value"]) == (404, "b.txt")
    (item,) = [i for i in (await api("GET", outputs)).json["items"] if i["name"] == "a.txt"]
    await asyncio.to_thread(Path(item["path"]).unlink)
    answer = await api("GET", f"{outputs}/a.txt")
    assert answer.status == 404
    assert "a.txt" in answer.json["message"]


def test_file_names_are_quoted():
    said = disposition('results/naïve "a" 100%.csv')
    assert 'filename="na_ve _a_ 100_.csv"' in said
    assert "filename*=UTF-8''na%C3%AFve%20%22a%22%20100%25.csv" in said
    assert "\n" not in disposition("a\r\nX-Header: 1")


MANY = """
import os
for k in range(230):
    open(f"{os.environ['JOBS_OUTPUT_DIR']}/{k:03}", "w").close()
"""


async def test_many_outputs_have_pages(api):
    job = await api.ended((await api.submit(python(MANY)))["id"])
    shown, number = [one["name"] for one in job["outputs"]], job["n_outputs"]
    assert (len(shown), number) == (100, 230)
    outputs = f"jobs/{job['id']}/outputs"
    names, query = [], {"limit": "90"}
    while query:
        page = (await api("GET", outputs, params=query)).json
        names += [one["name"] for one in page["items"]]
        query = page["next"] and {"limit": "90", "cursor": page["next"]}
    assert names == sorted(f"{k:03}" for k in range(230))
    assert names[:100] == shown
    assert (await api("GET", f"{outputs}/229")).status == 200
    for wrong in ({"limit": "0"}, {"limit": "501"}, {"cursor": "x"}, {"attempt": "x"}):
        answer = await api("GET", outputs, params=wrong)
        assert (answer.status, answer.json["field"]) == (400, next(iter(wrong))), answer.body


ONCE_MORE = """
import os, pathlib
seen = pathlib.Path("seen")
again = seen.exists()
seen.touch()
open(os.environ["JOBS_OUTPUT_DIR"] + ("/second" if again else "/first"), "w").write("x")
open(os.environ["JOBS_OUTPUT_DIR"] + "/both", "w").write(str(again))
raise SystemExit(not again)
"""


async def test_outputs_of_an_earlier_attempt(api, tmp_path):
    given = {"retries": 1, "cwd": str(tmp_path)}
    job = await api.ended((await api.submit(python(ONCE_MORE), **given))["id"])
    assert (job["status"], len(job["attempts"])) == ("SUCCEEDED", 2)
    outputs = f"jobs/{job['id']}/outputs"

    async def names(**query):
        items = (await api("GET", outputs, params=query)).json["items"]
        return [one["name"] for one in items]

    assert await names() == await names(attempt="2") == ["both", "second"]
    assert await names(attempt="1") == ["both", "first"]
    assert (await api("GET", f"{outputs}/both")).body == b"True"
    assert (await api("GET", f"{outputs}/both", params={"attempt": "1"})).body == b"False"
    assert (await api("GET", f"{outputs}/first")).status == 404
    answer = await api("GET", outputs, params={"attempt": "3"})
    assert (answer.status, answer.json["field"]) == (404, "attempt")


async def put(api, path, body, **headers):
    return await api("PUT", path, body, headers={"Content-Type": "text/csv", **headers})


async def test_an_output_is_added_replaced_and_deleted(api, data_dir):
    outputs = await finished(api)
    for status, body in ((201, b"a\n1\n"), (200, b"a\n2\n")):
        answer = await put(api, f"{outputs}/sub/t.csv", body)
        assert (answer.status, answer.json["name"]) == (status, "sub/t.csv")
        assert answer.json["sha256"] == hashlib.sha256(body).hexdigest()
        assert (await api("GET", f"{outputs}/sub/t.csv")).body == body
    items = {item["name"]: item for item in (await api("GET", outputs)).json["items"]}
    assert (items["sub/t.csv"]["media_type"], items["sub/t.csv"]["size"]) == ("text/csv", 4)
    assert len([*data_dir.glob("jobs/*/*-given/*")]) == 1
    assert (await api("DELETE", f"{outputs}/sub/t.csv")).status == 204
    assert (await api("DELETE", f"{outputs}/a.txt")).status == 204
    assert not Path(items["a.txt"]["path"]).exists()
    for name in ("sub/t.csv", "a.txt"):
        assert (await api("DELETE", f"{outputs}/{name}")).status == 404
    assert [*data_dir.glob("jobs/*/*-given/*")] == [*data_dir.glob("parts/.*")] == []
    history = (await api("GET", outputs.replace("outputs", "history"))).json["items"]
    changes = [event["data"].get("change") for event in history if event["type"] == "outputs"]
    assert changes == [None, "added", "replaced", "deleted", "deleted"]


async def test_what_the_job_wrote_is_replaced_by_what_it_is_given(api):
    outputs = await finished(api)
    answer = await put(api, f"{outputs}/a.txt", b"mine")
    assert answer.status == 200
    assert (await api("GET", f"{outputs}/a.txt")).body == b"mine"


async def test_strange_names_survive(api, http_server_client, jp_base_url, jp_auth_header):
    outputs = await finished(api)
    root = f"{jp_base_url}jobs-ext/api/v1/{outputs}"

    async def send(verb, name, body=None):
        return await http_server_client.fetch(
            f"{root}/{name}", method=verb, body=body, headers=jp_auth_header, raise_error=False
        )

    for name in ("a%0Ab.txt", "%22%27.txt", "%FF%FE.txt", "%E2%82%AC.txt", "100%25.txt"):
        assert (await send("PUT", name, name.encode())).code == 201
        assert (await send("GET", name)).body == name.encode()
    listed = {item["name"] for item in (await api("GET", outputs)).json["items"]}
    assert {"a\nb.txt", "\"'.txt", "\\xff\\xfe.txt", "€.txt", "100%.txt"} <= listed
    for name in ("..%2Fx", "%2Fetc%2Fpasswd", "a%00b", "a//b", "x" * 300, "%2E"):
        refused = await send("PUT", name, b"x")
        assert refused.code == 400, name
        assert b'"field":"name"' in refused.body


@pytest.fixture
def small_data_dir(data_dir):
    with small_disk(data_dir, "40m"):
        yield data_dir


@needs_mounts
async def test_a_refused_file_leaves_nothing(small_data_dir, api):
    waiting = await api.submit(python("pass"), hold=True)
    answer = await put(api, f"jobs/{waiting['id']}/outputs/t.csv", b"x" * 3_000_000)
    assert (answer.status, answer.json["field"]) == (409, "id")
    outputs = await finished(api)
    answer = await put(api, f"{outputs}/t.csv", b"x" * 30_000_000)
    assert (answer.status, answer.json["type"]) == (507, "disk_full")
    left = [*small_data_dir.glob("parts/.*"), *small_data_dir.glob("jobs/*/*-given/*")]
    assert left == []


@pytest.mark.parametrize(("written", "told"), [(7_258_118_400, 2107), (0, 1980)])
def test_a_zip_tells_what_times_it_can(tmp_path, written, told):
    path = tmp_path / "t"
    path.write_text("x")
    os.utime(path, (written, written))
    body = b"".join(zipped([Output("t", "text/plain", 1, path=str(path))]))
    assert zipfile.ZipFile(io.BytesIO(body)).getinfo("t").date_time[0] == told


async def test_all_outputs_as_a_zip(api):
    outputs = await finished(api)
    answer = await api("GET", f"{outputs}.zip")
    assert answer.headers["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.body))
    assert archive.testzip() is None
    assert archive.read("a.txt") == b"0123456789"
    assert set(archive.namelist()) == {"a.txt", 'sub/é".html', "empty"}
    chosen = await api("GET", f"{outputs}.zip", params={"match": "*.txt"})
    assert zipfile.ZipFile(io.BytesIO(chosen.body)).namelist() == ["a.txt"]
    none = await api("GET", f"{outputs}.zip", params={"match": "*.csv"})
    assert (none.status, none.json["field"]) == (404, "match")


async def test_outputs_of_a_batch_as_a_zip(api):
    wanted = {
        "target": {"command": ["sh", "-c", 'echo x > "$JOBS_OUTPUT_DIR/$0"', "{w}"]},
        "arguments": [{"w": "a"}, {"w": "b*"}],
        "options": {"cwd": "private"},
    }
    batch = (await api("POST", "batches", wanted)).json["id"]

    async def succeeded():
        jobs = (await api("GET", f"batches/{batch}/jobs")).json["items"]
        done = [job["id"] for job in jobs if job["status"] == "SUCCEEDED"]
        return done if len(done) == 2 else None

    a, b = await auntil(succeeded, what="both jobs to end")

    async def names(**params):
        answer = await api("GET", f"batches/{batch}/outputs.zip", params=params)
        return zipfile.ZipFile(io.BytesIO(answer.body)).namelist()

    assert await names(match="a") == [f"{a}/a"]
    assert await names(match="b[*]") == [f"{b}/b*"]
    assert await names(ids=a) == [f"{a}/a"]
    assert await names(ids=new_id()) == []
    for field, wrong in [("limit", "501"), ("cursor", "x"), ("ids", "x"), ("jobs", "1")]:
        refused = await api("GET", f"batches/{batch}/outputs.zip", params={field: wrong})
        assert (refused.status, refused.json["field"]) == (400, field)


async def test_a_refusal_waits_until_all_of_a_large_body_has_come(api, jp_http_port, jp_base_url):
    """Who hears nothing before everything is sent gets the answer, not a broken connection."""
    size = 8 << 20
    head = (
        f"PUT {jp_base_url}jobs-ext/api/v1/jobs/{new_id()}/outputs/a HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{jp_http_port}\r\nContent-Length: {size}\r\n"
        "Authorization: Bearer jx_wrong\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", jp_http_port)
    writer.write(head.encode() + bytes(size))
    await writer.drain()
    assert b" 401 " in await reader.readline()
    writer.close()


SLOWLY = """
echo 1 > a.txt; mkdir sub; printf 22 > sub/b.txt; touch "$JOBS_OUTPUT_DIR/c.txt"
ln -s /etc/hosts leads-out; cp given.txt copied.txt; mkfifo pipe; touch ready
while ! test -e "$0"; do sleep 0.02; done
printf 333 > a.txt
"""


async def test_outputs_so_far(api, tmp_path):
    (tmp_path / "given.txt").write_text("given")
    command = ["bash", "-c", SLOWLY, str(tmp_path / "go")]
    given = {"cwd": "private", "inputs": [str(tmp_path / "given.txt")]}
    job = (await api.submit(command, **given))["id"]
    outputs = f"jobs/{job}/outputs"

    async def names(**query):
        found = (await api("GET", outputs, params=query)).json
        more = {"cursor": found["next"]} if found["next"] else None
        return [one["name"] for one in found["items"]] + (
            await names(**query | more) if more else []
        )

    async def ready():
        return "ready" in await names(so_far="true")

    await auntil(ready, what="what it writes")
    assert await names() == []
    whole = ["a.txt", "c.txt", "copied.txt", "ready", "sub/b.txt"]
    assert await names(so_far="true") == await names(so_far="true", limit="2") == whole
    so_far = {"so_far": "true"}
    assert (await api("GET", f"{outputs}/sub/b.txt", params=so_far)).body == b"22"
    assert (await api("GET", f"{outputs}/sub/b.txt")).status == 404
    for name in ("leads-out", "pipe", "given.txt", "../alive", "none"):
        assert (await api("GET", f"{outputs}/{name}", params=so_far)).status == 404, name
    answer = await api("GET", outputs, params={"so_far": "perhaps"})
    assert (answer.status, answer.json["field"]) == (400, "so_far")
    (tmp_path / "go").touch()
    await api.ended(job)
    assert await names() == await names(so_far="true") == whole
    assert (await api("GET", f"{outputs}/a.txt", params=so_far)).body == b"333"
