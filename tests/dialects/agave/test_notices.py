"""Agave's notifications: of what, to whom, and who may see them."""

from __future__ import annotations

from tests.dialects.agave.jobs import GOOD, reached, submitted
from tests.receivers import webhooks
from tests.waiting import auntil

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
