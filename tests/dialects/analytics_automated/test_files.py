"""Analytics Automated: the files that are sent, and their way back."""

from __future__ import annotations

import pytest
import requests

from tests.client.live import LiveServer
from tests.dialects.analytics_automated.site import GOOD, PROTEIN, Site, errors
from tests.waiting import until


def test_files_that_are_missing_empty_or_wrong(site: Site) -> None:
    required = {"error": {"input_data": ["This field is required."]}}
    assert errors(site.post(GOOD, None)) == (400, required)
    as_text = {"input_data": "text", **GOOD}
    assert errors(site.post(as_text, None)) == (400, required)
    site.ended(site.post(GOOD, b""))
    for wrong in (b"", b"ACGT" * 20, b"\xff\0" * 5000):
        code, told = errors(site.post({"job": "psipred"}, wrong))
        assert code == 400
        assert told["error"]["input_data"][0] == "Input data could not be validated"
        assert "in.txt" in told["error"]["input_data"][1]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../a b%.txt", "a%20b%25.txt"),
        ("..", "input_data"),
        ("/x/ü", "%C3%BC"),
        ("x" * 100, "x" * 100),
    ],
)
def test_names_of_files(site: Site, sent: str, kept: str) -> None:
    shown = site.ended(site.post({"job": "psipred"}, files={"input_data": (sent, PROTEIN)}))
    (one,) = shown["submissions"]
    assert (one["state"], one["input_file"].rpartition("/")[2]) == ("Complete", kept)
    assert site.get(one["input_file"].lstrip("/")).text == PROTEIN


@pytest.mark.parametrize("kind", ["text/€", "no type", "text/plain; charset=ü"])
def test_a_type_that_can_not_be_sent_back(site: Site, kind: str) -> None:
    file = ("p.txt", PROTEIN, kind)
    shown = site.ended(site.post({"job": "psipred"}, files={"input_data": file}))
    answer = site.get(shown["submissions"][0]["input_file"].lstrip("/"))
    assert (answer.status_code, answer.text) == (200, PROTEIN)
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_a_large_file_for_two_jobs(site: Site, server: LiveServer) -> None:
    fields = {"job": "psipred,residues,job1"} | GOOD
    aligned = PROTEIN + "".join(f">{n}\n{PROTEIN.splitlines()[1]}\n" for n in range(40_000))
    shown = site.ended(site.post(fields, aligned))
    assert [one["state"] for one in shown["submissions"]] == ["Complete"] * 3
    assert site.get(shown["submissions"][0]["input_file"].lstrip("/")).text == aligned
    assert site.post(fields, aligned + ">x\nM\n").status_code == 400
    parts = server.home / "data" / "jobs_ext" / "parts"
    until(lambda: not list(parts.glob(".*")), what="what is not kept to be gone")


def test_a_name_that_is_too_long(site: Site) -> None:
    answer = site.post({"job": "psipred"}, files={"input_data": ("x" * 101, PROTEIN)})
    told = ["Ensure this filename has at most 100 characters (it has 101)."]
    assert errors(answer) == (400, {"error": {"input_data": told}})
    answer = site.post({"job": "psipred"}, files={"input_data": ("é" * 60, PROTEIN)})
    told = ["Ensure this filename has at most 100 bytes (it has 120)."]
    assert errors(answer) == (400, {"error": {"input_data": told}})


def test_a_file_through_steps_and_back(guest: Site, port: int) -> None:
    answer = guest.post({"job": "psipred"}, PROTEIN)
    (one,) = guest.ended(answer)["submissions"]
    assert one["last_message"] == "Completed job at step #2"
    assert [(r["task"], r["name"], r["step"]) for r in one["results"]] == [
        (1, "copy", 1),
        (2, "count", 2),
    ]
    for root in (guest.root, f"http://127.0.0.1:{port}"):
        for path in (one["input_file"], one["results"][0]["data_path"]):
            assert requests.get(root + path, timeout=30).text == PROTEIN, path
    assert guest.get(one["input_file"] + "x").status_code == 404
    assert guest.get(f"submissions/{one['UUID']}/other").status_code == 404


def test_a_file_that_nobody_reads_is_kept(site: Site, server: LiveServer) -> None:
    (one,) = site.ended(site.post(GOOD, "for later\n"))["submissions"]
    assert site.get(one["input_file"]).text == "for later\n"
    again = server.client().get(one["UUID"]).rerun()
    assert again.wait().status == "SUCCEEDED"
