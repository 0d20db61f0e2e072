"""What analyses found: inferences, which are trees of profiles, and visualizations of them.

The record of one names its job, until what the job found is kept in a record beside it: so it stays
when the job is deleted, and lists of analyses read none of it.
"""

from __future__ import annotations

import csv
import math
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...model.errors import Conflict, InvalidRequest, NotFound, TooLarge
from ...model.status import Status
from ..table import Call, Reply
from . import files, records, trees
from .access import may_analyse, may_read
from .records import Record
from .taxonomy import NOTHING
from .wire import NUMBER, refused

INFERENCE, VISUALIZATION = "inference", "visualization"
GOEBURST, RADIAL = "goeburst", "radial"
_OUTPUT = {INFERENCE: "links", VISUALIZATION: "coordinates"}  # of the job
_FOUND = " found"  # what the kinds of records of what analyses found end with
_COLUMNS = {  # of that output
    INFERENCE: ["source", "target", "distance"],
    VISUALIZATION: ["profile", "component", "x", "y"],
}
_LARGEST = 2**26  # bytes of an output that is read into memory
_ROWS = 1000  # of what was found, in one record


def inferences(call: Call, project: str, dataset: str) -> object:
    """List the inferences of a data set."""
    may_read(call, project)
    return _listed(call, INFERENCE, project, dataset)


def inference(call: Call, project: str, dataset: str, inference: str) -> object:
    """Show an inference, its tree in Newick or Nexus."""
    may_read(call, project)
    form = call.first("format", "newick")
    if form not in trees.FORMATS:
        message = f"format is one of {', '.join(trees.FORMATS)}."
        raise InvalidRequest(message, field="format", value=form)
    record, links = _shown(call, INFERENCE, project, dataset, inference)
    return _facts(record, project_id=project, dataset_id=dataset) | {
        "tree": trees.write([(one, other, d) for one, other, d in links], form)
    }


def upload(call: Call, project: str, dataset: str) -> object:
    """Take an inference that was made elsewhere: a tree of the data set's profiles."""
    may_analyse(call, project)
    fields, _ = call.form
    algorithm, form = (
        next(iter(fields.get(name, [])), call.first(name)) for name in ("algorithm", "format")
    )
    lines = files.uploaded(call)
    records.require(call, "dataset", project, dataset)
    if algorithm != GOEBURST or form not in trees.FORMATS:
        message = f"algorithm is {GOEBURST}, format one of {', '.join(trees.FORMATS)}."
        raise refused(message, "algorithm", algorithm)
    try:
        links = trees.directed(trees.read(lines, form))
    except trees.BadTree:
        raise refused(f"The file holds no tree in {form} form.", "file") from None
    named = {end for link in links for end in link[:2]}
    missing = sorted(named - records.some(call, "profile", named, project, dataset).keys())
    if missing:
        raise refused("The tree has profiles that the data set has not.", "file", missing[:10])
    made = str(uuid.uuid4())
    _keep(call, INFERENCE, links, project, dataset, made)
    kept = {"algorithm": algorithm, "job": None, "found": len(links)}
    records.save(call, INFERENCE, kept, project, dataset, made)
    return Reply({"id": made}, 201)


def delete_inference(call: Call, project: str, dataset: str, inference: str) -> object:
    """Delete an inference with its visualizations."""
    may_analyse(call, project)
    records.deprecate(call, INFERENCE, project, dataset, inference)
    for one in [*records.every(call, VISUALIZATION, project, dataset, inference)]:
        records.deprecate(call, VISUALIZATION, project, dataset, inference, one.id)
    return NOTHING


def visualizations(call: Call, project: str, dataset: str, inference: str) -> object:
    """List the visualizations of an inference."""
    may_read(call, project)
    return _listed(call, VISUALIZATION, project, dataset, inference)


def visualization(
    call: Call, project: str, dataset: str, inference: str, visualization: str
) -> object:
    """Show a visualization: the place of each profile."""
    may_read(call, project)
    ids = (project, dataset, inference, visualization)
    record, places = _shown(call, VISUALIZATION, *ids)
    names = ("profile_id", "component", "x", "y")
    parents = {"project_id": project, "dataset_id": dataset, "inference_id": inference}
    return _facts(record, **parents) | {
        "coordinates": [dict(zip(names, place, strict=True)) for place in places]
    }


