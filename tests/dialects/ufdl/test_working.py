"""What workers do: the launcher's whole protocol, crashes, silence, races."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec

from tests.dialects.ufdl.worker import RESTARTED, Worker, code
from tests.waiting import until


def test_the_whole_protocol_of_the_launcher(ufdl, template, worker):
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


def test_a_worker_that_crashed_gives_its_job_back(ufdl, template, worker, server, request):
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


def test_a_worker_that_falls_silent_loses_its_job(ufdl, template, worker):
    made = ufdl.job(template)
    assert worker.begin(worker.poll())
    until(lambda: ufdl.ask("GET", f"jobs/{made}")["error_reason"], what="the lease to expire")
    job = ufdl.ask("GET", f"jobs/{made}")
    assert "was not heard of" in job["error_reason"]
    assert job["node"] is None
    assert code(worker, "POST", f"jobs/{made}/progress/0.5", {}) == 403
    told = {"success": True, "send_notification": ""}
    assert worker.ask("POST", f"jobs/{made}/finish", told)["error_reason"] == job["error_reason"]


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
