"""What a query changes, and searches that can't be."""

from __future__ import annotations

from tests.dialects.agave.jobs import submitted


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
