"""Filters over HTTP: as text and as a tree, and what is said of wrong ones."""

from __future__ import annotations

from tests.serving import python


async def test_a_filter_as_text_and_as_a_tree(api):
    jobs = [await api.submit(python("pass"), hold=True, name=n) for n in ("sweep 1", "x")]
    answer = await api("GET", "jobs", params={"filter": 'name like "sweep%" and held = true'})
    assert [job["id"] for job in answer.json["items"]] == [jobs[0]["id"]]
    tree = {"type": "not", "of": {"type": "like", "field": "name", "text": "sweep"}}
    answer = await api("POST", "jobs/search", {"filter": tree})
    assert [job["id"] for job in answer.json["items"]] == [jobs[1]["id"]]
    answer = await api("POST", "jobs/search", {"filter": "held = true", "order": "-name"})
    assert [job["name"] for job in answer.json["items"]] == ["x", "sweep 1"]


def compare(**changes):
    return {"type": "compare", "field": "name", "operator": "=", "value": "x"} | changes


async def test_batches_and_tools_are_filtered_by_their_fields(api):
    body = {"target": {"command": ["true"]}, "options": {"hold": True}}
    for number in (1, 3):
        await api("POST", "batches", body | {"arguments": [{}] * number})
    answer = await api("GET", "batches", params={"filter": "n_jobs > 2 and tool is null"})
    assert [batch["n_jobs"] for batch in answer.json["items"]] == [3]
    found = (await api("GET", "tools", params={"filter": "input = text"})).json["items"]
    assert "wc-1.0" in [tool["id"] for tool in found]
    assert all("text" in tool["inputs"] for tool in found)
    for path in ("batches", "tools"):
        answer = await api("GET", path, params={"filter": "status = FAILED"})
        assert (answer.status, answer.json["field"]) == (400, "filter")


OTHERS = {
    "keys": ('name = "reads" and verbs = read and revoked is null', "name", ["reads"]),
    "nodes": ("tags = gpu and cpu >= 4", "name", ["large"]),
    "projects": ('members = bob and name starts "f"', "name", ["fp"]),
    "projects/fp/datasets": ('size > 1 and name ends ".csv"', "name", ["large.csv"]),
    "projects/fp/datasets/large.csv": ("version < 2", "version", [1]),
}


async def test_keys_nodes_projects_and_data_sets_are_filtered_by_their_fields(api):
    for name, verbs in (("reads", ["read"]), ("works", ["work"])):
        await api("POST", "keys", {"name": name, "verbs": verbs})
    for name, cpu in (("small", 2), ("large", 8)):
        await api("POST", "nodes", {"name": name, "cpu": cpu, "tags": ["gpu", name]})
    for name in ("fp", "fq"):
        members = {"bob": "reader"} if name == "fp" else {}
        await api("POST", "projects", {"name": name, "members": members})
    for name, content in (("large.csv", b"a,b"), ("large.csv", b"abc"), ("empty.csv", b"")):
        await api("PUT", f"projects/fp/datasets/{name}/content", body=content)
    for path, (chosen, field, found) in OTHERS.items():
        answer = await api("GET", path, params={"filter": chosen, "limit": "1"})
        assert [item[field] for item in answer.json["items"]] == found, path
        answer = await api("GET", path, params={"filter": "nmae = x"})
        assert (answer.status, answer.json["field"]) == (400, "filter")


WRITE = """
import os
for n in range(7):
    open(f'{os.environ["JOBS_OUTPUT_DIR"]}/{n}', "w").write("x" * n)
"""


async def test_outputs_are_filtered_page_by_page(api):
    job = await api.submit(python(WRITE))
    await api.ended(job["id"])
    path, found, cursor = f"jobs/{job['id']}/outputs", [], {}
    chosen = {"filter": 'size > 2 and not name in ("5")', "limit": "2"}
    while cursor is not None:
        page = (await api("GET", path, params=chosen | cursor)).json
        found += [item["name"] for item in page["items"]]
        cursor = {"cursor": page["next"]} if page["next"] else None
    assert found == ["3", "4", "6"]


TREES = [
    ({"type": "and", "of": [compare(), compare(field="nmae")]}, "filter.of[1].field"),
    ({"type": "not", "of": compare(value=5)}, "filter.of.value"),
    (compare(field="held", value=True, operator="<"), "filter.operator"),
    ({"type": "in", "field": "pk", "values": [1, "x"]}, "filter.values[1]"),
    ({"type": "like", "field": "pk", "text": "x"}, "filter.field"),
    ({"type": "like", "field": "name", "text": "%" * 11, "how": "pattern"}, "filter.text"),
    ({"type": "or", "of": []}, "filter.of"),
    (compare(value=None), "filter.value"),
    (compare(operator="~"), "filter.operator"),
    (compare(more=1), "filter.more"),
    ({"type": "xor", "of": []}, "filter.type"),
    ({"field": "name"}, "filter.type"),
    (5, "filter"),
    ([], "filter"),
]


async def test_what_is_wrong_is_named_by_its_place(api):
    for tree, field in TREES:
        answer = await api("POST", "jobs/search", {"filter": tree})
        assert answer.status == 400, answer.body
        assert answer.json["field"] == field, answer.json
    answer = await api("GET", "jobs", params={"filter": "stauts = FAILED"})
    assert (answer.status, answer.json["field"]) == (400, "filter")
    assert "'status'" in answer.json["hint"]


async def test_a_tree_that_is_too_deep_is_refused(api):
    for levels in (25, 500, 50_000):
        opened = b'{"type": "not", "of": ' * levels
        body = opened + b'{"type": "null", "field": "name"}' + b"}" * levels
        headers = {"Content-Type": "application/json"}
        answer = await api("POST", "jobs/search", b'{"filter": ' + body + b"}", headers=headers)
        assert answer.status == 400
        assert "levels" in answer.json["message"] or "deep" in answer.json["message"]


async def test_a_wrong_order_is_refused(api):
    for order in (",", "name,", "-", "output", "name,-name", "nmae", "name desc", "index"):
        answer = await api("GET", "jobs", params={"order": order})
        assert (answer.status, answer.json["field"]) == (400, "order")
