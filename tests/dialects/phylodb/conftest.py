"""A server with a taxon of seven loci, and people who use it."""

from __future__ import annotations

import pytest
import requests

from tests.client.live import LiveServer
from tests.dialects.phylodb.site import TABLE, Site, make_dataset, make_project


@pytest.fixture(scope="package")
def server():
    server = LiveServer()
    yield server
    log = (server.home / "server.log").read_text()
    server.stop()
    assert "Traceback" not in log


@pytest.fixture(scope="package")
def site(server):
    """The owner of the server, who is phyloDB's admin; with a taxon of seven loci."""
    site = Site(f"{server.url}phylodb", server.token)
    site("PUT", "taxa/bart", 204, json={"id": "bart", "description": "d"})
    loci = [f"l{n}" for n in range(1, 8)]
    for locus in loci:
        site("PUT", f"taxa/bart/loci/{locus}", 204, json={"id": locus})
        fasta = "".join(f">{locus}_{n}\nACGT\nAC\n" for n in range(1, 52))
        assert site.file(f"taxa/bart/loci/{locus}/alleles/files", fasta).json() == {
            "invalid_lines": [],
            "invalid_entities": [],
        }
    body = {"taxon_id": "bart", "id": "mlst7", "type": "mlst", "loci": loci}
    site("PUT", "taxa/bart/schemas/mlst7", 204, json=body)
    return site


@pytest.fixture(scope="package")
def user(server, site):
    """Return a function that gives another user of the server."""

    def user_(name, verbs=("read", "submit")):
        body = {"name": "k", "owner": name, "verbs": list(verbs)}
        headers = {"Authorization": f"token {server.token}"}
        made = requests.post(f"{server.url}api/v1/keys", json=body, headers=headers, timeout=60)
        return Site(site.root, made.json()["key"])

    return user_


@pytest.fixture
def project(site):
    return make_project(site)


@pytest.fixture
def dataset(site, project):
    """The path of a data set with the demo profiles."""
    path = make_dataset(site, project)
    answer = site.file(f"{path}/profiles/files", TABLE).json()
    assert answer == {"invalid_lines": [1], "invalid_entities": []}
    return path
