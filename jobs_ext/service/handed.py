"""Files that jobs of nodes read, for the node that holds the job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ..model import media
from ..model.clock import now
from ..model.errors import Conflict, NotFound
from ..model.job import Job, Output
from ..store import jobs as job_rows
from ..store import nodes as node_rows
from ..store import queue as queue_rows
from ..store.contents import Spec
from .core import Core
from .files import is_file, is_unchanged, whole_path
from .inputs import Arguments, file_name, with_files
from .principal import Principal
from .references import MAIN, OUTPUT, PART
from .working import Hold, hold_of


class Handed:
    """Gives nodes what the jobs that they hold read."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._store = core.store

    def find(self, who: Principal, job_id: str, number: int, hold: Hold) -> Output:
        """Return a file of a job that a node holds, by its number in the assignment.

        Raises `NotFound` for one that is not there, and `Conflict` when the job is not the node's
        or the file was edited since the job was submitted.
        """
        with self._store.write(poke=()) as tx:
            hold_of(tx, who, hold, job_id)
            node_rows.note_life(tx, hold.node, now())
            row = job_rows.by_ids(tx, [job_id])[job_id]
            spec = self._core.specs.load(tx, [row.spec])[row.spec]
            found: list[tuple[str, Any]] = []
            with_files(row, spec, lambda name, value: found.append((name, value)))
            if not 0 <= number < len(found):
                raise NotFound(
                    f"The job has no file {number}.",
                    field="number",
                    value=number,
                    hint="The assignment lists them, from 0 on.",
                )
            name, value = found[number]
            path = self._place(tx, spec, value)
        return _checked(name, file_name(value), path, spec, first=hold.attempt == 1)

    def marked(
        self, jobs: Sequence[Job], mark: Callable[[Job, int, str], Any]
    ) -> dict[str, Arguments]:
        """Return, by id, the arguments of jobs with what `mark` makes of each file.

        It is told the number of the file, and what it is called.
        """
        told: dict[str, Arguments] = {}
        with self._store.read() as connection:
            rows = job_rows.by_ids(connection, [job.id for job in jobs])
            specs = self._core.specs.load(connection, {row.spec for row in rows.values()})
        for job in jobs:
            if job.id in rows:
                row = rows[job.id]
                told[job.id] = with_files(row, specs[row.spec], _Counted(job, mark))
        return told

    def _place(self, connection: Connection, spec: Spec, value: Any) -> Path | None:
        """Return where a file lies; None for an output that is there no more."""
        if not isinstance(value, dict):
            return whole_path(value, spec.base)
        if OUTPUT not in value:
            return self._store.paths.parts(spec.parts[value[PART]])
        wanted = (value[OUTPUT]["job"], value[OUTPUT].get("name", MAIN))
        path = queue_rows.output_paths(connection, [wanted]).get("/".join(wanted))
        return None if path is None else Path(path)


class _Counted:
    """Marks files by their numbers."""

    def __init__(self, job: Job, mark: Callable[[Job, int, str], Any]) -> None:
        self._job = job
        self._mark = mark
        self._number = -1

    def __call__(self, _argument: str, value: Any) -> Any:
        self._number += 1
        return self._mark(self._job, self._number, file_name(value))


def _checked(argument: str, name: str, path: Path | None, spec: Spec, *, first: bool) -> Output:
    """Return what is sent; a later try takes the file as it is, since who wants it knows that."""
    if path is None or not is_file(path):
        told = f"The file of {argument}, {name}, is there no more."
        raise NotFound(told, field=f"arguments.{argument}", value=name)
    before = spec.inputs.get(str(path)) if first else None
    if before is not None and not is_unchanged(path, before):
        raise Conflict(
            f"The file of {argument}, {name}, was changed since the job was submitted.",
            field=f"arguments.{argument}",
            value=name,
            hint="Finish the job as failed: whoever wants it may submit it again.",
        )
    return Output(name, media.guess(name), path.stat().st_size, path=str(path))
