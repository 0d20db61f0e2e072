"""Analytics Automated: the jobs that are configured, and what each takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.dialects.analytics_automated.site import GOOD, Site, errors


def test_endpoints_are_lines_that_can_be_posted(site: Site) -> None:
    lines = site.get("endpoints/").json()["jobs"]
    found = {str(re.search("&job=([^&]+)", line)): line for line in lines}
    assert len(found) == len(lines)
    job1 = next(line for line in lines if "&job=job1&" in line)
    assert job1 == (
        "/submission/&job=job1&submission_name=[STRING]&email=[EMAIL_STRING]&input_data=[FILE]"
        "&task1_all=[TRUE/FALSE]&task2_number=[VALUE]"
    )
    assert any(line.endswith("&kind=[quick/slow]&size=[VALUE]") for line in lines)
    assert not [line for line in lines if "job=off&" in line or "job=two_files&" in line]
    for line in lines:
        path, *pairs = line.split("&")
        fields = dict(pair.split("=") for pair in pairs)
        if fields["job"] in ("psipred", "residues", "waits", "slow", "goeburst"):
            continue
        for said in texts(fields):
            site.ended(site.post(said, path=path.lstrip("/")))


def texts(fields: dict[str, str]) -> Iterator[dict[str, str]]:
    """Yield what a line says can be sent: each of the alternatives that it names."""
    plain = {"STRING": ["a name"], "EMAIL_STRING": ["ann@example.org"], "VALUE": ["12", "1"]}
    given = {n: v.strip("[]") for n, v in fields.items() if n != "input_data"}
    choices = {name: plain.get(value, value.split("/")) for name, value in given.items()}
    for number in range(max(map(len, choices.values()))):
        yield {name: some[number % len(some)] for name, some in choices.items()}


def test_what_no_word_can_meet_is_not_listed(site: Site) -> None:
    lines = site.get("endpoints/").json()["jobs"]
    bounded = next(line for line in lines if "&job=bounded&" in line)
    assert bounded.endswith("&share=[0.5]&level=[3/4/9]&letters=[XYZ]&mode=[1/2]&seven=[0/7]")
    names = [str(re.search("&job=([^&]+)", line)[1]) for line in lines]  # type: ignore[index]
    assert not {"below", "marked", "coded"}.intersection(names)
    for name in ("below", "marked"):
        assert site.get(f"job/{name}").status_code == 404
        assert site.post({"job": name, "x": "1"}).status_code == 400
    assert site.post({"job": "coded", "x": "ABCDEFG"}).status_code == 201  # who knows it may


def test_jobs_and_their_times(site: Site) -> None:
    site.ended(site.post(GOOD))
    first = site.get("job/").json()
    assert set(first) == {"count", "next", "previous", "results"}
    names = {entry["name"]: entry["pk"] for entry in first["results"]}
    assert first["count"] >= len(names) >= 5
    assert {"job1", "psipred"} <= set(names)
    shown = site.get("job/psipred").json()
    assert [step["ordering"] for step in shown["steps"]] == [3, 7]
    (told,) = shown["steps"][1]["task"]["configuration"]
    assert told == {
        "type": "Software", "name": "wc", "parameters": "-c {copied}", "version": "1.0",
    }  # fmt: skip
    assert site.get("job/psipred.json").json() == shown
    assert site.get("jobtimes/").json()["job1"] >= 0
    for path in ("job/nothing", "job/?page=0", "job/?page=99", "job/?page=x", "submission/x", "x"):
        assert errors(site.get(path)) == (404, {"detail": "Not found."}), path
    assert site.get("submission/").status_code == 405
