from __future__ import annotations

from jobs_ext.model.ids import new_id
from tests.serving import python
from tests.waiting import auntil

ECHO = {"target": {"command": ["echo", "{n}"]}, "arguments": [{"n": str(n)} for n in range(4)]}


async def test_a_sweep_from_submit_to_end(api, jp_base_url):
    answer = await api("POST", "batches", ECHO)
    assert answer.status == 201, answer.body
    batch = answer.json
    assert answer.headers["Location"] == f"{jp_base_url}jobs-ext/api/v1/batches/{batch['id']}"
    assert (batch["n_jobs"], batch["parameters"]) == (4, ["n"])
    assert len(batch["counts"]) == 8

    async def done():
        now = (await api("GET", f"batches/{batch['id']}")).json
        return now["counts"]["SUCCEEDED"] == 4

    await auntil(done, what="the batch to end")
    jobs = (await api("GET", f"batches/{batch['id']}/jobs")).json["items"]
    assert [job["arguments"]["n"] for job in jobs] == ["0", "1", "2", "3"]
    view = (await api("GET", f"batches/{batch['id']}/view")).json
    assert (view["kind"], view["final"], view["failed"]) == ("batch", True, [])
    assert [b["id"] for b in (await api("GET", "batches")).json["items"]] == [batch["id"]]


async def test_failures_are_named_in_the_view(api):
    request = {
        "target": {"command": [*python("import sys; sys.exit(int(sys.argv[1]))"), "{code}"]},
        "arguments": [{"code": "0"}, {"code": "3"}],
    }
    batch = (await api("POST", "batches", request)).json

    async def final():
        view = (await api("GET", f"batches/{batch['id']}/view")).json
        return view if view["final"] else None

    view = await auntil(final, what="the batch to end")
    assert view["tone"] == "bad"
    assert ["code 3" in one["reason"] for one in view["failed"]] == [True]
    assert (view["failed"][0]["reason_code"], view["failed"][0]["n_jobs"]) == ("exit_code", 1)
    assert view["actions"] == ["reset"]
    code = (await api("GET", f"jobs/{view['failed'][0]['id']}/code")).json["python"]
    assert "code='3'" in code
    assert (await api("POST", f"batches/{batch['id']}/reset")).status == 200
    again = await auntil(final, what="the second attempts to end")
    assert again["counts"]["FAILED"] == 1


async def test_one_bad_argument_set_and_nothing_is_kept(api):
    arguments = [{"text": "/etc/hostname", "lines_only": n != 2} for n in range(4)]
    arguments[2]["lines_only"] = "yes"
    answer = await api("POST", "batches", {"target": {"tool": "wc"}, "arguments": arguments})
    assert (answer.status, answer.json["field"]) == (400, "arguments[2].lines_only")
    assert (await api("GET", "batches")).json["items"] == []
    assert (await api("GET", "jobs")).json["items"] == []


async def test_cancel_and_delete(api):
    batch = (await api("POST", "batches", ECHO | {"options": {"hold": True}})).json
    answer = await api("POST", f"batches/{batch['id']}/cancel")
    assert (answer.status, answer.json["cancel_requested"] is None) == (202, False)

    async def cancelled():
        return (await api("GET", f"batches/{batch['id']}")).json["counts"]["CANCELLED"] == 4

    await auntil(cancelled, what="all of them, also those that were not made yet")
    assert (await api("DELETE", f"batches/{batch['id']}")).status == 204
    assert (await api("GET", "batches")).json["items"] == []


async def test_pages(api):
    held = ECHO | {"options": {"hold": True}}
    ids = [(await api("POST", "batches", held)).json["id"] for _ in range(3)]
    first = (await api("GET", "batches", params={"limit": "2"})).json
    rest = (await api("GET", "batches", params={"limit": "2", "cursor": first["next"]})).json
    assert [b["id"] for b in first["items"] + rest["items"]] == ids[::-1]


async def test_unknown(api):
    for path in ("", "/jobs", "/view"):
        assert (await api("GET", f"batches/{new_id()}{path}")).status == 404
    assert (await api("GET", "batches/nonsense")).json["value"] == "nonsense"
    assert (await api("GET", "batches", params={"tool": "wc"})).json["field"] == "tool"


async def test_a_batch_takes_a_part_for_each_of_many_values(api):
    names = [f"value{number}" for number in range(300)]
    request = {
        "target": {"command": ["cat", "{text}"]},
        "arguments": [{"text": {"$part": name}} for name in names],
        "options": {"hold": True},
    }
    files = {name: (f"{name}.txt", name.encode()) for name in names}
    answer = await api.upload("batches", request, **files)
    assert answer.status == 201, answer.body
    assert answer.json["n_jobs"] == 300
