"""Agave's own client, unmodified, against a real server."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.client.live import LiveServer
from tests.dialects.environments import Elsewhere, Refused, python_with
from tests.receivers import webhooks
from tests.waiting import until

TOOL = """
name = "lines"
version = "1.0"
title = "Lines"
shell = true
command = '''
mkdir sub
echo begun > sub/begun.txt
echo warned >&2
sleep {wait}
wc -l {texts} > sub/counts.txt
echo {word} > said.txt
'''
[inputs.texts]
multiple = true
media_type = "text/plain"
[parameters.word]
type = "string"
default = "nothing"
[parameters.wait]
type = "number"
default = 0
[parameters.loud]
type = "boolean"
default = false
[outputs.counts]
path = "sub/counts.txt"
[outputs.said]
path = "said.txt"
[resources]
memory = "200MB"
timeout = "5min"
"""
CONNECT = """
from agavepy.agave import Agave, load_resource
def connect(base, token):
    resources = load_resource(base)
    for api in resources["apis"]:
        api["api_declaration"]["basePath"] = base
    return Agave(
        api_server="http://127.0.0.1", token=token, refresh_token="unused", resources=resources,
        proxies={},
    )
ag = connect(base, token)
"""


@pytest.fixture(scope="module")
def server():
    live = LiveServer("--JobsExtension.allowed_hosts=127.0.0.1")
    tools = live.work / "tools"
    tools.mkdir()
    (tools / "lines.toml").write_text(TOOL)
    (live.work / "data").mkdir()
    for name, lines in (("a.txt", 3), ("b c.txt", 5)):
        (live.work / "data" / name).write_text("line\n" * lines)
    yield live
    live.stop()


@pytest.fixture(scope="module")
def ag(server):
    python = python_with("agavepy==0.9.5")
    elsewhere = Elsewhere(python, server.environment)
    elsewhere.run(CONNECT, base=f"{server.url}agave", token=server.token)
    yield elsewhere
    elsewhere.close()
    assert unmodified(python)


def unmodified(python):
    """Tell whether the files of the client are the ones that its RECORD lists."""
    site = next(python.parents[1].glob("lib/python*/site-packages"))
    record = next(site.glob("agavepy-*.dist-info/RECORD")).read_text().splitlines()
    files = [line.split(",") for line in record if ",sha256=" in line]
    for name, told, _ in files:
        digest = hashlib.sha256((site / name).read_bytes()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != told.partition("=")[2]:
            return False
    return bool(files)


def request(**changes):
    asked = {
        "name": "counting",
        "appId": "lines-1.0",
        "inputs": {"texts": ["data/a.txt", "agave://jupyter/data/b c.txt"]},
        "parameters": {"word": "hello"},
        "archive": False,
    }
    return asked | changes


def submit(ag, **changes):
    return ag("ag.jobs.submit(body=body)", body=request(**changes))


def state(ag, job):
    return ag("ag.jobs.getStatus(jobId=job).status", job=job)


def ended(ag, job):
    final = ("FINISHED", "FAILED", "STOPPED")
    return until(lambda: (found := state(ag, job)) in final and found, what=f"end of {job}")


def test_a_job_is_submitted_and_its_outputs_are_read(ag, server):
    job = submit(ag)
    assert job["owner"]
    assert (job["name"], job["appId"], job["nodeCount"]) == ("counting", "lines-1.0", 1)
    assert job["inputs"]["texts"] == ["data/a.txt", "data/b c.txt"]
    assert job["parameters"] == {"wait": 0, "word": "hello", "loud": False}
    assert (job["memoryPerNode"], job["maxRunTime"]) == (0.2, "00:05:00")
    assert ended(ag, job["id"]) == "FINISHED"
    got = ag("ag.jobs.get(jobId=job)", job=job["id"])
    assert got["status"] == "FINISHED"
    assert ag("type(ag.jobs.get(jobId=job).endTime).__name__", job=job["id"]) == "datetime"
    told = [line["status"] for line in ag("ag.jobs.getHistory(jobId=job)", job=job["id"])]
    assert told == [
        *("PENDING", "PROCESSING_INPUTS", "STAGING_INPUTS", "STAGED", "SUBMITTING", "QUEUED"),
        *("RUNNING", "CLEANING_UP", "FINISHED"),
    ]
    rows = ag("ag.jobs.listOutputs(jobId=job, filePath='/')", job=job["id"])
    kinds = {row["name"]: row["type"] for row in rows}
    assert (kinds["sub"], kinds["said.txt"]) == ("dir", "file")
    (log,) = [row for row in rows if row["name"] == f"counting-{job['id']}.err"]
    assert ag("ag.geturl(url).text", url=log["_links"]["self"]["href"]) == "warned\n"
    _, row = ag("ag.jobs.listOutputs(jobId=job, filePath='/sub')", job=job["id"])
    assert (row["path"], row["type"]) == ("/sub/counts.txt", "file")
    text = ag("ag.geturl(url).text", url=row["_links"]["self"]["href"])
    assert text.splitlines()[-1].split() == ["8", "total"]
    ag.run(
        "ag.download_uri(uri, path)",
        uri=row["_links"]["self"]["href"],
        path=str(server.work / "got"),
    )
    assert (server.work / "got").read_text() == text
    with pytest.raises(Refused) as refused:  # the client insists on JSON
        ag("ag.jobs.downloadOutput(jobId=job, filePath='said.txt')", job=job["id"])
    assert refused.value.kind == "JSONDecodeError"


def test_every_link_of_a_job_leads_somewhere(ag):
    job = submit(ag)
    for name, link in ag("ag.jobs.get(jobId=job)", job=job["id"])["_links"].items():
        assert ag("ag.geturl(url).status_code", url=link["href"]) == 200, name
    for row in ag("ag.jobs.list(limit=1)"):
        assert ag("ag.geturl(url).status_code", url=row["_links"]["self"]["href"]) == 200


def test_one_address_follows_the_archive(ag, server):
    job = submit(ag, archive=True)
    path = job["archivePath"]
    assert path.endswith(f"archive/jobs/job-{job['id']}")
    url = f"{server.url}agave/jobs/v2/{job['id']}/outputs/media/said.txt"
    assert ag("ag.geturl(url).status_code", url=url) in (200, 404)
    assert ended(ag, job["id"]) == "FINISHED"
    assert (server.work / path / "said.txt").read_text() == "hello\n"
    assert ag("ag.geturl(url).text", url=url) == "hello\n"
    mine = submit(ag, archive=True, archivePath="results/mine", archiveSystem="jupyter")
    assert ended(ag, mine["id"]) == "FINISHED"
    assert (server.work / "results" / "mine" / "sub" / "counts.txt").exists()
    told = [line["status"] for line in ag("ag.jobs.getHistory(jobId=job)", job=mine["id"])]
    assert told[-4:] == ["CLEANING_UP", "ARCHIVING", "ARCHIVING_FINISHED", "FINISHED"]


def test_stop_resubmit_delete_and_restore(ag, server):
    job = submit(ag, parameters={"wait": "60"})["id"]
    until(lambda: state(ag, job) == "RUNNING", what="the job to run")
    url = f"{server.url}agave/jobs/v2/{job}/outputs/media/counting-{job}.err"
    until(lambda: ag("ag.geturl(url).text", url=url) == "warned\n", what="its log, while it runs")
    (row,) = ag("ag.jobs.listOutputs(jobId=job, filePath='/sub')", job=job)
    assert (row["path"], row["length"]) == ("/sub/begun.txt", 6)
    assert ag("ag.geturl(url).text", url=row["_links"]["self"]["href"]) == "begun\n"
    assert ag("ag.jobs.manage(jobId=job, body={'action': 'stop'}).id", job=job) == job
    assert ended(ag, job) == "STOPPED"
    again = ag("ag.jobs.manage(jobId=job, body={'action': 'resubmit'})", job=job)
    assert again["id"] != job
    assert again["parameters"]["wait"] == 60
    assert ag("ag.jobs.delete(jobId=job)", job=again["id"]) is None
    with pytest.raises(Refused) as refused:
        state(ag, again["id"])
    assert refused.value.status == 404
    restored = ag("ag.jobs.manage(jobId=job, body={'action': 'restore'})", job=again["id"])
    assert restored["id"] == again["id"]
    with pytest.raises(Refused) as refused:
        ag("ag.jobs.manage(jobId=job, body={'action': 'pause'})", job=job)
    assert (refused.value.status, "pause" in refused.value.body) == (400, True)


def test_permissions(ag):
    job = submit(ag, name="shared")["id"]
    ag.run("def ask(name, **more): return getattr(ag.jobs, name)(jobId=job, **more)", job=job)
    ag("ask('updatePermissions', body={'username': 'bob', 'permission': 'READ'})")
    ag("ask('updatePermissionsForUser', username='eve', body={'permission': 'ALL'})")
    rows = ag("ask('listPermissions')")
    assert [row["permission"] for row in rows] == [
        {"read": True, "write": True},
        {"read": True, "write": False},
        {"read": True, "write": True},
    ]
    (row,) = ag("ask('listPermissionsForUser', username='bob')")
    assert row["username"] == "bob"
    ag.run("drop = ag.jobs.deletePermissionsForUser")
    with pytest.raises(Refused) as refused:  # the client can't name the job
        ag("drop(uniqueName=job, username='bob')")
    assert refused.value.status == 404
    ag("drop(uniqueName=job, username='bob', query={'jobId': job}).status_code")
    assert len(ag("ask('listPermissions')")) == 2
    assert ag("ask('deletePermissions')") is None
    assert len(ag("ask('listPermissions')")) == 1


def test_notifications(ag):
    with webhooks() as receiver:
        url = receiver.url + "/?id=${JOB_ID}&is=${JOB_STATUS}&event=${EVENT}&at=${JOB_URL}"
        policy = {"retryStrategy": "DELAYED", "retryLimit": 3}
        wanted = [
            {"url": url, "event": "STAGED", "persistent": True, "policy": policy},
            {"url": receiver.url + "/end?${JOB_ARCHIVE_PATH}", "event": "FINISHED"},
        ]
        job = submit(ag, notifications=wanted, archive=True)
        assert [one["title"] for one in job["_links"]["notification"]] == ["STAGED", "FINISHED"]
        rows = ag("ag.notifications.list(associatedUuid=job)", job=job["id"])
        assert [row["event"] for row in rows] == ["STAGED", "FINISHED"]
        until(lambda: len(receiver.calls) == 2, what="both to be told")
        told = {call.headers["X-Agave-Notification"]: call for call in receiver.calls}
        assert told["FINISHED"].json["status"] == "FINISHED"
        assert told["FINISHED"].json["inputs"] == job["inputs"]
        assert told["FINISHED"].json["_links"]["self"] == job["_links"]["self"]
        assert told["FINISHED"].path == "/end?" + quote(job["archivePath"], safe="")
        assert f"id={job['id']}&is=" in told["STAGED"].path
        assert "&event=STAGED&at=http%3A%2F%2F127.0.0.1" in told["STAGED"].path


def test_notifications_of_a_job_that_is_there(ag):
    job = submit(ag, parameters={"wait": 60})["id"]
    until(lambda: state(ag, job) == "RUNNING", what="the job to run")  # what is past isn't told
    ag.run("told = ag.notifications")
    with webhooks() as receiver:
        wanted = {"url": receiver.url + "/a?${EVENT}", "associatedUuid": job, "persistent": True}
        one = ag("told.add(body=body)", body=wanted | {"event": "FAILED"})
        assert (one["associatedUuid"], one["event"], one["status"]) == (job, "FAILED", "ACTIVE")
        assert ag("told.get(uuid=id).created.year", id=one["id"]) >= 2026
        assert ag("ag.geturl(url).status_code", url=one["_links"]["self"]["href"]) == 200
        other = ag("told.add(body=body)", body=wanted | {"event": "FINISHED"})
        changed = wanted | {"url": receiver.url + "/c?${EVENT}"}
        served = ag("told.update(uuid=id, body=body)", id=one["id"], body=changed)["url"]
        changed = wanted | {"url": served, "event": "STOPPED"}  # what is secret of it is kept
        after = ag("told.update(uuid=id, body=body)", id=one["id"], body=changed)
        assert (after["uuid"], after["event"]) == (one["id"], "STOPPED")
        ids = [row["id"] for row in ag("told.list()")]
        assert ids[:2] == [other["id"], one["id"]]
        assert [row["id"] for row in ag("told.list(limit=1, offset=1)")] == [one["id"]]
        assert ag("told.delete(uuid=id)", id=other["id"])["status"] == "success"
        rows = ag("told.list(associatedUuid=job)", job=job)
        assert [row["id"] for row in rows] == [one["id"]]
        ag.run("ag.jobs.manage(jobId=job, body={'action': 'stop'})", job=job)
        until(lambda: receiver.calls, what="the end to be told")
        assert [call.path for call in receiver.calls] == ["/c?STOPPED"]
        ended(ag, job)
        ag.run("told.add(body=body)", body=wanted | {"event": "DELETED"})
        ag.run("ag.jobs.delete(jobId=job)", job=job)
        until(lambda: len(receiver.calls) == 2, what="that it was deleted to be told")
        assert one["id"] not in [row["id"] for row in ag("told.list()")]
        for body, field in [
            (wanted | {"event": "RUNNING"}, "associatedUuid"),  # it is in the trash
            ({"url": receiver.url}, "associatedUuid"),
            (wanted | {"associatedUuid": "none"}, "associatedUuid"),
        ]:
            with pytest.raises(Refused) as refused:
                ag("told.add(body=body)", body=body)
            assert (refused.value.status, json.loads(refused.value.body)["field"]) == (400, field)


def test_what_the_guide_shows(ag, server, tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "agave.md").read_text()
    code = page.partition("```python\n")[2].partition("```")[0]
    code = code.replace("http://127.0.0.1:8888/jobs-ext/agave", f"{server.url}agave")
    first, last = code.replace('token="…"', f'token="{server.token}"').split("for file in ")
    ag.run(f"import os; os.chdir(folder)\n{first}\nkept = job", folder=str(tmp_path))
    assert ended(ag, ag("job.id")) == "FINISHED"
    ag.run(f"job = kept\nfor file in {last}")
    (log,) = tmp_path.glob("count-*.out")
    assert log.read_text().split()[0] == "3"


def test_lists_and_searches(ag):
    job = submit(ag, name="needle")["id"]
    ended(ag, job)
    assert [row["id"] for row in ag("ag.jobs.list(limit=1)")] == [job]
    assert ag("ag.jobs.list(limit=5, offset=100000)") == []
    found = ag("ag.jobs.search(attribute='name', value='needle')")
    assert [row["id"] for row in found] == [job]
    query = {"name.like": "need*", "status.in": "FINISHED,RUNNING", "created.after": "2020-01-01"}
    assert [row["id"] for row in ag("ag.jobs.list(query=query)", query=query)] == [job]
    query = {"name": "needle", "status": "STOPPED"}
    assert ag("ag.jobs.list(query=query)", query=query) == []


def test_a_file_is_a_job_request(ag, server):
    (server.work / "job.json").write_text(json.dumps(request(name="from a file")))
    file = str(server.work / "job.json")
    assert ag("ag.jobs.submit(body=open(file, 'rb')).name", file=file) == "from a file"
    assert ag("ag.jobs.submit(body=open(file).read()).name", file=file) == "from a file"


def test_apps(ag):
    assert "lines-1.0" in [app["id"] for app in ag("ag.apps.list()")]
    app = ag("ag.apps.get(appId='lines-1.0')")
    assert app["inputs"][0]["semantics"]["maxCardinality"] == -1
    kinds = {one["id"]: one["value"]["type"] for one in app["parameters"]}
    assert kinds == {"word": "string", "wait": "number", "loud": "bool"}
    assert "lines-1.0" in json.dumps(
        ag("ag.apps.getJobSubmissionForm(query={'uniqueName': 'lines-1.0'})")
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"nodeCount": 8}, "nodeCount"),
        ({"processorsPerNode": 100000}, "processorsPerNode"),
        ({"processorsPerNode": 0}, "processorsPerNode"),
        ({"memoryPerNode": "9000000GB"}, "memoryPerNode"),
        ({"memoryPerNode": "lots"}, "memoryPerNode"),
        ({"maxRunTime": "1h"}, "maxRunTime"),
        ({"batchQueue": "nowhere"}, "batchQueue"),
        ({"archiveSystem": "data.example.org"}, "archiveSystem"),
        ({"archive": True, "archivePath": "../out"}, "archivePath"),
        ({"archive": "maybe"}, "archive"),
        ({"appId": "nothing-1.0"}, "appId"),
        ({"appId": "lines"}, "appId"),
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"inputs": {}}, "inputs.texts"),
        ({"inputs": {"texts": "data/none.txt"}}, "inputs.texts"),
        ({"inputs": {"texts": 5}}, "inputs.texts[0]"),
        ({"inputs": []}, "inputs"),
        ({"parameters": {"word": ["a", "b"]}}, "parameters.word"),
        ({"parameters": {"words": "a"}}, "parameters.words"),
        ({"parameters": {"wait": "soon"}}, "parameters.wait"),
        ({"notifications": [{"url": "ftp://x", "event": "FINISHED"}]}, "notifications"),
        ({"notifications": [{"url": "https://example.org", "event": "SNOW"}]}, "event"),
    ],
)
def test_what_can_not_be_is_refused(ag, changes, field):
    before = len(ag("ag.jobs.list(limit=500)"))
    with pytest.raises(Refused) as refused:
        submit(ag, **changes)
    said = json.loads(refused.value.body)
    assert (refused.value.status, said["status"]) == (400, "error"), said
    assert field in said["message"], said
    assert len(ag("ag.jobs.list(limit=500)")) == before
