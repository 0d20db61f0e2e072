"""phyloDB: what makes no sense is refused, in its shape."""

from __future__ import annotations

import pytest

HOSTILE = [
    ("GET", "projects/{p}/jobs?page=-1", 400),
    ("GET", "projects/{p}/jobs?page=x", 400),
    ("GET", "projects/{p}/jobs?page=99999999999999999999", 400),
    ("GET", "projects/{p}/jobs?page=2147483647", 200),
    ("GET", "taxa?page=%F0%9F", 400),
    ("GET", "taxa/%FF", 404),
    ("GET", "taxa/a%00b", 404),
    ("GET", "taxa/" + "x" * 3000, 404),
    ("GET", "taxa/bart?version=x", 400),
    ("GET", "taxa/bart/loci/..%2F..", 404),
    ("GET", "projects/%2E%2E/jobs", 401),
    ("GET", "projects/{p}/nothing", 404),
    ("PATCH", "projects/{p}/jobs", 405),
    ("POST", "projects/{p}/datasets/x/profiles/files", 401),
    ("GET", "projects/{p}/datasets/x/inferences/y?format=xml", 400),
]


@pytest.mark.parametrize(("verb", "path", "status"), HOSTILE)
def test_paths_and_queries_that_make_no_sense_are_refused(site, project, verb, path, status):
    answer = site(verb, path.format(p=project), status)
    if status >= 400:
        assert answer.json()["message"].startswith("/problems/")


BODIES = [
    b"",
    b"\xff",
    b"[" * 100_000,
    b'{"id": "bart", "description": "\\ud800"}',
    b'{"id": "bart", "description": 1e999}',
    b'{"id": ' + b"9" * 5000 + b"}",
    b'{"id": null}',
    b"null",
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_hostile_bodies_are_refused(site, body):
    site("PUT", "taxa/bart", 400, data=body)
    site("POST", "projects", 400, data=body)


FILES = [b"\xff\xfe", b"\0", b"\n" * 100, b"\t" * 1000, b">", b"id\n\n\n", b"x\ty\n" * 3]


@pytest.mark.parametrize("text", FILES, ids=range(len(FILES)))
def test_hostile_files_are_refused_or_said_to_be_invalid(site, dataset, text):
    before = site.get(f"{dataset}/profiles"), site.get(f"{dataset}/isolates")
    for path in (f"{dataset}/profiles/files", "taxa/bart/loci/l1/alleles/files"):
        answer = site("POST", path, files={"file": ("f", text)})
        assert answer.status_code == 400 or answer.json()["invalid_lines"]
    site("POST", f"{dataset}/isolates/files?id=50", files={"file": ("f", text)})
    assert (site.get(f"{dataset}/profiles"), site.get(f"{dataset}/isolates")) == before


def test_large_files_are_refused(site, dataset):
    for size in (500_001, 3_000_000):
        site.file(f"{dataset}/profiles/files", b"x" * size, status=400)
    site("POST", f"{dataset}/profiles/files", 400, data=b"no form")


TREES = ["tree " + "''" * 50_000, "tree '" + "''" * 50_000, "('a" + "''" * 50_000, "'" * 99_999]


@pytest.mark.parametrize("tree", TREES, ids=range(len(TREES)))
@pytest.mark.parametrize("form", ["newick", "nexus"])
def test_a_row_of_quotes_is_no_tree_and_is_told_so_at_once(site, dataset, tree, form):
    files = {"file": ("f", f"BEGIN TREES;\n{tree}\nEND;" if form == "nexus" else tree)}
    path = f"{dataset}/inferences?algorithm=goeburst&format={form}"
    assert site("POST", path, 401, files=files).json()["field"] == "file"
