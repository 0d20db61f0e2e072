"""What the tests of Agave's dialect do with jobs."""

from __future__ import annotations

from tests.waiting import auntil

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
