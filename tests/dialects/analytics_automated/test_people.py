"""Analytics Automated: who may send files, and scripts that do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.client.live import LiveServer
from tests.dialects.analytics_automated.site import GOOD, Site, errors

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"


def test_guests_see_their_own_alone(site: Site, guest: Site) -> None:
    lines = guest.get("endpoints.json").json()["jobs"]
    assert [str(re.search("&job=([^&]+)", line)[1]) for line in lines] == [  # type: ignore[index]
        "fails",
        "job1",
        "psipred",
        "residues",
    ]
    own = site.ended(site.post(GOOD))
    (one,) = own["submissions"]
    for path in (
        f"submission/{own['UUID']}",
        f"submission/single/{one['UUID']}",
        one["input_file"].lstrip("/"),
        one["results"][0]["data_path"].lstrip("/"),
    ):
        assert site.get(path).status_code in (200, 404)
        assert errors(guest.get(path)) == (404, {"detail": "Not found."})
    code, told = errors(guest.post({"job": "choose", "kind": "quick", "size": "1"}))
    assert (code, told["error"].startswith("Job name supplied")) == (400, True)
    theirs = guest.ended(guest.post(GOOD))
    assert site.get(f"submission/{theirs['UUID']}").status_code == 200  # who may manage sees all
    assert requests.get(f"{site.root}/endpoints/", timeout=30).status_code == 401


def test_a_netrc_is_enough(server: LiveServer, site: Site, tmp_path: Path) -> None:
    """Scripts that know of no credentials: requests takes the password from a file."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login ann password {server.token}\n")
    source = f"import requests; print(requests.get({site.root + '/endpoints/'!r}).status_code)"
    environment = server.environment | {"NETRC": str(netrc)}
    command = [sys.executable, "-c", source]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "200\n"


@pytest.mark.parametrize(
    ("script", "words", "said"),
    [
        ("send_fasta.py", [], "residues: Completed job at step #2"),
        ("send_file.py", ["--job", "job1", "task1_all=TRUE", "task2_number=3"], "3 none-given"),
    ],
)
def test_our_own_scripts(guest: Site, script: str, words: list[str], said: str) -> None:
    command = [sys.executable, script, "data/insulin.fasta", *words, "--root", guest.root]
    done = subprocess.run(command, cwd=NOTEBOOKS, capture_output=True, text=True, check=True)
    assert said in done.stdout
    command += ["undeclared=a b"]
    done = subprocess.run(command, cwd=NOTEBOOKS, capture_output=True, text=True, check=False)
    assert (done.returncode, "400: Required Parameter" in done.stderr) == (1, True)
