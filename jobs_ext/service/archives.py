"""Archives: copies of what jobs left, in folders that Jupyter's file browser shows."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from ..model.archive import Archive, ArchivePlace
from ..model.clock import now
from ..model.errors import Conflict, NotFound
from ..model.grant import Right
from ..model.job import Output
from ..model.status import FINAL
from ..model.tool import Tool
from ..store import archives as rows
from ..store import jobs as job_rows
from ..store.archives import ArchiveRow
from ..store.changes import Changes
from .archiving import ArchiveFailed, archive_files, check_folder, filled, named
from .core import Core
from .outputs import Outputs
from .principal import Principal


class Archives:
    """Takes wishes of people, and carries them out for the runner.

    What the option ``archive`` of a job asks for, the runner does before the job has ended.
    """

    def __init__(self, core: Core, outputs: Outputs) -> None:
        self._core = core
        self._store = core.store
        self._outputs = outputs

    def ask(self, who: Principal, job_id: str, folder: str) -> Archive:
        """Have the outputs of a job that has ended copied into a folder below the server's root.

        The runner does it, a moment later; what was asked for before is replaced. `Conflict`
        when the job has not ended or left nothing.
        """
        who.require("submit", "run")
        house = self._core.house
        check_folder(folder, house.root, house.reserved, "folder")
        with self._store.write() as tx:
            row = self._core.job_row(tx, who, job_id, Right.WRITE)
            if row.status not in FINAL:
                raise Conflict(
                    f"The job is still {row.status}.",
                    field="id",
                    value=job_id,
                    hint="Wait for its end, or submit it with the option archive.",
                )
            if not job_rows.outputs(tx, job_rows.attempts(tx, [row])):
                raise Conflict("The job has no outputs to archive.", field="id", value=job_id)
            place = filled(folder, row.id, row.batch_index)
            wish = {"job_pk": row.pk, "root": house.root, "folder": place, "asked": now()}
            rows.put(tx, wish | {"status": "waiting"})
            changes = Changes(tx)
            changes.note(row, "archive_requested", data={"folder": place})
            changes.flush()
            return _known(tx, row.pk, job_id)

    def get(self, who: Principal, job_id: str) -> Archive:
        """Return what was last asked for; `NotFound` when nothing was."""
        who.require("read")
        with self._store.read() as connection:
            row = self._core.job_row(connection, who, job_id)
            return _known(connection, row.pk, job_id)

    def step(self) -> bool:
        """Carry out the wish that waits longest; tell whether there was one. For the runner."""
        with self._store.read() as connection:
            wish = rows.next_waiting(connection)
        if wish is None:
            return False
        try:
            found = self._outputs.find_all(Principal.all(wish.owner), wish.id)
            placed = self._copied(wish, found)
        except (ArchiveFailed, NotFound) as error:
            self._end(wish, "failed", str(error), [])
        else:
            self._end(wish, "done", None, placed)
        return True

    def _copied(self, wish: ArchiveRow, found: list[Output]) -> list[tuple[str, str]]:
        """Copy outputs; return their paths before and after."""
        names = named((output.name for output in found), self._tool(wish.id))
        files = {names[output.name]: Path(output.path or "") for output in found}
        place = ArchivePlace(wish.root, wish.folder)
        own = [self._store.paths.given(wish.id)]
        placed = archive_files(place, files, own, wish.id)
        return [(str(path), str(placed[name])) for name, path in files.items()]

    def _tool(self, job_id: str) -> Tool | None:
        """Return the tool of a job, as it was at its submit."""
        with self._store.read() as connection:
            row = job_rows.by_id(connection, job_id)
            return None if row is None else self._core.specs.tool(connection, row.spec)

    def _end(
        self, wish: ArchiveRow, status: str, reason: str | None, placed: list[tuple[str, str]]
    ) -> None:
        with self._store.write(poke=("servers",)) as tx:
            row = job_rows.by_id(tx, wish.id)
            if row is None or not rows.end(tx, wish, status, reason):
                return  # it was purged meanwhile, or another folder was asked for
            for old, new in placed:
                rows.move_output(tx, row.pk, old, new, wish.root)
            changes = Changes(tx)
            data = {"folder": wish.folder} | ({"reason": reason} if reason else {})
            changes.note(row, "archived" if reason is None else "archive_failed", data=data)
            changes.flush()


def _known(connection: Connection, job_pk: int, job_id: str) -> Archive:
    found = rows.of_job(connection, job_pk)
    if found is None:
        hint = 'Ask for it: POST {"folder": "results"} here, or job.archive("results").'
        raise NotFound(
            "The outputs of this job were not archived.", field="id", value=job_id, hint=hint
        )
    return found
