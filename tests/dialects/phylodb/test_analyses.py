"""phyloDB: inferences and visualizations."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
import requests

from tests.dialects.phylodb.site import RADIAL, TREE, make_dataset, submit


@pytest.mark.parametrize(
    "text",
    ["", "x", "a,b,c\n1,2\n", "a,b,c\n1,2,x\n", "a,b,c\n1,2," + "9" * 30, b"a,b,c\n1,\xff,1\n"],
)
def test_an_output_that_somebody_replaced_is_no_tree(server, site, dataset, text):
    """Outputs can be replaced: that may take an inference away, but breaks nothing, nor is kept."""
    made = submit(site, dataset, 3)
    links = f"{server.url}api/v1/jobs/{made['job_id']}/outputs/links"
    headers = {"Authorization": f"token {server.token}", "Content-Type": "text/csv"}
    good = requests.get(links, headers=headers, timeout=60).content
    assert requests.put(links, text, headers=headers, timeout=60).ok
    site("GET", f"{dataset}/inferences/{made['analysis_id']}", 404)
    assert site.get(f"{dataset}/inferences") == []
    submit(site, dataset, made["analysis_id"], status=404, **RADIAL)
    assert requests.put(links, good, headers=headers, timeout=60).ok
    assert site.get(f"{dataset}/inferences/{made['analysis_id']}")["tree"] == TREE


def test_a_large_tree_stays_when_its_job_is_deleted(server, site, project, dataset):
    """It is kept in pieces: a document of the service has a limit."""
    made = submit(site, dataset, 3)
    rows = "".join(f"hub,{'x' * 100}{n},1\n" for n in range(50_000))
    links = f"{server.url}api/v1/jobs/{made['job_id']}/outputs/links"
    headers = {"Authorization": f"token {server.token}", "Content-Type": "text/csv"}
    text = f"source,target,distance\n{rows}"
    assert requests.put(links, text, headers=headers, timeout=60).ok
    site("DELETE", f"projects/{project}/jobs/{made['job_id']}", 204)
    purge = f"{server.url}api/v1/jobs/{made['job_id']}/purge"
    assert requests.post(purge, headers=headers, timeout=60).ok
    tree = site.get(f"{dataset}/inferences/{made['analysis_id']}")["tree"]
    assert tree.count(":1") == 50_000
    assert tree.endswith(f"{'x' * 100}49999:1)hub;")


def test_a_tree_that_was_made_elsewhere(site, dataset):
    def post(text, status=201, **fields):
        given = {"algorithm": "goeburst", "format": "newick"} | fields
        return site.file(f"{dataset}/inferences", text, status=status, data=given)

    for form, text in (
        ("newick", TREE),
        ("nexus", f"#NEXUS\nBEGIN TREES;\n\tTree x = {TREE}\nEND;"),
    ):
        made = post(text, format=form).json()["id"]
        assert site.get(f"{dataset}/inferences/{made}")["tree"] == TREE
    post("( '7' : 1 , 8:2 ) '10' ;")  # blanks around names in quotes
    for text in ("(1:1,99:1)2;", "(1:1", "(1,2)3;", "(1:x)2;", "((7:1),10:2)9;", ""):
        post(text, 401)
    for text in ("(7:1) (10:2)9;", "(7:1 (10:2)8:1)9;"):  # a comma is missing
        post(text, 401)
    translated = f"BEGIN TREES;\n\tTranslate 7 1;\n\tTree x = {TREE}\nEND;"
    post(translated, 401, format="nexus")  # whose names are not what they look like
    post(TREE, 401, format="xml")
    post(TREE, 401, algorithm="upgma")
    site("POST", f"{dataset}/inferences", 400, data={"algorithm": "goeburst", "format": "newick"})


def test_profiles_with_the_marks_of_trees_in_their_ids(site, project):
    """They come out of Newick and Nexus, go in again, and have places."""
    path = make_dataset(site, project)
    names = ["(a,b)", "c:1;", "d'e''", " f g", "#nexus", '"h"', "[i]", "begin trees;"]
    rows = ["\t".join([name, "1", *[str(n + 1)] * 2, *"1111"]) for n, name in enumerate(names)]
    answer = site.file(f"{path}/profiles/files", "\n".join(rows)).json()
    assert answer == {"invalid_lines": [], "invalid_entities": []}
    made = submit(site, path, 2)["analysis_id"]
    for form in ("newick", "nexus"):
        tree = site.get(f"{path}/inferences/{made}", format=form)["tree"]
        assert all(f"{one}:2" in tree for one in ("'c:1;'", "'d''e'''''", "'[i]'", "#nexus"))
        given = {"algorithm": "goeburst", "format": form}
        again = site.file(f"{path}/inferences", tree, status=201, data=given).json()["id"]
        assert site.get(f"{path}/inferences/{again}", format=form)["tree"] == tree
    placed = submit(site, path, made, **RADIAL)["analysis_id"]
    found = site.get(f"{path}/inferences/{made}/visualizations/{placed}")["coordinates"]
    assert sorted(one["profile_id"] for one in found) == sorted(names)


def test_lists_of_analyses_read_no_trees(server, site, dataset):
    """Hundreds of large trees in one data set would else be in memory at once."""
    made = submit(site, dataset, 3)["analysis_id"]
    submit(site, dataset, made, **RADIAL)
    form = {"algorithm": "goeburst", "format": "newick"}
    site.file(f"{dataset}/inferences", TREE, status=201, data=form)
    assert len(site.get(f"{dataset}/inferences")) == 2
    assert len(site.get(f"{dataset}/inferences/{made}/visualizations")) == 1
    [store] = server.home.rglob("jobs.sqlite")
    asked = "SELECT max(length(body)) FROM document WHERE kind IN ('inference', 'visualization')"
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute(asked).fetchone()[0] < 300
