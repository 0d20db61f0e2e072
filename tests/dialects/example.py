"""A dialect with one of everything that the framework does."""

from __future__ import annotations

from msgspec import Struct

from jobs_ext.dialects.table import Call, Dialect, File, Problem, Reply, Route
from jobs_ext.model.request import Options, SubmitRequest, Target


class Asked(Struct, forbid_unknown_fields=True):
    run: list[str]


def submit(call: Call) -> object:
    """Accept a job."""
    asked = call.json(Asked)
    request = SubmitRequest(Target(command=asked.run), options=Options(cwd="private"))
    return {"id": call.service.jobs.submit(call.who, request).id, "at": call.url}


def show(call: Call, job: str) -> object:
    """Show a job."""
    return {"id": call.service.jobs.get(call.who, job).id, "by": call.first("by", "nobody")}


def file(call: Call, job: str, path: str) -> object:
    """Send an output."""
    return File(call.service.outputs.find(call.who, job, path))


def keep(call: Call, job: str, path: str) -> object:
    """Keep an output."""
    assert call.draft is not None
    output, _ = call.service.given.add(call.who, job, path, "text/plain", call.draft)
    return {"size": output.size}


def form(call: Call) -> object:
    """Echo a form."""
    fields, files = call.form
    return {
        "fields": fields,
        "files": {name: [f.filename for f in some] for name, some in files.items()},
    }


def use(call: Call, tool: str) -> object:
    """Submit a tool."""
    return {"id": call.service.jobs.submit(call.who, SubmitRequest(Target(tool=tool))).id}


def where(call: Call, path: str) -> object:
    """Say what was asked for."""
    return {"path": path, "root": call.url}


def hello(_: Call) -> object:
    """Greet anybody."""
    return Reply("hello", 202, headers={"X-Hello": "yes"})


def refused(problem: Problem, status: int) -> Reply:
    told = {"oops": problem.message, "at": problem.field, "code": status}
    return Reply(told, status, "application/problem+json")


OUTPUTS = "jobs_ext:outputs"
EXAMPLE = Dialect(
    "example",
    refused,
    (
        Route("POST", "jobs", submit, status=201, limit=2000),
        Route("GET", "jobs/{job}", show, short=True),
        Route("GET", "jobs/{job}/files/{path:path}", file, resource=OUTPUTS),
        Route("PUT", "jobs/{job}/files/{path:path}", keep, body="file", resource=OUTPUTS),
        Route("POST", "tools/{tool}", use),
        Route("POST", "form", form, action="read"),
        Route("POST", "large", form, action="read", body="form"),
        Route("GET", "hello", hello, public=True),
    ),
    wrap=lambda _, value: {"good": value},
    schemes=frozenset({"bearer", "token", "basic", "jwt", ""}),
    headers=("X-Key",),
    guests=True,
    home="old/place",
    beside=(Route("GET", "files/{path:path}", where),),
)
