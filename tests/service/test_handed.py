"""What nodes are told of the files that their jobs read, and who gets these."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs_ext.model.errors import Conflict, Forbidden, NotFound
from jobs_ext.model.ids import new_id
from jobs_ext.model.node import AcquireRequest, NodeFinish, NodeRequest, NodeStart
from jobs_ext.model.request import Target
from jobs_ext.service import Principal
from jobs_ext.service.uploads import Draft, Upload
from jobs_ext.service.working import Hold
from tests.service.runs import claim

WORKER = Principal("bob", frozenset({"work"}), by="key")
TOOL = """
name = "join"
executor = "node"
command = ["cat", "{first}", "{more}", "{k}"]
[inputs.first]
[inputs.more]
multiple = true
required = false
[parameters.k]
type = "object"
default = {}
"""


@pytest.fixture
def join(tmp_path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "join.toml").write_text(TOOL)
    for place, text in (("a.txt", "here"), ("deep/a.txt", "below"), ("-n", "dash")):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(text)
    return Target(tool="join")


@pytest.fixture
def node(service):
    return service.nodes.register(WORKER, NodeRequest(name="gpu-1"))[0].id


@pytest.fixture
def acquire(service, node):
    return lambda: service.working.acquire(WORKER, node, AcquireRequest())


def read(service, node, given, number):
    hold = Hold(node, given.attempt)
    return Path(service.handed.find(WORKER, given.job.id, number, hold).path).read_text()


def test_each_file_has_a_name_of_its_own(service, submit, join, node, acquire):
    part = {"$part": "up"}
    given = {"first": "a.txt", "more": ["deep/a.txt", "-n", part], "k": {"in": [part]}}
    submit(join, given, {"up": Upload("../../up.csv", "text/csv", b"sent")})
    given = acquire()
    names = [one.path for one in given.inputs]
    assert names == ["a.txt", "input-1/a.txt", "-n", "up.csv", "input-4/up.csv"]
    assert [one.argument for one in given.inputs] == ["first", *["more"] * 3, "k"]
    assert given.command[:5] == ["cat", "a.txt", "input-1/a.txt", "./-n", "up.csv"]
    assert given.arguments["k"] == {"in": ["input-4/up.csv"]}
    told = [read(service, node, given, number) for number in range(5)]
    assert told == ["here", "below", "dash", "sent", "sent"]
    with pytest.raises(NotFound, match="no file 5"):
        read(service, node, given, 5)


def test_a_command_reads_what_was_uploaded_and_what_another_job_made(
    service, submit, node, acquire
):
    do = Target(command=["do", "{up}", "{made}"])
    first = submit(Target(command=["make"]), executor="node").id
    made = {"$output": {"job": first, "name": "out/t.csv"}}
    arguments = {"up": {"$part": "up"}, "made": made}
    parts = {"up": Upload("", "text/plain", b"sent")}
    second = submit(do, arguments, parts, executor="node").id
    given = acquire()
    service.working.start(WORKER, node, first, NodeStart(attempt=1))
    draft = Draft(service.paths)
    draft.write(b"made")
    service.given.add(WORKER, first, "out/t.csv", "text/csv", draft, Hold(node, 1))
    service.working.finish(WORKER, node, first, NodeFinish(attempt=1, success=True))
    assert claim(service) == []  # which lets those that waited go on
    service.queue.promote()
    given = acquire()
    assert (given.job.id, given.command) == (second, ["do", "up", "t.csv"])
    assert [read(service, node, given, n) for n in (0, 1)] == ["sent", "made"]


def test_only_who_holds_the_job_gets_its_files(service, submit, join, node, acquire):
    job = submit(join, {"first": "a.txt"}).id
    with pytest.raises(Conflict, match="not one of node"):
        service.handed.find(WORKER, job, 0, Hold(node, 1))
    given = acquire()
    other = service.nodes.register(WORKER, NodeRequest(name="gpu-2"))[0].id
    for hold in (Hold(other, 1), Hold(node, 2)):
        with pytest.raises(Conflict):
            service.handed.find(WORKER, job, 0, hold)
    reader = Principal("bob", frozenset({"read", "submit", "run"}), by="key")
    with pytest.raises(Forbidden):
        service.handed.find(reader, job, 0, Hold(node, 1))
    stranger = Principal("eve", frozenset({"work"}))
    with pytest.raises(NotFound):
        service.handed.find(stranger, job, 0, Hold(node, 1))
    with pytest.raises(NotFound):
        service.handed.find(WORKER, new_id(), 0, Hold(node, 1))
    assert read(service, node, given, 0) == "here"
    service.working.finish(WORKER, node, job, NodeFinish(attempt=1, success=False))
    with pytest.raises(Conflict, match="it is FAILED"):
        service.handed.find(WORKER, job, 0, Hold(node, 1))


def test_a_file_that_was_edited_or_has_gone_is_not_handed_out(
    service, submit, join, node, acquire, tmp_path
):
    submit(join, {"first": "a.txt"})
    given = acquire()
    os.utime(tmp_path / "a.txt", (1, 1))  # only touched
    assert read(service, node, given, 0) == "here"
    (tmp_path / "a.txt").write_text("else")
    with pytest.raises(Conflict, match=r"first, a\.txt, was changed since") as refused:
        read(service, node, given, 0)
    assert refused.value.field == "arguments.first"
    (tmp_path / "a.txt").unlink()
    with pytest.raises(NotFound, match="is there no more"):
        read(service, node, given, 0)
