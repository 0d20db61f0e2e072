from __future__ import annotations

import re

import jsonschema
import msgspec

from jobs_ext.api.openapi import document
from jobs_ext.api.operation import operation_of
from jobs_ext.api.routes import ROUTES
from jobs_ext.model.request import Options
from tests.serving import python


def references(value):
    if isinstance(value, dict):
        yield from [value["$ref"]] if "$ref" in value else []
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from references(one)


async def test_the_document_is_whole(api, jp_base_url):
    document = (await api("GET", "openapi.json")).json
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": f"{jp_base_url}jobs-ext/api/v1"}]
    schemas = document["components"]["schemas"]
    assert {ref.rsplit("/", 1)[1] for ref in references(document)} <= set(schemas)
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)


async def test_it_says_what_the_handlers_decode(api):
    document = (await api("GET", "openapi.json")).json
    for route in ROUTES:
        item = document["paths"]["/" + route.path.replace(":path", "")]
        named = {p["name"] for p in item.get("parameters", [])}
        assert named == set(re.findall(r"\{(\w+)", route.path))
        for verb, said in item.items():
            if verb != "parameters":
                told = operation_of(route.handler, verb)
                fields = [f.encode_name for f in msgspec.structs.fields(told.query)]
                assert [p["name"] for p in said.get("parameters", [])] == fields
                assert ("requestBody" in said) == (told.body is not None or told.raw)
    options = document["components"]["schemas"]["Options"]["properties"]
    assert set(options) == {f.encode_name for f in msgspec.structs.fields(Options)}


async def test_answers_fit_the_document(api):
    document = (await api("GET", "openapi.json")).json
    job = await api.submit(python("pass"), hold=True)
    paths = {
        "": "/",
        "jobs": "/jobs",
        f"jobs/{job['id']}": "/jobs/{job}",
        f"jobs/{job['id']}/history": "/jobs/{job}/history",
        f"jobs/{job['id']}/outputs": "/jobs/{job}/outputs",
        "tools": "/tools",
        "batches": "/batches",
    }
    for path, told in paths.items():
        answer = (await api("GET", path)).json
        said = document["paths"][told]["get"]["responses"]["200"]["content"]["application/json"]
        jsonschema.validate(answer, said["schema"] | {"components": document["components"]})
    wrong = (await api("GET", "jobs/nonsense")).json
    problem = document["components"]["schemas"]["Problem"]
    jsonschema.validate(wrong, problem)


def test_what_may_be_there_already_has_both_answers():
    paths = document(tuple(ROUTES))["paths"]
    for path, verb in (
        ("/nodes", "post"),
        ("/jobs/{job}/outputs/{name}", "put"),
        ("/nodes/{node}/jobs/{job}/outputs/{name}", "put"),
    ):
        answers = paths[path][verb]["responses"]
        assert answers["200"] == answers["201"]
