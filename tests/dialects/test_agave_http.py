"""Agave's API as raw requests: several people, hostile bodies, a valid control beside each."""

from __future__ import annotations

import json

import pytest
from jupyter_server.auth import IdentityProvider, User
from traitlets.config import Config

from tests.receivers import webhooks
from tests.serving import Answer
from tests.waiting import auntil

TOOL = """
name = "echo"
shell = true
command = "sleep {wait}; echo {word}"
[parameters.word]
type = "string"
default = "hi"
[parameters.wait]
type = "integer"
default = 0
[outputs.said]
path = "stdout"
"""
HALF = """
name = "half"
shell = true
command = "echo ha > 'a?b=c#d.txt'"
[parameters.n]
type = "integer"
default = 1
[outputs.half]
path = "a?b=c#d.txt"
[resources]
cpu = 0.5
timeout = "89.5s"
"""
BOTH = """
name = "both"
shell = true
command = "cat {texts} > all.txt"
[inputs.texts]
multiple = true
required = true
[outputs.all]
path = "all.txt"
"""
CLOSED = TOOL.replace('"echo"', '"closed"', 1) + "restricted = true\n"


class Named(IdentityProvider):
    """Believes a header; stands for a provider that knows people apart."""

    def get_user(self, handler):
        name = handler.request.headers.get("X-Name")
        return User(name) if name else None

    def is_token_authenticated(self, handler):
        return True


@pytest.fixture
def jp_server_config(jp_server_config, jp_root_dir):
    tools = jp_root_dir / "tools"
    tools.mkdir()
    (tools / "echo.toml").write_text(TOOL)
    (tools / "half.toml").write_text(HALF)
    (tools / "both.toml").write_text(BOTH)
    restricted = CLOSED.replace("restricted = true\n", "")
    (tools / "closed.toml").write_text("restricted = true\n" + restricted)
    config = Config(jp_server_config)
    config.ServerApp.identity_provider_class = Named
    config.JobsExtension.admins = {"root"}
    config.JobsExtension.allowed_hosts = ["127.0.0.1"]
    return config


@pytest.fixture
def agave(http_server_client, jp_serverapp):
    """Return a function that asks as somebody; a body that is no bytes is sent as JSON."""

    async def ask(who, verb, path, body=None, **headers):
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        response = await http_server_client.fetch(
            f"{jp_serverapp.base_url}jobs-ext/agave/{path}",
            method=verb,
            body=sent,
            headers={"X-Name": who, **headers},
            raise_error=False,
            allow_nonstandard_methods=True,
        )
        return Answer(response.code, response.headers, response.body or b"")

    return ask


GOOD = {"name": "n", "appId": "echo-1.0", "inputs": {}, "parameters": {}, "archive": False}


async def submitted(agave, who, **changes):
    answer = await agave(who, "POST", "jobs/v2/", GOOD | changes)
    assert answer.status == 201, answer.body
    return answer.json["result"]["id"]


async def state(agave, who, job):
    return (await agave(who, "GET", f"jobs/v2/{job}/status")).json["result"]["status"]


async def reached(agave, who, job, *wanted):
    async def there():
        found = await state(agave, who, job)
        return found if found in wanted else None

    return await auntil(there, what=f"{job} to be {wanted}")


