"""Jobs of a project: the seed's own three routes."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from msgspec import Struct

from ...model.errors import InvalidRequest, NotFound
from ...model.filters import Compare
from ...model.job import Job
from ...model.query import JobSearch
from ...model.request import Options, SubmitRequest, Target
from ...model.scheduling import LIGHT_CPU, LIGHT_MEMORY
from ...model.status import FINAL, Status
from ...service import Upload
from ..table import Call, Reply
from . import analyses, datasets, isolates, records
from .access import may_analyse, may_read
from .analyses import GOEBURST, INFERENCE, RADIAL, VISUALIZATION
from .taxonomy import NOTHING
from .wire import PAGE, number, refused

#: Profiles and loci, or links, up to which the answer waits for what a job finds: upstream's own
#: example reads it at once. Such a job is light: it starts though all slots are taken.
_SMALL, _FEW_LOCI = 2000, 100
_ALGORITHMS = {INFERENCE: GOEBURST, VISUALIZATION: RADIAL}
_SHOWN = 100  # characters of an id that is not there
_MOST = 2**31  # what lvs is smaller than
_TABLE = "text/tab-separated-values"
_TASK = "job"  # the record of which analysis a job makes


class JobBody(Struct):
    """Body of a job."""

    analysis: str | None = None  # inference or visualization
    algorithm: str | None = None
    parameters: list[Any] | None = None


def listed(call: Call, project: str) -> object:
    """List the jobs of a project."""
    may_read(call, project)
    search = JobSearch(filter=Compare("project", "=", project), limit=PAGE, order="oldest")
    found = call.service.jobs.window(call.who, search, number(call, "page") * PAGE)
    return [
        {
            "id": job.id,
            "completed": job.status in FINAL,
            "cancelled": job.status is Status.CANCELLED,
        }
        for job in found
    ]


def create(call: Call, project: str) -> object:
    """Accept a job; the answer to a small one waits, a while, until it has ended."""
    call = replace(call, caller=call.who.submitting())
    may_analyse(call, project)
    body = call.json(JobBody)
    first, second = _parameters(body)
    if not isinstance(first, str):
        raise InvalidRequest("The data set is a text.", field="parameters[0]", value=first)
    if body.analysis == INFERENCE:
        return _infer(call, project, first, second)
    if not isinstance(second, str):
        raise InvalidRequest("The inference is a text.", field="parameters[1]", value=second)
    return _visualize(call, project, first, second)


def _parameters(body: JobBody) -> tuple[Any, Any]:
    """Return the two parameters of a job that makes sense; raises `InvalidRequest`."""
    if body.analysis not in _ALGORITHMS:
        known = " or ".join(_ALGORITHMS)
        raise InvalidRequest(f"The analysis is {known}.", field="analysis", value=body.analysis)
    algorithm = _ALGORITHMS[body.analysis]
    if body.algorithm != algorithm:
        message = f"The algorithm of this analysis is {algorithm}."
        raise InvalidRequest(message, field="algorithm", value=body.algorithm)
    given = body.parameters or []
    if len(given) != 2 or None in given:
        raise InvalidRequest(
            "A job has two parameters.",
            field="parameters",
            value=given,
            hint="They are a data set, and lvs (inference) or an inference (visualization).",
        )
    return given[0], given[1]


def delete(call: Call, project: str, job: str) -> object:
    """Cancel a job unless it has ended, and delete it; what it found stays."""
    may_analyse(call, project)
    try:
        found = call.service.jobs.get(call.who, job)
    except NotFound:
        found = None
    if found is None or found.project != project or found.deleted is not None:
        raise refused(f"There is no job {job!r}.", "job", job)
    task = records.find(call, _TASK, project, job)
    if task is not None:
        kind, ids = task.fields["kind"], task.fields["ids"]
        record = records.find(call, kind, *ids)
        if record is not None:
            analyses.result(call, kind, record, *ids)
    call.service.jobs.delete(call.who, job)
    return NOTHING


def _infer(call: Call, project: str, dataset: str, lvs: object) -> Reply:
    if isinstance(lvs, bool) or not isinstance(lvs, int) or not 0 < lvs < _MOST:
        message = f"lvs is a whole number from 1 to {_MOST - 1}."
        raise InvalidRequest(message, field="parameters[1]", value=lvs)
    if not datasets.at_least_two(call, project, dataset):
        message = f"There is no data set {dataset[:_SHOWN]!r} with two profiles or more."
        raise NotFound(message, field="parameters[0]", value=dataset)
    found = [*records.every(call, "profile", project, dataset)]
    loci = [f"locus{number}" for number in range(len(found[0].fields["alleles"]))]
    rows = ([one.id, *(name or "" for name in datasets.names_of(one))] for one in found)
    parts = {"profiles": _table("profiles.tsv", ["ST", *loci], rows)}
    times = isolates.counts(call, project, dataset)
    if times:
        parts["isolates"] = _table("isolates.tsv", ["ST"], ([one] for one in times.elements()))
    small = len(found) <= _SMALL and len(loci) <= _FEW_LOCI
    made = _submit(call, GOEBURST, {"lvs": lvs}, parts, _options(GOEBURST, project, light=small))
    fields = {"algorithm": GOEBURST, "job": made.id, "found": None}
    return _accepted(call, made, INFERENCE, fields, (project, dataset), wait=small)


def _visualize(call: Call, project: str, dataset: str, inference: str) -> Reply:
    ids = (project, dataset, inference)
    record = records.find(call, INFERENCE, *ids)
    links = [] if record is None else analyses.result(call, INFERENCE, record, *ids)
    if not links:
        message = f"There is no inference {inference[:_SHOWN]!r}."
        raise NotFound(message, field="parameters[1]", value=inference)
    text = io.StringIO()
    csv.writer(text).writerows([("source", "target", "distance"), *links])
    parts = {"tree": Upload("tree.csv", "text/csv", text.getvalue().encode())}
    small = len(links) <= _SMALL
    made = _submit(call, RADIAL, {}, parts, _options(RADIAL, project, light=small))
    fields = {"algorithm": RADIAL, "job": made.id, "found": None}
    return _accepted(call, made, VISUALIZATION, fields, ids, wait=small)


def _options(tool: str, project: str, *, light: bool) -> Options:
    cpu, memory = (LIGHT_CPU, LIGHT_MEMORY) if light else (None, None)
    return Options(name=tool, project=project, cpu=cpu, memory=memory)


def _submit(
    call: Call, tool: str, arguments: dict[str, Any], parts: dict[str, Upload], options: Options
) -> Job:
    request = SubmitRequest(Target(tool=tool), arguments, options)
    return call.service.jobs.submit(call.who, request, parts)


def _accepted(
    call: Call,
    made: Job,
    kind: str,
    fields: dict[str, Any],
    inside: Sequence[str],
    *,
    wait: bool,
) -> Reply:
    """Keep what will be found, and return the answer."""
    ids = (*inside, str(uuid.uuid4()))
    records.save(call, kind, fields, *ids)
    records.save(call, _TASK, {"kind": kind, "ids": ids}, inside[0], made.id)
    told = {"job_id": made.id, "analysis_id": ids[-1]}
    return Reply(told, 202, once=_ended(call, made.id) if wait else None)


def _ended(call: Call, job: str) -> Callable[[], bool]:
    def has_ended() -> bool:
        return call.service.jobs.get(call.who, job).status in FINAL

    return has_ended


def _table(name: str, header: list[str], rows: Iterable[list[str]]) -> Upload:
    lines = ["\t".join(row) for row in [header, *rows]]
    return Upload(name, _TABLE, ("\n".join(lines) + "\n").encode())
