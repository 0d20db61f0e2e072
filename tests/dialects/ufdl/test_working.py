"""What workers do: the launcher's whole protocol, crashes, silence, races."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from tests.client.live import LiveServer
from tests.dialects.ufdl.worker import POLL, RESTARTED, TEMPLATE, Ufdl, Worker, code
from tests.waiting import until


@pytest.fixture
def alone(ufdl):
    """No job of another test waits for a worker."""
    for job in ufdl.ask("POST", "jobs/list", POLL):
        ufdl.ask("DELETE", f"jobs/{job['pk']}/hard")


def test_the_whole_protocol_of_the_launcher(alone, ufdl, template, worker):
    made = ufdl.job(template, description="hello")
    job = worker.poll()
    assert (job["pk"], job["description"], job["parent"]) == (made, "hello", None)
    assert job["parameter_values"] == {"text": {"value": "a", "type": "str"}}
    assert len(worker.ask("POST", "job-types/list", {})) == 27
    assert [c["name"] for c in worker.ask("POST", "job-contracts/list", {})][-1] == "Export"
    assert worker.begin(job)
    assert worker.poll() is None
    for amount in ("0.25", "1e-05", "1"):
        worker.ask("POST", f"jobs/{made}/progress/{amount}", {"loss": 0.5})
    worker.ask("POST", f"jobs/{made}/progress/1.0", None, data=" ")
    node = ufdl.ask("GET", f"nodes/{worker.pk}")
    assert node["current_job"] == made
    ended = worker.finish(made)
    assert (ended["end_time"] is not None, ended["error_reason"]) == (True, None)
    assert ended["outputs"][0]["type"] == "Compressed<JSON, 8>"
    assert ufdl.ask("GET", f"nodes/{worker.pk}")["current_job"] is None


def test_a_worker_that_crashed_gives_its_job_back(alone, ufdl, template, worker, server, request):
    made = ufdl.job(template)
    assert worker.begin(worker.poll())
    again = Worker(server)
    again.register(request.node.name)
    assert again.pk == worker.pk
    job = ufdl.ask("GET", f"jobs/{made}")
    assert (job["node"], job["start_time"], job["error_reason"]) == (None, None, None)
    assert again.begin(again.poll())
    assert again.finish(made)["error_reason"] is None
    history = [a["reason"] for a in native(server, made)["attempts"]]
    assert history == [RESTARTED, None]


def native(server, pk):
    client = server.client()
    found = client.snapshots(filter=f"pk = {pk}")[0]
    client.close()
    return msgspec.to_builtins(found)


STEPS = ("acquire", "start", "progress", "upload", "finish")


@pytest.fixture
def impatient():
    """A server whose nodes may be silent for a few seconds only."""
    server = LiveServer("--JobsExtension.lease=4")
    yield server
    server.stop()


def test_a_worker_that_falls_silent_at_any_step_loses_its_job(impatient):
    server, ufdl = impatient, Ufdl(impatient)
    template = ufdl.ask("POST", "job-templates/import", TEMPLATE)["pk"]
    jobs, workers = {}, {}
    for number, last in enumerate(STEPS):
        worker = workers[last] = Worker(server)
        worker.register("silent", number)
        jobs[last] = ufdl.job(template)
        go(worker, jobs[last], last)

    def seen(last):
        return ufdl.ask("GET", f"jobs/{jobs[last]}")

    for last in ("start", "progress", "upload"):
        until(lambda last=last: seen(last)["error_reason"], what="the lease to expire")
        assert "was not heard of" in seen(last)["error_reason"]
        assert seen(last)["node"] is None
        told = {"success": True, "send_notification": ""}  # it comes back, and ends what it lost
        assert workers[last].ask("POST", f"jobs/{jobs[last]}/finish", told) == seen(last)
        assert code(workers[last], "POST", f"jobs/{jobs[last]}/progress/0.5", {}) == 403
    until(lambda: seen("acquire")["node"] is None, what="the job to be given back")
    assert (seen("acquire")["start_time"], seen("acquire")["error_reason"]) == (None, None)
    assert [one["name"] for one in seen("upload")["outputs"]] == ["part"]
    assert (seen("finish")["error_reason"], bool(seen("finish")["end_time"])) == (None, True)
    other = Worker(server)
    other.register("other")
    for last in STEPS[:-1]:
        pk = jobs[last]
        other.ask("GET", f"jobs/{pk}/acquire")
        if last != "acquire":
            assert other.ask("DELETE", f"jobs/{pk}/reset")["outputs"] == []
        go(other, pk, "finish")
        assert [one["name"] for one in seen(last)["outputs"]] == ["part", "log"]


def go(worker, pk, last):
    """Do a job as far as that step."""
    for step in STEPS[: STEPS.index(last) + 1]:
        if step == "acquire":
            worker.ask("GET", f"jobs/{pk}/acquire")
        elif step == "upload":
            assert worker.upload(pk, "part", "JSON", b"1").status_code == 200
        elif step == "finish":
            worker.finish(pk)
        else:
            path = "progress/0.5" if step == "progress" else step
            worker.ask("POST", f"jobs/{pk}/{path}", {"send_notification": ""})


def test_two_workers_race_and_each_job_runs_once(ufdl, template, server):
    made = {ufdl.job(template) for _ in range(200)}

    def work(ip):
        worker, done = Worker(server), []
        worker.register(ip)
        while jobs := worker.ask("POST", "jobs/list", {"expressions": []}):
            open_ = [j for j in jobs if j["node"] is None and j["pk"] in made]
            if not open_:
                return done
            for job in open_:
                if worker.send("GET", f"jobs/{job['pk']}/acquire").status_code == 200:
                    worker.ask("POST", f"jobs/{job['pk']}/start", {"send_notification": ""})
                    told = {"success": True, "send_notification": ""}
                    worker.ask("POST", f"jobs/{job['pk']}/finish", told)
                    done.append(job["pk"])
        return done

    with ThreadPoolExecutor(2) as threads:
        done = [pk for some in threads.map(work, ("race-1", "race-2")) for pk in some]
    assert sorted(done) == sorted(made)


def test_cancel_reaches_the_worker_and_lets_it_tidy_up(ufdl, worker, begun):
    cancelled = ufdl.ask("DELETE", f"jobs/{begun}/cancel")
    assert (cancelled["is_cancelled"], cancelled["end_time"]) == (True, None)
    assert cancelled["error_reason"] == "Cancelled"
    assert worker.ask("GET", f"jobs/{begun}")["is_cancelled"]
    assert code(worker, "POST", f"jobs/{begun}/progress/0.5", {}) == 406
    ended = worker.finish(begun)
    assert (ended["is_cancelled"], ended["end_time"]) == (True, None)
    assert ufdl.ask("DELETE", f"jobs/{begun}/cancel")["is_cancelled"]
    assert code(ufdl, "DELETE", f"jobs/{begun}/abort") == 406


def test_what_failed_can_be_tried_by_another_node_or_cancelled(ufdl, worker, begun, server):
    ended = {"success": True, "send_notification": "", "error": ""}
    job = worker.ask("POST", f"jobs/{begun}/finish", ended)
    assert (job["error_reason"], job["end_time"] is not None) == ("", True)
    other = Worker(server)
    other.register("another")
    assert code(other, "GET", f"jobs/{begun}/acquire") == 406
    assert worker.ask("DELETE", f"jobs/{begun}/release")["node"] is None
    assert other.ask("GET", f"jobs/{begun}/acquire")["node"] == other.pk
    job = other.ask("DELETE", f"jobs/{begun}/reset")
    assert (job["node"], job["error_reason"], job["outputs"]) == (other.pk, None, [])
    other.ask("POST", f"jobs/{begun}/start", {"send_notification": ""})
    other.ask("POST", f"jobs/{begun}/finish", ended)
    job = ufdl.ask("DELETE", f"jobs/{begun}/cancel")
    assert (job["is_cancelled"], job["end_time"]) == (True, None)


def test_an_abort_frees_the_job_and_the_node(ufdl, worker, begun):
    freed = ufdl.ask("DELETE", f"jobs/{begun}/abort")
    assert (freed["node"], freed["start_time"], freed["outputs"]) == (None, None, [])
    assert code(worker, "POST", f"jobs/{begun}/progress/0.5", {}) == 403
    told = {"success": True, "send_notification": ""}
    assert worker.ask("POST", f"jobs/{begun}/finish", told)["end_time"] is None
