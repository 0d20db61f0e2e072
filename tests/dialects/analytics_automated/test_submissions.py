"""Analytics Automated: what becomes of submissions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from email import message_from_string
from typing import Any

import pytest
import requests

from tests.client.live import LiveServer
from tests.dialects.analytics_automated.site import GOOD, Site, errors
from tests.receivers import Letters
from tests.waiting import until


@pytest.mark.parametrize(
    "path", ["submission", "submission/", "submission.json", "submission/.json"]
)
def test_one_job(site: Site, letters: Letters, path: str) -> None:
    answer = site.post(path=path)
    assert list(answer.json()) == ["UUID", "submission_name"]
    assert answer.json()["submission_name"] == "test"
    shown = site.ended(answer)
    (one,) = shown["submissions"]
    assert shown["UUID"] == answer.json()["UUID"] != one["UUID"]
    assert list(one) == [
        *("submission_name", "job_name", "UUID", "state", "last_message"),
        *("email", "input_file", "results"),
    ]
    assert (one["state"], one["last_message"]) == ("Complete", "Completed job at step #1")
    assert (one["job_name"], one["email"]) == ("job1", "ann@example.org")
    (result,) = one["results"]
    assert {k: result[k] for k in ("task", "name", "message", "step")} == {
        "task": 1, "name": "job1", "message": "Result", "step": 1,
    }  # fmt: skip
    assert site.get(result["data_path"]).text == "12 none-given"
    for suffix in ("", "/", ".json", "/?format=json"):
        assert site.get(f"submission/single/{one['UUID']}{suffix}").json() == one
        assert site.get(f"submission/{shown['UUID']}{suffix}").json() == shown
    until(lambda: "ann@example.org" in letters.recipients, what="the mail")


def test_several_jobs_or_none(site: Site, letters: Letters) -> None:
    fields = {"job": "job1,choose", "kind": "quick", "size": "1.5"}
    fields |= {"task1_all": "false", "task2_number": "7"}
    shown = site.ended(site.post(fields))
    assert [one["job_name"] for one in shown["submissions"]] == ["job1", "choose"]
    said = [site.get(one["results"][0]["data_path"]).text for one in shown["submissions"][:1]]
    assert said == ["7 none-given\n"]
    last = site.ended(site.post(GOOD))["UUID"]
    until(lambda: any(last in text for text in letters.texts), what="a later mail")
    (mail,) = (text for text in letters.texts if shown["UUID"] in text)  # one for both
    text = message_from_string(mail).get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert f"{site.root}/submission/{shown['UUID']}" in text
    before = site.get("../api/v1/jobs?limit=500").json()["total"]
    for wrong in ("job1,nothing", "job1, choose", "job1,", "job1,off", "job1,psipred"):
        answer = site.post(fields | {"job": wrong})
        assert answer.status_code in (400, 403), wrong
    assert site.get("../api/v1/jobs?limit=500").json()["total"] == before


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 3", "Failed step, non 0 exit at step: 2. Exit status:3"),
        ("true", "Failed with missing outputs: step second: it did not write its output table"),
        ("kill -9 $$", "Unable to call commandRunner.run_cmd(): step second: killed by SIGKILL"),
    ],
)
def test_failures(site: Site, script: str, message: str) -> None:
    shown = site.ended(site.post({"job": "fails"}, script))
    (one,) = shown["submissions"]
    assert (shown["state"], one["state"]) == ("Error", "Error")
    assert one["last_message"].startswith(message)


def test_running_waiting_and_too_many(site: Site, server: LiveServer) -> None:
    def submit() -> requests.Response:
        return site.post({"job": "waits"})

    first = submit().json()["UUID"]
    until(lambda: site.get(f"submission/{first}").json()["state"] == "Running", what="it to run")
    (one,) = site.get(f"submission/{first}").json()["submissions"]
    assert one["last_message"] == "Running step: 1"
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: submit(), range(24)))
    last = max(one.json()["UUID"] for one in answers if one.status_code == 201)
    assert sum(one.status_code == 201 for one in answers) <= 11
    code, told = errors(submit())
    assert (code, told["error"].startswith("You have no authority to post jobs....")) == (429, True)
    (queued,) = site.get(f"submission/{last}").json()["submissions"]
    assert (queued["state"], queued["last_message"]) == ("Submitted", "Submitted")
    client = server.client()
    for job in client.jobs(tool="waits", limit=500):
        job.cancel()
    assert site.get(f"submission/{last}").json()["state"] == "Error"
    until(lambda: site.post(GOOD).status_code == 201, what="room for more")


def test_results_are_there_when_their_step_has_ended(site: Site, server: LiveServer) -> None:
    answer = site.post({"job": "slow"}, "some text\n")
    assert answer.status_code == 201, answer.text
    uuid = answer.json()["UUID"]

    def second() -> Any:
        (one,) = site.get(f"submission/{uuid}").json()["submissions"]
        return one if one["last_message"] == "Running step: 2" else None

    one = until(second, what="the second step")
    assert [(r["name"], r["step"]) for r in one["results"]] == [("keep", 1)]
    path = one["results"][0]["data_path"]
    assert (path.rpartition("/")[2], site.get(path).text) == ("kept.txt", "some text\n")
    server.client().get(one["UUID"]).cancel()
    until(lambda: site.get(path).status_code == 200, what="its result")
    assert site.get(f"submission/{uuid}").json()["submissions"][0]["results"]
