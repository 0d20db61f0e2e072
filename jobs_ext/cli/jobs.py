"""Verbs on jobs and batches that are there: look, stop, hold, hide."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import msgspec

from jobs_ext.client.batch import Batch
from jobs_ext.client.client import Client
from jobs_ext.client.errors import InvalidRequest, NotFound
from jobs_ext.client.job import Job
from jobs_ext.model import job as model
from jobs_ext.model.quantities import show_bytes, show_duration
from jobs_ext.model.query import JobQuery
from jobs_ext.model.view import show_value

from .call import Call, Verb
from .exits import Exit
from .printing import moment
from .structs import add_options, given


def list_(call: Call) -> Exit:
    """List jobs, the newest first."""
    filters = given(call.said, JobQuery)
    filters["status"] = [word.upper() for word in filters.get("status", [])]
    found = call.client.snapshots(**filters)
    if call.out.as_json:
        call.out.json(found)
    else:
        call.out.table(("id", "status", "created", "duration", "name", "reason"), map(_row, found))
    return Exit.OK


def _row(job: model.Job) -> tuple[Any, ...]:
    last = _duration(job.attempts)
    return job.id, str(job.status), moment(job.created), last, job.name, job.reason


def _duration(attempts: list[model.Attempt]) -> str:
    seconds = attempts[-1].duration if attempts else None
    return "" if seconds is None else show_duration(seconds)


def batches(call: Call) -> Exit:
    """List batches, the newest first."""
    found = call.client.batches(call.said.limit, call.said.filter)
    if call.out.as_json:
        call.out.json(found)
        return Exit.OK
    call.out.table(
        ("id", "created", "jobs", "counts", "name"),
        ((b.id, moment(b.created), b.n_jobs, _counts(b), b.name) for b in found),
    )
    return Exit.OK


def _counts(batch: model.Batch) -> str:
    return ", ".join(f"{n} {status}" for status, n in batch.counts.items() if n)


def about(call: Call) -> Exit:
    """Say which server this is, and what one may have there."""
    found = call.client.about()
    if call.out.as_json:
        call.out.json(found)
        return Exit.OK
    names = ("server", "version", "owner", "ends_with")
    kept = {"address": call.client.connection.address.url} | {
        name: found[name] for name in names if found[name]
    }
    limits = {name: limit for name, limit in found["policy"].items() if limit is not None}
    slots = found["slots"] | {"memory": show_bytes(found["slots"]["memory"])}
    call.out.fields(kept | slots | limits | {"stored": show_bytes(found["stored"])})
    return Exit.OK


def queues(call: Call) -> Exit:
    """List the queues of the server."""
    found = call.client.queues()
    if call.out.as_json:
        call.out.json(found)
    else:
        names = ("name", "running", "max_running", "description")
        call.out.table(names, ([queue.get(name) for name in names] for queue in found))
    return Exit.OK


def retention(call: Call) -> Exit:
    """Say how long jobs are kept, and which would go into the trash now."""
    found = call.client.retention()
    if call.out.as_json:
        call.out.json(found)
        return Exit.OK
    rules = msgspec.to_builtins(found.rules)
    call.out.fields({name: rule for name, rule in rules.items() if rule})
    for id_ in (*found.jobs, *found.batches):
        call.out.line(id_)
    if found.more:
        call.out.line("and others")
    return Exit.OK


def show(call: Call) -> Exit:
    """Show a job or batch."""
    found = call.handle(call.said.id)
    told: Any = found.refresh()
    if call.out.as_json:
        call.out.json(told)
    elif isinstance(found, Batch):
        call.out.fields(_of_batch(told))
    else:
        call.out.fields(_of_job(told))
    return Exit.OK


def _of_batch(batch: model.Batch) -> dict[str, Any]:
    return {
        "id": batch.id,
        "name": batch.name,
        "target": f"{batch.target.kind} {batch.target.name}",
        "jobs": batch.n_jobs,
        "counts": _counts(batch),
        "created": moment(batch.created),
        "varied": ", ".join(batch.parameters),
    }


def _of_job(job: model.Job) -> dict[str, Any]:
    last = job.attempts[-1] if job.attempts else None
    memory = last.peak_memory if last else None
    return {
        "id": job.id,
        "name": job.name,
        "target": f"{job.target.kind} {job.target.name}",
        "status": str(job.status),
        "reason": job.reason,
        "stage": job.stage,
        "progress": _progress(job.progress),
        **{f"step {s.name}": _step(s) for s in job.steps},
        "arguments": ", ".join(f"{n}={show_value(v, 40)}" for n, v in job.arguments.items()),
        "batch": job.batch,
        "owner": job.owner,
        "created": moment(job.created),
        "started": moment(job.started),
        "stopped": moment(job.stopped),
        "attempt": last.number if last else None,
        "exit code": last.exit_code if last else None,
        "duration": _duration(job.attempts),
        "memory": show_bytes(memory) if memory else None,
        "outputs": ", ".join(f"{o.name} ({show_bytes(o.size)})" for o in job.outputs),
    }


def _progress(progress: model.Progress | None) -> str:
    if progress is None:
        return ""
    part = "" if progress.fraction is None else f"{progress.fraction:.0%} "
    return f"{part}{progress.message}".strip()


def _step(step: model.Step) -> str:
    return f"{step.status}: {step.reason}" if step.reason else str(step.status)


def history(call: Call) -> Exit:
    """Show what happened to a job, in order."""
    events = call.job(call.said.id).history()
    if call.out.as_json:
        call.out.json(events)
    else:
        call.out.table(
            ("seq", "time", "event", "data"),
            ((e.seq, moment(e.time), e.type, e.data or None) for e in events),
        )
    return Exit.OK


def provenance(call: Call) -> Exit:
    """Say where a job came from."""
    job = call.job(call.said.id)
    found = job.client.provenance(job.id)
    if call.out.as_json:
        call.out.json(found)
        return Exit.OK
    told = msgspec.to_builtins(found)
    told["packages"] = f"{len(found.packages)} of them: see --json" if found.packages else None
    told["inputs"] = [one.name for one in found.inputs]
    call.out.fields(told)
    return Exit.OK


def _each(act: Callable[[Any], object]) -> Callable[[Call], Exit]:
    """Return a verb that does `act` to every job and batch named, and says their states."""

    def run(call: Call) -> Exit:
        found = call.handles()
        for one in found:
            act(one)
        call.out.done([{"id": one.id, "kind": one.kind} for one in found])
        return Exit.OK

    return run


def _only_jobs(act: Callable[[Job], object], verb: str) -> Callable[[Call], Exit]:
    """Return the same for what only jobs can do."""

    def one(handle: Job | Batch) -> None:
        if isinstance(handle, Batch):
            raise InvalidRequest(f"A batch can't be {verb}.", field="id", value=handle.id)
        act(handle)

    return _each(one)


def _from_trash(act: Callable[[Client, str, str], None]) -> Callable[[Call], Exit]:
    """Return a verb on what can't be looked at any more: its kind is found by trying."""

    def one(client: Client, id_: str) -> str:
        try:
            act(client, "job", id_)
        except NotFound as error:
            try:
                act(client, "batch", id_)
            except NotFound:
                raise error from None
            return "batch"
        return "job"

    def run(call: Call) -> Exit:
        kinds = {id_: one(call.client, id_) for id_ in call.said.ids}
        call.out.done([{"id": id_, "kind": kind} for id_, kind in kinds.items()])
        return Exit.OK

    return run


