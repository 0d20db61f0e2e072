"""phyloDB: the jobs of a project, what makes them up and what they make."""

from __future__ import annotations

import math
import uuid

import pytest
import requests

from tests.dialects.phylodb.site import RADIAL, TREE, make_dataset, make_project, submit
from tests.waiting import until


def test_an_inference_is_there_when_its_job_is_accepted(site, project, dataset):
    made = submit(site, dataset, 3)
    listed = site.get(f"{dataset}/inferences")
    assert listed == [{"id": made["analysis_id"]}]
    found = site.get(f"{dataset}/inferences/{made['analysis_id']}")
    ids = dict(zip(("project_id", "dataset_id"), dataset.split("/")[1::2], strict=True))
    about = {"id": made["analysis_id"], "deprecated": False, "algorithm": "goeburst"}
    assert found == ids | about | {"tree": TREE}
    nexus = site.get(f"{dataset}/inferences/{made['analysis_id']}", format="nexus")["tree"]
    assert nexus == f"BEGIN TREES;\n\tTree result = {TREE}\nEND;"
    jobs = site.get(f"projects/{project}/jobs")
    assert jobs == [{"id": made["job_id"], "completed": True, "cancelled": False}]
    assert site.get(f"projects/{project}/jobs", page=1) == []


def test_what_a_job_found_stays_when_the_job_is_deleted(site, project, dataset):
    made = submit(site, dataset, 3)
    site("DELETE", f"projects/{project}/jobs/{made['job_id']}", 204)
    assert site.get(f"projects/{project}/jobs") == []
    assert site.get(f"{dataset}/inferences/{made['analysis_id']}")["tree"] == TREE
    again = site("DELETE", f"projects/{project}/jobs/{made['job_id']}", 401)
    assert again.json()["message"] == "/problems/unauthorized"
    assert again.headers["Content-Type"].startswith("application/problem+json")


@pytest.fixture
def full(server):
    """All slots of the machine are taken; gives a client."""
    headers = {"Authorization": f"token {server.token}"}
    slots = requests.get(f"{server.url}api/v1/", headers=headers, timeout=60).json()["slots"]
    client = server.client()
    fill = client.options(cpu=slots["cpu"], memory=slots["memory"]).submit(["sleep", "600"])
    until(lambda: fill.status == "RUNNING", what="the machine to be full")
    yield client
    fill.cancel()


def test_a_small_analysis_is_there_at_once_though_all_slots_are_taken(full, site, dataset):
    waits = full.submit(["true"])
    made = submit(site, dataset, 3)["analysis_id"]
    assert site.get(f"{dataset}/inferences/{made}")["tree"] == TREE
    placed = submit(site, dataset, made, **RADIAL)["analysis_id"]
    assert site.get(f"{dataset}/inferences/{made}/visualizations/{placed}")["coordinates"]
    assert waits.status == "RUNNABLE"
    waits.cancel()


def test_no_link_is_no_inference(site, project):
    path = make_dataset(site, project)
    rows = ["\t".join([str(n), *[str(n)] * 7]) for n in (1, 2, 3)]
    site.file(f"{path}/profiles/files", "\n".join(rows))
    made = submit(site, path, 1)
    assert site.get(f"{path}/inferences") == []
    told = site("GET", f"{path}/inferences/{made['analysis_id']}", 404).json()
    assert "Its job found nothing" in told["detail"]
    assert site.get(f"projects/{project}/jobs")[0]["completed"]


def test_isolates_break_ties(site, dataset):
    """Of two links that are alike the one between the profiles that more isolates have is first."""
    table = "id\tcity\tST of it\nx\tOslo\t7\ny\t-\t7\nz\tRome\t\nbad\nw\tRome\t99\n"
    answer = site.file(f"{dataset}/isolates/files", table).json()
    assert answer == {"invalid_lines": [4], "invalid_entities": ["w"]}
    found = site.get(f"{dataset}/isolates/x")
    assert found["ancillaries"] == [{"key": "city", "value": "Oslo"}]
    assert found["profile"] == {"id": "7", "version": 1}
    assert site.get(f"{dataset}/isolates/z")["profile"] is None
    made = submit(site, dataset, 1)
    tree = site.get(f"{dataset}/inferences/{made['analysis_id']}")["tree"]
    assert tree == "((8:1)9:1)7;"
    text = site("GET", f"{dataset}/isolates/files", 200).text
    assert text == "id\tcity\tST\nx\tOslo\t7\ny\t\t7\nz\tRome\t"
    site("PUT", f"{dataset}/isolates/x", 204, json={"id": "x", "profile_id": "8"})
    site("PUT", f"{dataset}/isolates/x", 401, json={"id": "x", "profile_id": "99"})
    assert site.get(f"{dataset}/isolates/x", version=1)["ancillaries"]
    site("DELETE", f"{dataset}/isolates/x", 204)
    assert [one["id"] for one in site.get(f"{dataset}/isolates")] == ["y", "z"]
    site.file(f"{dataset}/isolates/files", "ST\n6\n")  # one column says both
    assert site.get(f"{dataset}/isolates/6")["profile"] == {"id": "6", "version": 1}


