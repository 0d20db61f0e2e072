"""A client of phyloDB, and what its tests work on."""

from __future__ import annotations

import requests

#: The demo profiles of phyloDB.
PROFILES = ["1 1 1 1 1 1 1 1", "2 1 1 4 1 18 13 18", "3 1 5 1 8 14 11 14", "4 1 5 2 20 1 1 1",
            "5 1 5 2 11 9 3 51", "6 1 5 2 1 9 3 49", "7 1 5 4 1 5 1 8", "8 1 5 4 5 17 1 8",
            "9 1 5 4 5 5 1 8", "10 1 5 4 5 9 1 10"]  # fmt: skip
TABLE = "\n".join(["ST\t" + "\t".join(f"l{n}" for n in range(1, 8)), *PROFILES]).replace(" ", "\t")
RADIAL = {"analysis": "visualization", "algorithm": "radial"}
TREE = "((7:1,10:2)9:1)8;(6:2)5;(4:3)1;"


class Site:
    """A user of the dialect: paths in, answers out."""

    def __init__(self, root, token):
        self.root = root
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, verb, path, status=None, **options):
        answer = self._session.request(verb, f"{self.root}/{path}", timeout=60, **options)
        assert answer.status_code < 500, answer.text
        assert status in (None, answer.status_code), (verb, path, answer.text)
        return answer

    def get(self, path, **query):
        return self("GET", path, 200, params=query).json()

    def file(self, path, text, verb="POST", status=200, **more):
        return self(verb, path, status, files={"file": ("f.txt", text)}, **more)


def make_project(site, visibility="private", *users):
    body = {"name": "Test", "visibility": visibility, "users": [{"id": one} for one in users]}
    return site("POST", "projects", 201, json=body).json()["id"]


def make_dataset(site, project):
    body = {"taxon_id": "bart", "schema_id": "mlst7", "description": "x"}
    made = site("POST", f"projects/{project}/datasets", 201, json=body).json()["id"]
    return f"projects/{project}/datasets/{made}"


def submit(site, dataset, *parameters, analysis="inference", algorithm="goeburst", status=202):
    project, _, own = dataset.removeprefix("projects/").partition("/datasets/")
    body = {"analysis": analysis, "algorithm": algorithm, "parameters": [own, *parameters]}
    return site("POST", f"projects/{project}/jobs", status, json=body).json()
