"""Archives over HTTP: where they go, and that they go nowhere else."""

from __future__ import annotations

from pathlib import Path

from tests.serving import python
from tests.waiting import auntil

WRITE = "import os; open(os.environ['JOBS_OUTPUT_DIR'] + '/t.csv', 'w').write('a')"


async def archived(api, job, folder):
    answer = await api("POST", f"jobs/{job}/archive", {"folder": folder})
    assert (answer.status, answer.json["status"]) == (202, "waiting")

    async def over():
        found = (await api("GET", f"jobs/{job}/archive")).json
        return found if found["status"] != "waiting" else None

    return await auntil(over, what=f"the archive of {job}")


async def test_the_file_browser_shows_it_and_the_url_stays(api, jp_fetch, jp_root_dir):
    job = (await api.submit(python(WRITE), archive="kept/{id}"))["id"]
    ended = await api.ended(job)
    assert ended["options"]["archive"] == "kept/{id}"
    assert [o["archive"] for o in ended["outputs"]] == [f"kept/{job}/t.csv"]
    shown = await jp_fetch("api", "contents", "kept", job, "t.csv")
    assert b'"content": "a"' in shown.body
    assert (await api("GET", f"jobs/{job}/outputs/t.csv")).body == b"a"
    moved = await archived(api, job, "other")
    assert (moved["status"], moved["folder"]) == ("done", "other")
    (Path(jp_root_dir) / "kept" / job / "t.csv").unlink()
    assert (await api("GET", f"jobs/{job}/outputs/t.csv")).body == b"a"
    (Path(jp_root_dir) / "other" / "t.csv").unlink()
    answer = await api("GET", f"jobs/{job}/outputs/t.csv")
    assert (answer.status, answer.json["hint"]) == (404, "It was archived as other/t.csv.")


BAD = ["", "../x", "/etc", ".hidden", "a/../b", "tools", "a\0", "\ud800", "x" * 300, 1, ["a"]]
BODIES = [{}, {"folder": None}, {"folder": "a", "x": 1}, [], *({"folder": bad} for bad in BAD)]


async def test_what_is_refused(api):
    job = (await api.submit(["true"]))["id"]
    await api.ended(job)
    for body in BODIES:
        answer = await api("POST", f"jobs/{job}/archive", body)
        assert (answer.status, bool(answer.json["message"])) == (400, True), (body, answer.body)
    for bad in BAD:
        request = {"target": {"command": ["true"]}, "options": {"archive": bad}}
        answer = await api("POST", "jobs", request)
        assert answer.status == 400, (bad, answer.body)
    assert (await api("GET", f"jobs/{job}/archive")).status == 404
    answer = await api("POST", f"jobs/{job}/archive", {"folder": "x"})
    assert (answer.status, answer.json["type"]) == (409, "conflict")