def test_a_visualization_places_every_profile_of_the_tree(site, dataset):
    inference = submit(site, dataset, 3)["analysis_id"]
    made = submit(site, dataset, inference, **RADIAL)["analysis_id"]
    path = f"{dataset}/inferences/{inference}/visualizations"
    assert site.get(path) == [{"id": made}]
    found = site.get(f"{path}/{made}")
    assert (found["inference_id"], found["algorithm"]) == (inference, "radial")
    places = {one["profile_id"]: one for one in found["coordinates"]}
    assert set(places) == {"1", "4", "5", "6", "7", "8", "9", "10"}
    assert (places["8"]["x"], places["8"]["y"], places["8"]["component"]) == (0, 0, 1)
    assert math.isclose(places["9"]["x"], -110)
    assert [places[one]["component"] for one in ("5", "6", "1", "4")] == [2, 2, 3, 3]
    site("DELETE", f"{dataset}/inferences/{inference}", 204)
    assert site.get(path) == site.get(f"{dataset}/inferences") == []
    assert site.get(f"{path}/{made}")["deprecated"] is True
    site("DELETE", f"{dataset}/inferences/{inference}", 401)
    submit(site, dataset, inference, status=404, **RADIAL)


def test_a_large_inference_is_a_job_like_any_other(site, project):
    path = make_dataset(site, project)
    rows = [
        "\t".join([str(n), *(str(n // 13**k % 13 + 1) for k in range(4)), "1", "1", "1"])
        for n in range(1, 2500)
    ]
    site.file(f"{path}/profiles/files", "\n".join(rows))
    assert len(site.get(f"{path}/profiles", page=4)) == 499
    made = submit(site, path, 1)
    until(lambda: site.get(f"projects/{project}/jobs")[0]["completed"], what="the end of the job")
    tree = site.get(f"{path}/inferences/{made['analysis_id']}")["tree"]
    assert tree.count(":") == 2498


def test_what_is_said_of_an_analysis_that_is_not_there(full, site, project):
    path = make_dataset(site, project)
    rows = ["\t".join([str(n), *["1"] * 6, str(n % 50 + 1)]) for n in range(1, 2002)]
    site.file(f"{path}/profiles/files", "\n".join(rows))
    made = submit(site, path, 1)

    def told():
        answer = site("GET", f"{path}/inferences/{made['analysis_id']}", 404).json()
        return answer["detail"].partition(" Its job ")[2]

    assert told() == "goes on: ask again."
    full.get(made["job_id"]).cancel()
    assert told() == "was cancelled."
    jobs = site.get(f"projects/{project}/jobs")
    assert jobs == [{"id": made["job_id"], "completed": True, "cancelled": True}]
    site("DELETE", f"projects/{project}/jobs/{made['job_id']}", 204)
    assert told() == "was deleted."


def test_the_ids_of_jobs_of_other_projects_are_unknown(site, project, dataset):
    made = submit(site, dataset, 3)
    other = make_project(site)
    for job in (made["job_id"], str(uuid.uuid4()), "x", "%00"):
        site("DELETE", f"projects/{other}/jobs/{job}", 401)


JOBS = [
    {},
    {"analysis": "inference"},
    {"analysis": "Inference", "algorithm": "goeburst", "parameters": ["x", 1]},
    {"analysis": "inference", "algorithm": "radial", "parameters": ["x", 1]},
    {"analysis": "inference", "algorithm": "goeburst", "parameters": None},
    {"analysis": "inference", "algorithm": "goeburst", "parameters": ["x"]},
    {"analysis": "inference", "algorithm": "goeburst", "parameters": ["x", 1, 2]},
    {"analysis": "inference", "algorithm": "goeburst", "parameters": ["x", None]},
    {"analysis": "inference", "algorithm": "goeburst", "parameters": [7, 1]},
    *(
        {"analysis": "inference", "algorithm": "goeburst", "parameters": ["x", lvs]}
        for lvs in (0, -1, "3", 1.5, True, 2**31, 2**70, [1], {})
    ),
    {"analysis": "visualization", "algorithm": "radial", "parameters": ["x", 3]},
    {"analysis": None, "algorithm": None, "parameters": ["x", "y"]},
    {"analysis": 3},
    [],
    "text",
]


def test_a_refusal_names_the_field(site, project):
    body = {"analysis": "inference", "algorithm": "radial", "parameters": ["x", 2**31]}
    fields = []
    for change in ({"analysis": "x"}, {}, {"algorithm": "goeburst"}):
        answer = site("POST", f"projects/{project}/jobs", 400, json=body | change).json()
        fields.append(answer["field"])
    assert fields == ["analysis", "algorithm", "parameters[1]"]
    assert "from 1 to 2147483647" in answer["detail"]


@pytest.mark.parametrize("body", JOBS, ids=str)
def test_bodies_of_jobs_that_can_not_be_are_refused(site, project, body):
    answer = site("POST", f"projects/{project}/jobs", 400, json=body)
    assert answer.json()["message"] == "/problems/bad_request"


def test_the_seeds_own_slip_is_refused_and_what_it_meant_is_taken(site, project):
    """The example of the document has no colon after "parameters"; its data set is unknown here."""
    slip = b'{"analysis": "inference", "algorithm": "goeburst", "parameters" ["eb6e", 3]}'
    site("POST", f"projects/{project}/jobs", 400, data=slip)
    good = slip.replace(b'"parameters" [', b'"parameters": [')
    answer = site("POST", f"projects/{project}/jobs?provider=google", 404, data=good)
    assert answer.json()["message"] == "/problems/not_found"
    site("POST", f"projects/{uuid.uuid4()}/jobs", 401, data=good)