def delete_visualization(
    call: Call, project: str, dataset: str, inference: str, visualization: str
) -> object:
    """Delete a visualization."""
    may_analyse(call, project)
    records.deprecate(call, VISUALIZATION, project, dataset, inference, visualization)
    return NOTHING


def result(call: Call, kind: str, record: Record, *ids: str) -> list[list[Any]]:
    """Return what an analysis found, nothing while its job goes on or if it failed.

    What is not kept yet is kept now, if the caller may do such a thing.
    """
    if record.fields["found"] is not None:
        kept = records.every(call, kind + _FOUND, *ids)
        return [row for one in kept for row in one.fields["rows"]]
    found = _of_job(call, kind, record.fields["job"])
    if found is not None and not call.who.verbs.isdisjoint(("submit", "run")):
        try:
            _keep(call, kind, found, *ids)
            records.amend(call, kind, record, {"found": len(found)}, *ids)
        except (Conflict, TooLarge):  # somebody else did; or it stays with its job
            return found
    return found or []


def _keep(call: Call, kind: str, found: Sequence[Sequence[Any]], *ids: str) -> None:
    starts = range(0, len(found), _ROWS)
    some = {str(number): {"rows": found[at : at + _ROWS]} for number, at in enumerate(starts)}
    records.save_all(call, kind + _FOUND, some, *ids)


def _of_job(call: Call, kind: str, job_id: str) -> list[list[Any]] | None:
    """Return what a job found; None unless it has succeeded."""
    try:
        job = call.service.jobs.get(call.who, job_id)
        if job.status is not Status.SUCCEEDED:
            return None
        output = call.service.outputs.find(call.who, job_id, _OUTPUT[kind])
    except NotFound:
        return None
    assert output.path is not None  # of a file that is there
    if output.size > _LARGEST:
        return None
    try:
        return _read(kind, Path(output.path))
    except (OSError, ValueError, csv.Error):  # whoever may change the job may replace its outputs
        return None


def _read(kind: str, path: Path) -> list[list[Any]]:
    """Return what a table of links or of coordinates says; ValueError if it is no such table."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    if header != _COLUMNS[kind]:
        raise ValueError(header)
    if kind == INFERENCE:
        links = trees.directed((one, other, _whole(apart)) for one, other, apart in rows)
        return [list(link) for link in links]
    return [[profile, _whole(n), _finite(x), _finite(y)] for profile, n, x, y in rows]


def _whole(text: str) -> int:
    if not 0 <= (value := int(text)) < NUMBER:
        raise ValueError(text)
    return value


def _finite(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError(text)
    return value


def _listed(call: Call, kind: str, *inside: str) -> list[dict[str, str]]:
    found = records.page(call, kind, *inside)
    return [{"id": one.id} for one in found if _has_found(call, kind, one, *inside, one.id)]


def _has_found(call: Call, kind: str, record: Record, *ids: str) -> bool:
    known: int | None = record.fields["found"]
    return bool(result(call, kind, record, *ids) if known is None else known)


def _shown(call: Call, kind: str, *ids: str) -> tuple[Record, list[list[Any]]]:
    record = records.get(call, kind, *ids)
    found = result(call, kind, record, *ids)
    if not found:
        message = f"There is no {kind} {ids[-1]!r}."
        raise NotFound(message, field=kind, value=ids[-1], hint=_why_not(call, record))
    return record, found


def _why_not(call: Call, record: Record) -> str:
    """Say why there is nothing to show of an analysis."""
    try:
        job = call.service.jobs.get(call.who, record.fields["job"])
    except NotFound:
        return "Its job was deleted."
    match job.status:
        case Status.SUCCEEDED:
            return f"Its job found nothing, or more than the {_LARGEST:,} bytes that are shown."
        case Status.FAILED:
            return f"Its job failed: {job.reason}."
        case Status.CANCELLED:
            return "Its job was cancelled."
    return "Its job goes on: ask again."


def _facts(record: Record, **parents: str) -> dict[str, object]:
    algorithm = record.fields["algorithm"]
    return {**parents, "id": record.id, "deprecated": record.deprecated, "algorithm": algorithm}
