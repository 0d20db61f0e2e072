"""What nodes do with jobs: one holds a job at a time, and whoever lost it is told so."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs_ext.model.errors import Conflict, InvalidRequest, NotFound, TooLarge
from jobs_ext.model.ids import new_id
from jobs_ext.model.node import AcquireRequest, NodeFinish, NodeProgress, NodeRequest, NodeStart
from jobs_ext.model.request import Target
from jobs_ext.runner.leases import Leases
from jobs_ext.service import Principal
from jobs_ext.service.uploads import Draft
from jobs_ext.service.working import Hold
from tests.service.runs import claim

NEXT = AcquireRequest()
WORKER = Principal("bob", frozenset({"work"}), by="key")
DO = Target(command=["do", "{k}"])


@pytest.fixture
def node(service):
    return service.nodes.register(WORKER, NodeRequest(name="gpu-1", cpu=4.0))[0]


@pytest.fixture
def outside(submit):
    """Submits a job for a node."""

    def submit_(target=DO, arguments=None, **options):
        given = {"k": 1} if arguments is None else arguments
        return submit(target, given, executor="node", **options).id

    return submit_


@pytest.fixture
def hand(service, node):
    """Acquires and starts a job as the node; gives what it was assigned."""

    def hand_(*, started=True, by=node.id):
        given = service.working.acquire(WORKER, by, NEXT)
        if started:
            service.working.start(WORKER, by, given.job.id, NodeStart(attempt=given.attempt))
        return given

    return hand_


def finish(service, node, given, **told):
    end = NodeFinish(**({"attempt": given.attempt, "success": True} | told))
    return service.working.finish(WORKER, node.id, given.job.id, end)


def statuses(service, who, job):
    events = service.jobs.history(who, job)
    return [event.data["status"] for event in events if event.type == "status"]


def test_a_job_goes_through_the_hands_of_a_node(service, who, node, outside, tmp_path):
    job = outside(arguments={"k": "a b"})
    assert service.jobs.get(who, job).reason_code == "waiting_node"
    assert claim(service) == []
    given = service.working.acquire(WORKER, node.id, NEXT)
    assert given.job.id == job
    assert given.command == ["do", "a b"]
    assert service.nodes.get(WORKER, node.id).jobs[0].job == job
    told = NodeStart(attempt=1)
    assert service.working.start(WORKER, node.id, job, told).status == "RUNNING"
    said = NodeProgress(attempt=1, fraction=0.25, data={"loss": 0.5})
    assert service.working.progress(WORKER, node.id, job, said).progress.data == {"loss": 0.5}
    draft = Draft(service.paths)
    draft.write(b"made")
    hold = Hold(node.id, 1)
    service.given.add(WORKER, job, "t.txt", "text/plain", draft, hold)
    ended = finish(service, node, given, exit_code=0, duration=1.5)
    assert (ended.status, ended.node, ended.outputs[0].size) == ("SUCCEEDED", node.id, 4)
    assert (ended.attempts[0].duration, ended.attempts[0].node) == (1.5, node.id)
    assert statuses(service, who, job) == ["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]
    with pytest.raises(Conflict, match="it is SUCCEEDED"):
        service.given.check(WORKER, job, "late.txt", hold)


def test_the_next_job_is_that_of_the_highest_priority_that_suits(service, node, outside):
    def takes(by):
        given = service.working.acquire(WORKER, by.id, NEXT)
        if given is not None:
            service.working.start(WORKER, by.id, given.job.id, NodeStart(attempt=1))
            finish(service, by, given)
        return given and given.job.id

    big = outside(cpu=64, priority=9)
    tagged = outside(tags=["cuda"], priority=8)
    late, first = outside(), outside(priority=1)
    assert [takes(node) for _ in range(3)] == [first, late, None]
    able = NodeRequest(name="big", cpu=64.0, tags=["cuda", "fast"])
    other, is_new = service.nodes.register(WORKER, able)
    assert is_new
    assert [takes(other) for _ in range(3)] == [big, tagged, None]


def test_an_answer_that_was_lost_loses_nothing(service, node, outside):
    outside()
    outside()
    given = [service.working.acquire(WORKER, node.id, NEXT) for _ in range(2)]
    assert given[0].job.id == given[1].job.id
    told = NodeStart(attempt=1)
    for _ in range(2):
        assert service.working.start(WORKER, node.id, given[0].job.id, told).status == "RUNNING"


def test_nodes_that_race_never_share_a_job(service, outside):
    jobs = {outside(arguments={"k": k}) for k in range(30)}
    names = ["one", "two"]
    nodes = [service.nodes.register(WORKER, NodeRequest(name=name))[0].id for name in names]

    def work(node):
        got = []
        while (given := service.working.acquire(WORKER, node, NEXT)) is not None:
            got.append(given.job.id)
            service.working.start(WORKER, node, given.job.id, NodeStart(attempt=1))
            end = NodeFinish(attempt=1, success=True)
            service.working.finish(WORKER, node, given.job.id, end)
        return got

    with ThreadPoolExecutor(2) as threads:
        got = [job for some in threads.map(work, nodes) for job in some]
    assert sorted(got) == sorted(jobs)


def test_a_job_that_is_named_goes_to_one_node(service, node, outside, submit):
    job = outside()
    other = service.nodes.register(WORKER, NodeRequest(name="other"))[0]
    named = AcquireRequest(job=job)
    assert service.working.acquire(WORKER, node.id, named).attempt == 1
    assert service.working.acquire(WORKER, node.id, named).attempt == 1
    with pytest.raises(Conflict, match="STARTING"):
        service.working.acquire(WORKER, other.id, named)
    here = AcquireRequest(job=submit(Target(command=["true"])).id)
    with pytest.raises(Conflict, match="runs on the server"):
        service.working.acquire(WORKER, node.id, here)
    with pytest.raises(NotFound, match="no job"):
        service.working.acquire(WORKER, node.id, AcquireRequest(job=new_id()))


def test_only_jobs_of_the_tools_that_a_node_knows(service, node, outside, tmp_path):
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "t.toml").write_text(
        'name = "train"\nexecutor = "node"\ncommand = ["train", "{n}"]\n'
        '[parameters.n]\ntype = "integer"\ndefault = 3\n'
    )
    outside()
    job = outside(Target(tool="train"), {})
    for name in ("train", "train-1.0"):
        given = service.working.acquire(WORKER, node.id, AcquireRequest(tools=[name]))
        assert (given.job.id, given.command) == (job, ["train", "3"])
        service.working.release(WORKER, node.id, job, NodeStart(attempt=given.attempt))
    assert service.working.acquire(WORKER, node.id, AcquireRequest(tools=["other"])) is None


def test_what_was_not_started_can_be_given_back(service, who, node, outside, hand):
    job = outside()
    given = hand(started=False)
    told = NodeStart(attempt=given.attempt)
    back = service.working.release(WORKER, node.id, job, told)
    assert (back.status, back.attempts, back.node) == ("RUNNABLE", [], None)
    with pytest.raises(Conflict, match="not one of node gpu-1"):
        service.working.start(WORKER, node.id, job, told)
    hand()
    with pytest.raises(Conflict, match="RUNNING"):
        service.working.release(WORKER, node.id, job, told)


def test_a_node_runs_one_job_at_a_time(service, node, outside, hand):
    outside()
    outside()
    hand()
    second = hand(started=False)
    with pytest.raises(Conflict, match="still runs"):
        service.working.start(WORKER, node.id, second.job.id, NodeStart(attempt=1))


def test_a_failure_says_why_and_may_be_tried_again(service, who, node, outside, hand):
    outside()
    failed = finish(service, node, hand(), success=False, reason="no such\ndata set")
    assert (failed.status, failed.reason_code) == ("FAILED", "node_failed")
    assert failed.reason == "no such\ndata set"
    outside(retries=1)
    again = finish(service, node, hand(), success=False, exit_code=3)
    assert (again.status, again.node) == ("PENDING", None)
    assert again.attempts[0].reason == "exited with code 3"


def test_a_cancelled_job_ends_when_its_node_says_so(service, who, node, outside, hand):
    job = outside()
    given = hand()
    asked = service.jobs.cancel(who, job)
    assert (asked.status, asked.cancel_requested is not None) == ("RUNNING", True)
    assert service.queue.glance().cancels == []
    assert finish(service, node, given).status == "CANCELLED"


def test_silence_longer_than_the_lease_takes_the_job_back(service, who, node, outside, hand):
    lost, again = outside(), outside(on_lost="retry")
    watch = Leases(service.working, 0.05)
    first = hand()
    finish_late = NodeFinish(attempt=1, success=True)
    watch.look(news=True)
    time.sleep(0.06)
    service.nodes.ping(WORKER, node.id)
    watch.look(news=True)
    assert service.jobs.get(who, lost).status == "RUNNING"
    time.sleep(0.06)
    watch.look(news=True)
    job = service.jobs.get(who, lost)
    assert (job.status, job.reason_code, job.node) == ("FAILED", "lease_expired", None)
    assert "gpu-1 was not heard of" in job.reason
    with pytest.raises(Conflict, match="not heard of"):
        service.working.finish(WORKER, node.id, lost, finish_late)
    assert first.job.id == lost
    hand()
    watch.look(news=True)
    time.sleep(0.06)
    watch.look(news=True)
    assert service.jobs.get(who, again).status == "PENDING"
    assert not Leases(service.working, 0.05).any


def test_a_job_that_was_not_started_waits_again_when_its_node_falls_silent(
    service, who, node, outside, hand
):
    job = outside()
    hand(started=False)
    watch = Leases(service.working, 0.0)
    watch.look(news=True)
    assert service.jobs.get(who, job).status == "RUNNABLE"
    hand(started=False)
    service.jobs.cancel(who, job)
    Leases(service.working, 1e9).look(news=True)
    assert service.jobs.get(who, job).status == "CANCELLED"


def test_a_job_that_failed_is_cancelled_without_waiting_again(service, who, node, outside, hand):
    job = outside()
    finish(service, node, hand(), success=False)
    assert service.jobs.cancel(who, job).status == "FAILED"
    before = service.events.head()
    assert service.jobs.cancel(who, job, failed=True).status == "CANCELLED"
    seen = [
        event.data["status"] for event in service.events.since(before) if event.type == "status"
    ]
    assert seen == ["RUNNABLE", "CANCELLED"]  # told at once: nobody could take it between
    assert service.working.acquire(WORKER, node.id, NEXT) is None


def test_an_abort_takes_the_job_from_its_node(service, who, node, outside, hand):
    job = outside()
    given = hand()
    freed = service.working.abort(who, job)
    assert (freed.status, freed.node, freed.started) == ("RUNNABLE", None, None)
    with pytest.raises(Conflict, match="taken from its node"):
        finish(service, node, given)
    assert hand().attempt == 2
    with pytest.raises(Conflict, match="taken from its node"):
        finish(service, node, given)
    service.jobs.cancel(who, job)
    assert service.working.abort(who, job).status == "CANCELLED"
    with pytest.raises(Conflict, match="no node has it"):
        service.working.abort(who, job)
    with pytest.raises(NotFound):
        service.working.abort(Principal("eve", frozenset({"submit"})), job)


PROMISES = """
name = "keeps"
executor = "node"
command = ["do"]
[outputs.table]
path = "*.csv"
[outputs.note]
path = "note.txt"
required = false
[outputs.text]
path = "stdout"
"""


@pytest.mark.parametrize(
    ("names", "owed"),
    [
        *(([], True), (["note.txt"], True)),
        *((["x/t.csv"], False), (["table"], False), (["table/JSON"], False)),
    ],
)
def test_a_node_gives_what_the_tool_promises(service, node, outside, hand, tmp_path, names, owed):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "keeps.toml").write_text(PROMISES)
    outside(Target(tool="keeps"), {})
    given = hand()
    for name in names:
        draft = Draft(service.paths)
        draft.write(b"x")
        hold = Hold(node.id, given.attempt)
        service.given.add(WORKER, given.job.id, name, "text/csv", draft, hold)
    ended = finish(service, node, given)
    assert ended.status == ("FAILED" if owed else "SUCCEEDED")
    told = "it did not write its output table (*.csv)"
    assert (ended.reason_code, ended.reason) == (("missing_output", told) if owed else (None, None))


def test_a_node_reads_the_jobs_it_has_and_no_others(service, node, outside, hand):
    who = Principal("bob", frozenset({"work", "read"}))
    job = outside()
    with pytest.raises(NotFound):
        service.jobs.get(who, job)
    hand()
    assert service.jobs.get(who, job).status == "RUNNING"


def test_a_node_that_registers_again_sees_what_it_holds(service, node, outside, hand):
    job = outside()
    hand()
    again, is_new = service.nodes.register(WORKER, NodeRequest(name="gpu-1", gpus=2))
    assert (again.id, again.gpus, is_new) == (node.id, 2, False)
    assert [held.job for held in again.jobs] == [job]
    with pytest.raises(Conflict, match="another node 'gpu-1'"):
        service.nodes.register(WORKER, NodeRequest(name="gpu-1", gpus=3), new=True)
    assert service.nodes.get(WORKER, node.id).gpus == 2
    with pytest.raises(Conflict, match="holds jobs"):
        service.nodes.forget(WORKER, node.id)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"inputs": ["/etc/passwd"]}, "options.inputs"),
        ({"env": {"A": "1"}}, "options.env"),
        ({"cwd": "private"}, "options.cwd"),
        ({"tags": ["\n"]}, "options.tags"),
        ({"gpu": -1}, "options.gpu"),
        ({"cpu": 0}, "options.cpu"),
    ],
)
def test_what_no_node_can_be_asked_for(outside, options, field):
    with pytest.raises(InvalidRequest) as refused:
        outside(**options)
    assert refused.value.field == field


def test_what_only_a_node_can_be_asked_for(submit):
    with pytest.raises(InvalidRequest, match="tags choose among nodes"):
        submit(Target(command=["true"]), tags=["a"])
    with pytest.raises(InvalidRequest, match="no script"):
        submit(Target(script="x.py"), executor="node")
    with pytest.raises(InvalidRequest, match="empty"):
        submit(Target(command=[]), executor="node")


def test_what_a_node_cannot_say(service, node, outside, hand):
    outside()
    given = hand()
    for told in ({"fraction": 1.5}, {"fraction": -0.1}):
        with pytest.raises(InvalidRequest):
            service.working.progress(WORKER, node.id, given.job.id, NodeProgress(attempt=1, **told))
    big = NodeProgress(attempt=1, data="x" * 70_000)
    with pytest.raises(TooLarge):
        service.working.progress(WORKER, node.id, given.job.id, big)
    for told in ({"exit_code": 1}, {"exit_code": 2**40, "success": False}, {"duration": -1.0}):
        with pytest.raises(InvalidRequest):
            finish(service, node, given, **told)
    assert finish(service, node, given).status == "SUCCEEDED"