def prioritize(call: Call) -> Exit:
    """Give jobs that wait another priority."""
    return _each(lambda handle: handle.prioritize(call.said.priority))(call)


def _ids(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help="jobs or batches; last: the newest")


def _jobs_only(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help="jobs; last: the newest")


def _one(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="a job or batch; last: the newest job")


def _add_list(parser: argparse.ArgumentParser) -> None:
    add_options(parser, JobQuery, ("ids",))


def _add_batches(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=int, default=100, help="1 to 500; default 100")
    parser.add_argument("--filter", help='an expression: n_jobs > 100 and name like "sweep%%"')


def _add_prioritize(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("priority", type=int, help="larger runs earlier")
    _ids(parser)


VERBS = [
    Verb("list", "List jobs, the newest first.", list_, _add_list),
    Verb("show", "Show a job or batch.", show, _one),
    Verb("history", "Show what happened to a job.", history, _one),
    Verb("provenance", "Say where a job came from.", provenance, _one),
    Verb("batches", "List batches.", batches, _add_batches),
    Verb("about", "Say which server this is, and what one may have there.", about),
    Verb("queues", "List the queues of the server.", queues),
    Verb("retention", "Say how long jobs are kept, and which would go now.", retention),
    Verb("cancel", "Cancel jobs or batches.", _each(lambda one: one.cancel()), _ids),
    Verb("reset", "Let what failed run once more.", _each(lambda one: one.reset()), _ids),
    Verb(
        "abort",
        "Take jobs from their nodes: they wait for others.",
        _only_jobs(Job.abort, "aborted"),
        _jobs_only,
    ),
    Verb("hold", "Let jobs that wait go on waiting.", _only_jobs(Job.hold, "held"), _jobs_only),
    Verb("release", "Let jobs go that are held.", _each(lambda one: one.release()), _ids),
    Verb("prioritize", "Give jobs that wait another priority.", prioritize, _add_prioritize),
    Verb("reinstate", "Take deleted ones back.", _from_trash(Client.reinstate), _ids),
    Verb("purge", "Remove deleted ones for good.", _from_trash(Client.purge), _ids),
    Verb("delete", "Hide jobs or batches, cancelling them.", _each(lambda one: one.delete()), _ids),
]
