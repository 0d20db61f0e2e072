"""API keys, as a program uses them: no token, no cookie, no kernel."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from tornado.httpclient import HTTPClientError

from jobs_ext.store.schema import key as keys_table
from tests.serving import API, Api, python
from tests.waiting import auntil

OWN = ["read", "submit", "run"]


@pytest.fixture
def make(api):
    async def make_(*verbs, **more):
        answer = await api("POST", "keys", {"name": "ci", "verbs": list(verbs) or OWN, **more})
        assert answer.status == 201, answer.body
        return answer.json

    return make_


@pytest.fixture
def by(jp_fetch):
    """Return a client that has nothing but a key."""
    return lambda text, scheme="Bearer": Api(jp_fetch, {"Authorization": f"{scheme} {text}"})


def basic(text, user="anybody"):
    return b64encode(f"{user}:{text}".encode()).decode()


async def test_a_key_works_in_each_of_its_forms(api, make, by):
    made = await make()
    assert made["key"].startswith(made["prefix"] + "_")
    for mine in (
        by(made["key"]),
        by(made["key"], "token"),
        by(basic(made["key"]), "Basic"),
        by(basic(made["key"], ""), "basic"),
    ):
        job = await mine.submit(python("pass"), hold=True)
        assert job["owner"] == made["owner"] == (await api("GET", "")).json["owner"]
        assert (await mine("DELETE", f"jobs/{job['id']}")).status == 204


@pytest.mark.parametrize("value", ["", "!", "\xff", "eDr/", "eA=="])
async def test_basic_without_a_password_is_nobodys(by, value):
    assert (await by(value, "Basic")("GET", "jobs")).status == 403


async def test_the_key_is_shown_once_and_kept_as_a_hash(api, make, extension, data_dir):
    made = await make()
    shown = {name: value for name, value in made.items() if name != "key"}
    assert (await api("GET", f"keys/{made['id']}")).json == shown
    assert (await api("GET", "keys")).json["items"] == [shown]
    secret = made["key"].removeprefix(made["prefix"]).encode()
    kept = [f.read_bytes() for f in data_dir.rglob("*") if f.is_file() and not f.is_symlink()]
    assert not [one for one in kept if secret in one]


async def test_a_wrong_key_is_refused_also_beside_good_credentials(make, by, jp_fetch):
    made = await make()
    wrong = made["key"][:-4] + ("AAAA" if not made["key"].endswith("AAAA") else "BBBB")
    for text in (wrong, "jx_", made["prefix"], made["prefix"] + "_", "jx_é", "jx_" + "0" * 5000):
        answer = await by(text)("GET", "jobs")
        assert (answer.status, answer.json["type"]) == (401, "unauthenticated"), text
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    login = await jp_fetch("api", "me")
    cookies = "; ".join(c.split(";")[0] for c in login.headers.get_list("Set-Cookie"))
    answer = await by(wrong)("GET", "jobs", headers={"Cookie": cookies})
    assert answer.status == 401


async def test_a_key_opens_nothing_else(make, jp_fetch):
    made = await make("read", "submit", "run", "work", "manage")
    for path in ("contents", "kernels", "terminals"):
        with pytest.raises(HTTPClientError) as refused:
            await jp_fetch("api", path, headers={"Authorization": f"token {made['key']}"})
        assert refused.value.code == 403


async def test_a_key_needs_no_xsrf_cookie(make, by, jp_fetch):
    made = await make()
    login = await jp_fetch("api", "me")
    cookies = "; ".join(c.split(";")[0] for c in login.headers.get_list("Set-Cookie"))
    body = {"target": {"command": ["true"]}, "options": {"hold": True}}
    answer = await by(made["key"])("POST", "jobs", body, headers={"Cookie": cookies})
    assert answer.status == 201


async def test_verbs_are_the_scope(make, by, api):
    reader = by((await make("read"))["key"])
    assert (await reader("GET", "jobs")).status == 200
    answer = await reader("POST", "jobs", {"target": {"command": ["true"]}})
    assert (answer.status, answer.json["type"]) == (403, "forbidden")
    sender = by((await make("submit"))["key"])
    assert (await sender("GET", "jobs")).status == 403
    answer = await sender("POST", "jobs", {"target": {"command": ["true"]}})
    assert answer.status == 403
    assert "'run'" in answer.json["hint"]
    assert (await api("GET", "jobs")).json["items"] == []


async def test_a_key_makes_no_keys_unless_it_manages(make, by, api):
    mine = by((await make())["key"])
    for verb, path, body in (
        ("GET", "keys", None),
        ("POST", "keys", {"name": "more", "verbs": ["read"]}),
    ):
        answer = await mine(verb, path, body)
        assert (answer.status, answer.json["field"]) == (403, "user")
    manager = by((await make("read", "manage"))["key"])
    answer = await manager("POST", "keys", {"name": "more", "verbs": ["read"]})
    assert answer.status == 201
    answer = await manager("POST", "keys", {"name": "more", "verbs": ["read", "run"]})
    assert (answer.status, answer.json["field"], answer.json["value"]) == (403, "verbs[1]", "run")


async def test_a_manager_makes_keys_for_others(make, by, api):
    ann = by((await make("read", "run", "manage", owner="ann"))["key"])
    job = await ann.submit(python("pass"), hold=True)
    assert job["owner"] == "ann"
    mine = await api.submit(python("pass"), hold=True)
    assert (await ann("GET", f"jobs/{mine['id']}")).status == 404  # manage is not ann's to have


NO_KEYS = [
    ({"name": "", "verbs": ["read"]}, "name"),
    ({"name": "a\nb", "verbs": ["read"]}, "name"),
    ({"verbs": ["read"]}, "name"),
    ({"name": "ci", "verbs": []}, "verbs"),
    ({"name": "ci", "verbs": ["reed"]}, "verbs[0]"),
    ({"name": "ci", "verbs": ["read"], "expires": "soon"}, "expires"),
    ({"name": "ci", "verbs": ["read"], "expires": 0}, "expires"),
    ({"name": "ci", "verbs": ["read"], "expires": 1e300}, "expires"),
    ({"name": "ci", "verbs": ["read"], "owner": ""}, "owner"),
    ({"name": "ci", "verbs": ["read"], "scope": 1}, "scope"),
]


async def test_what_can_not_be_a_key(api):
    for body, field in NO_KEYS:
        answer = await api("POST", "keys", body)
        assert (answer.status, answer.json["field"]) == (400, field), body
    assert (await api("GET", "keys")).json["items"] == []


async def test_an_expired_key_is_refused(make, by):
    made = await make(expires=0.2)
    assert made["expires"] > made["created"]

    async def refused():
        answer = await by(made["key"])("GET", "jobs")
        return answer if answer.status == 401 else None

    assert "expired" in (await auntil(refused, what="the key to expire")).json["message"]


async def test_revoking_is_at_once_and_once(api, make, by):
    made = await make()
    assert (await by(made["key"])("GET", "jobs")).status == 200
    assert (await api("DELETE", f"keys/{made['id']}")).status == 204
    answer = await by(made["key"])("GET", "jobs")
    assert (answer.status, "revoked" in answer.json["message"]) == (401, True)
    assert (await api("DELETE", f"keys/{made['id']}")).status == 409
    assert (await api("DELETE", "keys/none")).status == 404
    assert (await api("GET", f"keys/{made['id']}")).json["revoked"]


@pytest.mark.parametrize("end", ["revoked", "expired"])
async def test_a_socket_closes_with_its_key(api, make, jp_ws_fetch, end):
    made = await make(**({"expires": 2} if end == "expired" else {}))
    headers = {"Authorization": f"Bearer {made['key']}"}
    socket = await jp_ws_fetch(*API, "events", headers=headers)
    assert json.loads(await socket.read_message())["type"] == "snapshot"
    if end == "revoked":
        await api("DELETE", f"keys/{made['id']}")
    frame = json.loads(await socket.read_message())
    assert (frame["type"], frame["error"]) == ("error", "unauthenticated")
    assert end in frame["message"]
    assert await socket.read_message() is None
    assert socket.close_code == 1008
    socket.close()


async def test_a_key_that_may_not_read_hears_nothing(make, jp_ws_fetch):
    made = await make("submit")
    headers = {"Authorization": f"Bearer {made['key']}"}
    socket = await jp_ws_fetch(*API, "events", headers=headers, params={"since": "0"})
    assert json.loads(await socket.read_message())["error"] == "forbidden"
    assert await socket.read_message() is None
    socket.close()


async def test_the_last_use_is_noted_once_a_minute(api, make, by, extension):
    made = await make()

    async def used():
        assert (await by(made["key"])("GET", "jobs")).status == 200
        return (await api("GET", f"keys/{made['id']}")).json["last_used"]

    noted = [await auntil(used, what="the use to be noted")]
    noted.append(await used())
    assert noted[0] == noted[1] > made["created"]
    store = extension.backend.service._store
    with store.write() as tx:
        tx.execute(keys_table.update().values(last_used="2026-01-01T00:00:00.000000Z"))

    async def noted_again():
        return await used() > made["created"]

    await auntil(noted_again, what="a later use to be noted")


async def test_a_kernel_makes_no_keys(api, jp_fetch, extension):
    response = await jp_fetch("api", "kernels", method="POST", body=b'{"name": "python3"}')
    kernel = json.loads(response.body)["id"]
    pair = {"X-Jobs-Ext-Kernel": kernel, "X-Jobs-Ext-Key": extension.backend.keys.key(kernel)}
    answer = await api("POST", "keys", {"name": "k", "verbs": ["read"]}, headers=pair)
    assert (answer.status, answer.json["field"]) == (403, "user")
    await jp_fetch("api", "kernels", kernel, method="DELETE")


async def test_keys_are_listed_in_pages(api, make):
    made = [(await make(name=f"k{n}"))["id"] for n in range(3)]
    page = (await api("GET", "keys", params={"limit": "2"})).json
    rest = (await api("GET", "keys", params={"limit": "2", "cursor": page["next"]})).json
    assert [one["id"] for one in page["items"] + rest["items"]] == made[::-1]
    assert (await api("GET", "keys", params={"limit": "0"})).json["field"] == "limit"


async def test_no_key_is_in_the_log(make, by, caplog):
    caplog.set_level("DEBUG")
    made = await make()
    await by(made["key"])("GET", "jobs")
    await by(made["key"] + "x")("GET", "jobs")
    assert made["key"].removeprefix(made["prefix"]) not in caplog.text


async def test_a_key_makes_none_that_outlives_it(make, by, extension):
    boss = await make("read", "manage", expires="1h")
    for expires in (None, "2h"):
        answer = await by(boss["key"])(
            "POST", "keys", {"name": "more", "verbs": ["read"], "expires": expires}
        )
        assert (answer.status, answer.json["field"]) == (403, "expires"), expires
    body = {"name": "more", "verbs": ["read"], "expires": "10min"}
    assert (await by(boss["key"])("POST", "keys", body)).status == 201


async def test_a_key_that_may_not_read_sees_no_tools(make, by):
    mine = by((await make("submit"))["key"])
    for path in ("tools", "tools/wc", "tools/wc/grants"):
        assert (await mine("GET", path)).status == 403, path
    assert (await mine("GET", "")).status == 200
    powerless = by((await make("manage", owner="ann"))["key"])  # it is not ann's to have
    assert (await powerless("GET", "")).status == 403