async def test_what_others_may_do_with_a_job(agave):
    job = await submitted(agave, "ada", parameters={"wait": 600})
    asked = [
        ("GET", "", None, "read"),
        ("GET", "/status", None, "read"),
        ("GET", "/history", None, "read"),
        ("GET", "/pems", None, "read"),
        ("GET", "/pems/ada", None, "read"),
        ("GET", "/outputs/listings/", None, "read"),
        ("POST", "/pems", {"username": "cy", "permission": "READ"}, "write"),
        ("POST", "/pems/cy", {"permission": "NONE"}, "write"),
        ("POST", "/pems/ada", {"permission": "NONE"}, "write"),
        ("POST", "/pems/ada", {"permission": "ALL"}, "write"),
        ("DELETE", "/pems/cy", None, "write"),
        ("POST", "", {"action": "resubmit"}, "write"),
        ("POST", "", {"action": "stop"}, "write"),
    ]

    async def codes():
        found = []
        for verb, path, body, _ in asked:
            found.append((await agave("bob", verb, f"jobs/v2/{job}{path}", body)).status)
        return found

    assert set(await codes()) == {404}
    assert [row["id"] for row in (await agave("bob", "GET", "jobs/v2")).json["result"]] == []
    await agave("ada", "POST", f"jobs/v2/{job}/pems", {"username": "bob", "permission": "READ"})
    found = dict(zip(asked_names(asked), await codes(), strict=True))
    assert {code for (_, right), code in found.items() if right == "read"} == {200}
    assert {code for (_, right), code in found.items() if right == "write"} == {403}
    await agave("ada", "POST", f"jobs/v2/{job}/pems/world", {"permission": "read_write"})
    assert {code // 100 for code in await codes()} == {2}
    (again, _) = (await agave("bob", "GET", "jobs/v2")).json["result"]
    assert (await agave("bob", "POST", f"jobs/v2/{again['id']}", {"action": "stop"})).status == 200
    assert await reached(agave, "ada", job, "STOPPED")
    seen = (await agave("bob", "GET", f"jobs/v2/{job}/history")).json["result"]
    assert [line["status"] for line in seen].count("PERMISSION_GRANT") == 3
    assert (await agave("bob", "DELETE", f"jobs/v2/{job}")).status == 200
    assert await state_code(agave, "ada", job) == 404


def asked_names(asked):
    return [(f"{verb} {path}", right) for verb, path, _, right in asked]


async def state_code(agave, who, job):
    return (await agave(who, "GET", f"jobs/v2/{job}/status")).status


async def test_a_restricted_app(agave):
    async def apps(who):
        return [app["id"] for app in (await agave(who, "GET", "apps/v2")).json["result"]]

    assert "closed-1.0" in await apps("root")
    assert "closed-1.0" not in await apps("ada")
    assert (await agave("ada", "GET", "apps/v2/closed-1.0")).status == 404
    refused = await agave("ada", "POST", "jobs/v2", GOOD | {"appId": "closed-1.0"})
    assert (refused.status, refused.json["field"]) == (400, "appId")
    await submitted(agave, "root", appId="closed-1.0")


async def test_a_job_that_runs_can_be_submitted_again(agave):
    job = await submitted(agave, "ada", parameters={"wait": 600})
    await reached(agave, "ada", job, "RUNNING")
    again = await agave("ada", "POST", f"jobs/v2/{job}", {"action": "resubmit"})
    assert again.status == 202
    other = again.json["result"]["id"]
    assert other != job
    assert again.json["result"]["parameters"] == {"wait": 600, "word": "hi"}
    for one in (job, other):
        stopped = await agave("ada", "POST", f"jobs/v2/{one}", {"action": "stop"})
        assert stopped.json["result"]["id"] == one
        await reached(agave, "ada", one, "STOPPED")
        twice = await agave("ada", "POST", f"jobs/v2/{one}", {"action": "stop"})
        assert (twice.status, twice.json["result"]["status"]) == (200, "STOPPED")


async def test_a_job_that_was_read_is_a_request(agave):
    first = (await agave("ada", "POST", "jobs/v2", GOOD | {"appId": "half-1.0"})).json["result"]
    assert (first["processorsPerNode"], first["maxRunTime"]) == (1, "00:01:30")
    app = (await agave("ada", "GET", "apps/v2/half-1.0")).json["result"]
    assert (app["defaultProcessorsPerNode"], app["defaultMaxRunTime"]) == (1, "00:01:30")
    again = await agave("ada", "POST", "jobs/v2", first)
    assert (again.status, again.json["result"]["parameters"]) == (201, {"n": 1}), again.body
    nothing = dict.fromkeys(("inputs", "parameters", "archive", "notifications", "nodeCount"))
    answer = await agave("ada", "POST", "jobs/v2", GOOD | nothing | {"processorsPerNode": 1.0})
    assert (answer.status, answer.json["result"]["archive"]) == (201, True)
    answer = await agave("ada", "POST", "jobs/v2", GOOD | {"processorsPerNode": 1.5})
    assert (answer.status, answer.json["field"]) == (400, "processorsPerNode")


async def test_outputs_of_jobs_are_inputs(agave, jp_root_dir):
    job = await submitted(agave, "ada", archive=True, archivePath="kept", parameters={"word": "w"})
    media = f"jobs/v2/{job}/outputs/media/said"
    shown = (await agave("ada", "GET", f"jobs/v2/{job}")).json["result"]
    places = [f"agave://jupyter/{media}", shown["_links"]["self"]["href"] + "/outputs/media/said"]
    asked = {"appId": "both-1.0", "inputs": {"texts": places}}
    both = await submitted(agave, "ada", **asked)  # the job may still be under way
    await reached(agave, "ada", both, "FINISHED")
    answer = await agave("ada", "GET", f"jobs/v2/{both}/outputs/media/all.txt")
    assert answer.body == b"w\nw\n"
    shown = (await agave("ada", "GET", f"jobs/v2/{both}")).json["result"]
    assert shown["inputs"] == {"texts": [f"agave://jupyter/{media}"] * 2}
    await submitted(agave, "ada", **asked | {"inputs": shown["inputs"]})
    for who, path, said in [
        ("bob", media, "no job"),
        ("ada", media.replace("said", "none"), "without an output 'none'"),
    ]:
        body = GOOD | asked | {"inputs": {"texts": [places[0], f"agave://jupyter/{path}"]}}
        if who == "bob":
            body |= {"inputs": {"texts": f"agave://jupyter/{path}"}}
        refused = await agave(who, "POST", "jobs/v2", body)
        assert refused.status == 400, refused.body
        assert "texts" in refused.json["field"]
        assert said in refused.json["message"]


async def test_links_hold_whatever_a_name_has(agave, jp_serverapp):
    job = await submitted(agave, "ada", appId="half-1.0")
    await reached(agave, "ada", job, "FINISHED")
    await agave("ada", "POST", f"jobs/v2/{job}/pems", {"username": "b?/=", "permission": "READ"})
    rows = (await agave("ada", "GET", f"jobs/v2/{job}/outputs/listings")).json["result"]
    rows += (await agave("ada", "GET", f"jobs/v2/{job}/pems")).json["result"]
    links = [link["href"] for row in rows for link in row["_links"].values()]
    for href in links:
        answer = await agave("ada", "GET", href.partition("/jobs-ext/agave/")[2])
        assert answer.status == 200, href
    (file,) = [href for href in links if "a%3Fb" in href]
    assert (await agave("ada", "GET", file.partition("/jobs-ext/agave/")[2])).body == b"ha\n"


async def test_a_job_keeps_the_app_that_it_was_submitted_with(agave, jp_root_dir):
    job = await submitted(agave, "root", appId="closed-1.0")
    file = jp_root_dir / "tools" / "closed.toml"
    file.write_text(file.read_text() + '[resources]\ntimeout = "7s"\n')
    shown = (await agave("root", "GET", f"jobs/v2/{job}")).json["result"]
    assert shown["maxRunTime"] is None
    again = await submitted(agave, "root", appId="closed-1.0")
    shown = (await agave("root", "GET", f"jobs/v2/{again}")).json["result"]
    assert shown["maxRunTime"] == "00:00:07"


async def test_nodes_outside_are_a_system(agave):
    answer = await agave("ada", "GET", "systems/v2/node")
    assert (answer.status, answer.json["result"]["type"]) == (200, "EXECUTION")
    assert (await agave("ada", "GET", "systems/v2/cloud")).status == 404


async def test_a_permission_that_is_not_said_takes_none_back(agave):
    job = await submitted(agave, "ada")
    await agave("ada", "POST", f"jobs/v2/{job}/pems/bob", {"permission": "READ"})
    for body in ({}, {"username": "bob"}, {"permisson": "ALL"}):
        refused = await agave("ada", "POST", f"jobs/v2/{job}/pems/bob", body)
        assert (refused.status, refused.json["field"]) == (400, "permission")
    assert len((await agave("ada", "GET", f"jobs/v2/{job}/pems")).json["result"]) == 2
    assert (await agave("ada", "POST", f"jobs/v2/{job}/pems/bob", {"permission": ""})).status == 200
    assert len((await agave("ada", "GET", f"jobs/v2/{job}/pems")).json["result"]) == 1


MULTIPART = "multipart/form-data; boundary=x"
FORM = "application/x-www-form-urlencoded"
FILE = (
    b'--x\r\nContent-Disposition: form-data; name="fileToUpload"; filename="j"\r\n\r\n%s\r\n--x--'
)


BODIES = [
    ("application/json", json.dumps(GOOD).encode(), 201, None),
    ("application/octet-stream", json.dumps(GOOD).encode(), 201, None),
    (FORM, json.dumps(GOOD).encode(), 201, None),
    (FORM, b"name=n&appId=echo-1.0&word=ho&wait=0&archive=false", 201, None),
    (FORM, b"name=n&appId=echo-1.0&wait=soon", 400, "wait"),
    (FORM, b"name=n&appId=echo-1.0&archive=maybe", 400, "archive"),
    (FORM, b"name=%ff", 400, "name"),
    (MULTIPART, FILE % json.dumps(GOOD).encode(), 201, None),
    (MULTIPART, FILE % b"{", 400, None),
    (MULTIPART, b"nonsense", 400, None),
    ("application/json", b"", 400, None),
    ("application/json", b"[]", 400, None),
    ("application/json", b"{" * 5000, 400, None),
    ("application/json", b'{"name":"\\ud800","appId":"echo-1.0"}', 400, None),
    ("application/json", b'{"name":"\xff","appId":"echo-1.0"}', 400, None),
    ("application/json", b'{"name":"n","appId":"echo-1.0","nodeCount":NaN}', 400, None),
    ("", b'{"name":"n","appId":"echo-1.0","memoryPerNode":1e400}', 400, "memoryPerNode"),
]


async def test_bodies(agave):
    good = 0
    for kind, body, status, field in BODIES:
        answer = await agave("ada", "POST", "jobs/v2", body, **{"Content-Type": kind})
        assert answer.status == status, (body, answer.body)
        assert answer.json["status"] == ("success" if status == 201 else "error")
        assert answer.json["version"]
        assert answer.json.get("field") == field
        good += status == 201
    assert len((await agave("ada", "GET", "jobs/v2")).json["result"]) == good


async def test_what_a_query_changes(agave):
    job = await submitted(agave, "ada", parameters={"wait": 2, "word": "hi"}, name="a[b].c%d")
    await submitted(agave, "ada", archive=True, parameters={"word": "2"})
    path = f"jobs/v2/{job}"
    assert (await agave("ada", "GET", f"{path}?naked=true")).json["id"] == job
    assert b"\n  " in (await agave("ada", "GET", f"{path}?pretty=true")).body
    picked = (await agave("ada", "GET", f"{path}?filter=id,_links.self.href,none")).json["result"]
    assert (set(picked), set(picked["_links"])) == ({"id", "_links"}, {"self"})
    for query, count in [
        ("limit=0", 0),
        ("limit=-1", 1),
        ("limit=many&offset=none", 2),
        ("limit=99999999999999999999&offset=2", 0),
        ("status.neq=KILLED", 2),
        ("status.like=KIL*", 0),
        ("status.in=PENDING,STAGING_INPUTS,RUNNING,CLEANING_UP,FINISHED,ARCHIVING", 2),
        ("created.between=2020-01-01,2200-01-01", 2),
        ("created.on=2020-01-01", 0),
        ("NAME.nlike=*x*", 2),
        ("nodeCount=8", 0),
        ("nodeCount.lt=8&visible=TRUE", 2),
        ("executionSystem.like=loc*", 2),
        ("executionSystem=node", 0),
        ("memoryPerNode.gt=1", 0),
        ("unknown=1", 2),
        ("orderBy=name&order=asc", 2),
        ("parameters.wait=2", 1),
        ("parameters.wait.gte=1&parameters.word.like=H*", 1),
        ("parameters.word=2", 1),
        ("PARAMETERS.word.in=hi,2", 2),
        ("parameters.word.neq=hi", 1),
        ("inputs=2", 2),
        ("inputs.none.like=*", 0),
        ("batchQueue=default", 2),
        ("archive=true", 1),
        ("archive=false", 1),
        ("archivePath.like=ada/archive/*", 1),
        ("archiveSystem.rlike=^jup", 1),
        ("archiveSystem.neq=jupyter", 1),
        ("name.rlike=%5Ea.*%5C.c%25d$", 1),
        ("name.rlike=b%7C%5En$", 2),
        ("name.rlike=%5Ec", 0),
    ]:
        answer = await agave("ada", "GET", f"jobs/v2?{query}")
        assert (answer.status, len(answer.json["result"])) == (200, count), query


NONSENSE = [
    *("status=LOST", "status.lt=RUNNING", "name.near=x", "created.on=soon", "localId=abc"),
    *("maxRunTime=a:b:c", "archive=maybe", "orderBy=colour", "order=sideways", "name=%ff"),
    *("name=%00", "created.between=2020-01-01", "memoryPerNode=lots", "name.like="),
    *(
        "name.rlike=(a%2B)%2B",
        "name.rlike=",
        "name.rlike=a%7C",
        "nodeCount.like=1",
        "nodeCount.on=2020-01-01",
    ),
    *("orderBy=inputs", "archive.gt=true", "parameters.word=%00"),
]


async def test_searches_that_can_not_be(agave):
    for query in NONSENSE:
        answer = await agave("ada", "GET", f"jobs/v2?{query}")
        assert (answer.status, answer.json["status"]) == (400, "error"), (query, answer.body)


async def test_a_search_names_what_was_wrong(agave):
    await submitted(agave, "ada")
    refused = await agave("ada", "GET", "jobs/v2?limit=1&name=n&created.nin=2020-01-01,soon")
    assert (refused.status, refused.json["field"]) == (400, "created.nin"), refused.body
    for path in ("colour/x", "search/colour/x", "limit/1"):
        refused = await agave("ada", "GET", f"jobs/v2/{path}")
        assert (refused.status, refused.json["field"]) == (404, "attribute"), refused.body
    assert len((await agave("ada", "GET", "jobs/v2/name.like/*")).json["result"]) == 1


ARCHIVING = [
    ("ARCHIVING", True, 201),
    ("archiving_finished", True, 201),
    ("ARCHIVING_FAILED", True, 201),
    ("cleaning_up", True, 201),
    ("archiving", False, 400),
    ("ARCHIVING_FINISHED", False, 400),
    ("ARCHIVING_FAILED", False, 400),
    ("STAGING_JOB", False, 201),
    ("FINISHED", False, 201),
]


async def test_events_of_archiving_are_of_jobs_that_are_archived(agave):
    with webhooks() as receiver:
        for event, archive, status in ARCHIVING:
            wanted = {"url": receiver.url, "event": event, "persistent": None, "policy": None}
            body = GOOD | {"archive": archive, "notifications": [wanted]}
            answer = await agave("ada", "POST", "jobs/v2", body)
            assert answer.status == status, answer.body
            assert status == 201 or answer.json["field"] == "notifications[0].event"
        good = [event.upper() for event, _, status in ARCHIVING if status == 201]
        good.remove("ARCHIVING_FAILED")

        async def told():
            return len(receiver.calls) == len(good)

        await auntil(told, what="all to be told")
        names = [call.headers["X-Agave-Notification"] for call in receiver.calls]
        assert sorted(names) == sorted(good)


async def test_whom_others_tell_is_nobody_elses(agave):
    job = await submitted(agave, "ada", parameters={"wait": 600})
    wanted = {"url": "http://127.0.0.1:9/", "event": "FINISHED", "associatedUuid": job}
    made = await agave("ada", "POST", "notifications/v2", wanted)
    assert made.status == 201, made.body
    one = f"notifications/v2/{made.json['result']['id']}"
    calls = [("GET", one, None), ("POST", one, wanted), ("DELETE", one, None)]
    add = ("POST", "notifications/v2/", wanted)
    for verb, path, body in calls:
        refused = await agave("bob", verb, path, body)
        assert (refused.status, refused.json["field"]) == (404, "uuid"), refused.body
        assert job not in refused.json["message"]
    assert (await agave("bob", *add)).status == 400
    assert (await agave("bob", "GET", "notifications/v2")).json["result"] == []
    await agave("ada", "POST", f"jobs/v2/{job}/pems/bob", {"permission": "READ"})
    for verb, path, body in [*calls, add]:  # addresses can hold secrets
        assert (await agave("bob", verb, path, body)).status == 403
    for changes, field in [
        ({"associatedUuid": "other"}, "associatedUuid"),
        ({"event": "SNOW"}, "event"),
        ({"event": "ARCHIVING"}, "event"),
        ({"url": "ftp://x"}, "url"),
        ({"url": "http://127.0.0.1/${NONE}"}, "url"),
        ({"url": None}, "url"),
        ({"policy": {"retryLimit": -1}}, "policy.retryLimit"),
        ({"policy": {"retryStrategy": "SLOW"}}, "policy.retryStrategy"),
    ]:
        refused = await agave("ada", "POST", one, wanted | changes)
        assert (refused.status, refused.json["field"]) == (400, field), refused.body
    assert (await agave("ada", "POST", one, wanted)).status == 200
    await agave("ada", "POST", f"jobs/v2/{job}", {"action": "stop"})
    await reached(agave, "ada", job, "STOPPED")
    assert (await agave("ada", "POST", one, wanted)).status == 400
    assert (await agave("ada", "POST", one, wanted | {"event": "DELETED"})).status == 200
    assert (await agave("ada", "DELETE", one)).status == 200
    assert (await agave("ada", "GET", one)).status == 404


async def test_what_else_is_told(agave):
    with webhooks() as receiver:
        events = ("PERMISSION_GRANT", "permission_revoke", "DELETED", "RESTORED")
        told = [{"url": receiver.url, "event": event} for event in events]
        job = await submitted(agave, "ada", notifications=told)
        once = {"retryStrategy": "NONE"}
        everything = {"url": receiver.url, "event": "*", "persistent": True, "policy": once}
        other = await submitted(agave, "ada", archive=True, notifications=[everything])
        await reached(agave, "ada", job, "FINISHED")
        await agave("ada", "POST", f"jobs/v2/{job}/pems/bob", {"permission": "READ"})
        await agave("ada", "POST", f"jobs/v2/{job}/pems/bob", {"permission": "NONE"})
        await agave("ada", "DELETE", f"jobs/v2/{job}")
        await agave("ada", "POST", f"jobs/v2/{job}", {"action": "restore"})

        wanted = {"PENDING", "RUNNING", "ARCHIVING", "ARCHIVING_FINISHED", "FINISHED"}

        def names(job):
            calls = [call for call in receiver.calls if call.json["id"] == job]
            return {call.headers["X-Agave-Notification"] for call in calls}

        async def all_told():
            return len(names(job)) == 4 and wanted <= names(other)

        await auntil(all_told, what="all to be told")
        assert names(job) == {event.upper() for event in events}
