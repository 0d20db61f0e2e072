"""Agave's permissions: several people, and what each may do."""

from __future__ import annotations

from tests.dialects.agave.jobs import GOOD, reached, submitted


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


async def test_a_permission_that_is_not_said_takes_none_back(agave):
    job = await submitted(agave, "ada")
    await agave("ada", "POST", f"jobs/v2/{job}/pems/bob", {"permission": "READ"})
    for body in ({}, {"username": "bob"}, {"permisson": "ALL"}):
        refused = await agave("ada", "POST", f"jobs/v2/{job}/pems/bob", body)
        assert (refused.status, refused.json["field"]) == (400, "permission")
    assert len((await agave("ada", "GET", f"jobs/v2/{job}/pems")).json["result"]) == 2
    assert (await agave("ada", "POST", f"jobs/v2/{job}/pems/bob", {"permission": ""})).status == 200
    assert len((await agave("ada", "GET", f"jobs/v2/{job}/pems")).json["result"]) == 1
