"""One server for all tests of UFDL's dialect, its client, a template, a worker and a job of it."""

from __future__ import annotations

import pytest

from tests.client.live import LiveServer
from tests.dialects.ufdl.worker import TEMPLATE, Ufdl, Worker
from tests.waiting import until


@pytest.fixture(scope="package")
def server():
    server = LiveServer()
    yield server
    client = server.client()
    for job in client.jobs(limit=500, filter="status in (STARTING, RUNNING)"):
        job.cancel().abort()
    client.close()
    server.stop()


@pytest.fixture(scope="package")
def ufdl(server):
    return Ufdl(server)


@pytest.fixture(scope="package")
def template(ufdl):
    return ufdl.ask("POST", "job-templates/import", TEMPLATE)["pk"]


@pytest.fixture
def worker(server, request):
    worker = Worker(server)
    worker.register(request.node.name)
    return worker


@pytest.fixture
def begun(ufdl, template, worker):
    """The number of a job that the worker has started."""
    job = ufdl.job(template)
    worker.ask("GET", f"jobs/{job}/acquire")
    worker.ask("POST", f"jobs/{job}/start", {"send_notification": ""})
    yield job
    ufdl.send("DELETE", f"jobs/{job}/hard")


@pytest.fixture
def tool(server, ufdl):
    """Returns a function that gives the server a tool by its TOML; returns its template."""

    def make(name, text):
        folder = server.work / "tools"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.toml").write_text(f'name = "{name}"\n{text}')
        named = {"expressions": [{"type": "exact", "field": "name", "value": name}]}
        return until(lambda: ufdl.ask("POST", "job-templates/list", named), what="the tool")[0]

    return make
