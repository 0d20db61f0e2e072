"""What became of attempts: from what the runner tells to the state of the job."""

from __future__ import annotations

import os
import time
from typing import Any

import msgspec
from msgspec.structs import asdict
from sqlalchemy import Connection

from ..model.events import EventType
from ..model.reasons import LOST, ReasonCode
from ..model.status import FINAL, Stage, Status
from ..model.work import (
    Aborted,
    Change,
    Ended,
    NodeStarted,
    Progressed,
    Reached,
    Released,
    Started,
)
from ..store import archives
from ..store import logs as log_rows
from ..store import queue as rows
from ..store.changes import Changes
from ..store.contents import SpecCache
from ..store.jobs import JobRow
from .moves import finish

LONGEST_BACK_OFF = 60.0  # seconds
_LOST_TRIES = 3  # attempts that may be lost before on_lost="retry" gives up


class Outcomes:
    """The changes of one `apply`, in the order they happened."""

    def __init__(self, tx: Connection, specs: SpecCache, told: list[Change]) -> None:
        self._tx = tx
        self._told = told
        self._specs = specs
        self._jobs = rows.with_latest_attempts(tx, {change.job for change in told})
        self._changes = Changes(tx)
        self._attempts = rows.attempt_updates()
        self._outputs: list[dict[str, Any]] = []
        self._logs: list[dict[str, Any]] = []

    def write(self) -> None:
        """Write all of them."""
        for change in self._told:
            row = self._jobs.get(change.job)
            if row is not None and row.number == change.attempt and self._is_open(row):
                self._take(row, change)
        self._attempts.write(self._tx)
        rows.add_outputs(self._tx, self._outputs)
        log_rows.add(self._tx, self._logs)
        self._changes.flush()

    def _is_open(self, row: JobRow) -> bool:
        """Tell whether the latest attempt has not ended."""
        status = self._attempts.get(row.pk, row.number).get("status", row.attempt_status)
        return status not in FINAL

    def _take(self, row: JobRow, change: Change) -> None:
        match change:
            case Started() | NodeStarted():
                self._started(row, change)
            case Progressed():
                text = msgspec.json.encode(change.progress).decode()
                data = msgspec.to_builtins(change.progress)
                self._changes.note(row, "progress", data=data, progress=text)
            case Reached():
                self._reached(row, change)
            case Released():
                self._released(row)
            case Aborted():
                self._aborted(row, change)
            case Ended():
                self._ended(row, change)

    def _started(self, row: JobRow, change: Started | NodeStarted) -> None:
        if self._changes.status(row) is not Status.STARTING:
            return
        facts = asdict(change)
        for name in ("job", "attempt", "time"):
            del facts[name]
        self._run(row, change.time, start=change.time, **facts)

    def _run(self, row: JobRow, started: str, **facts: Any) -> None:
        """Move a job to RUNNING, and note these facts of its attempt."""
        data = {"attempt": row.number}
        columns = {"stage": str(Stage.RUNNING), "started": started, "stopped": None}
        self._changes.move(row, Status.RUNNING, time=started, data=data, **columns)
        self._note_attempt(row, status=str(Status.RUNNING), **facts)

    def _reached(self, row: JobRow, change: Reached) -> None:
        if self._changes.status(row) is Status.STARTING:
            self._run(row, change.time)  # it was too quick for its start to be told
        stage = str(change.stage)
        data = {"stage": stage, "attempt": change.attempt}
        self._changes.note(row, "stage", time=change.time, data=data, stage=stage)

    def _released(self, row: JobRow) -> None:
        if self._changes.status(row) is not Status.STARTING:
            return
        del self._jobs[row.id]
        self._attempts.forget(row.pk, row.number)
        rows.drop_attempt(self._tx, row.pk, row.number)
        if row.cancel_requested:
            why = "cancelled by the user"
            finish(self._changes, row, Status.CANCELLED, ReasonCode.CANCELLED, why)
        else:
            self._changes.move(row, Status.RUNNABLE, stage=None, node=None)

    def _aborted(self, row: JobRow, change: Aborted) -> None:
        why = {"reason_code": ReasonCode.ABORTED, "reason": "taken from its node"}
        self._note_attempt(row, status=str(Status.CANCELLED), stop=change.time, **why)
        if row.cancel_requested:
            told = "cancelled by the user"
            finish(self._changes, row, Status.CANCELLED, ReasonCode.CANCELLED, told)
            return
        anew = {"stage": None, "started": None, "progress": None, "node": None}
        self._changes.move(row, Status.RUNNABLE, time=change.time, data=why, **anew)

    def _ended(self, row: JobRow, change: Ended) -> None:
        ran = change.exit_code is not None or change.signal is not None
        if self._changes.status(row) is Status.STARTING and (
            ran or change.status is Status.SUCCEEDED
        ):
            self._run(row, change.time)  # it was too quick for its start to be told
        why = {"reason_code": change.reason_code, "reason": change.reason}
        self._note_attempt(
            row,
            status=str(change.status),
            stop=change.time,
            exit_code=change.exit_code,
            signal=change.signal,
            peak_memory=change.peak_memory,
            cpu_seconds=change.cpu_seconds,
            duration=change.duration,
            log_tail=change.log_tail,
            **why,
        )
        self._keep_outputs(row, change)
        self._keep_archive(row, change)
        if change.logs is not None and any(change.logs.values()):
            self._logs.append(change.logs | {"job_pk": row.pk, "attempt": change.attempt})
        if change.status is Status.FAILED and self._tries_again(row, change):
            self._retry(row, why)
            return
        columns = why | {"stage": None, "stopped": change.time, "not_before": None}
        if change.reason_code == ReasonCode.LEASE_EXPIRED:
            columns["node"] = None
        data = why | {"attempt": change.attempt, "exit_code": change.exit_code}
        self._changes.move(row, change.status, time=change.time, data=data, **columns)

    def _tries_again(self, row: JobRow, change: Ended) -> bool:
        """Tell whether a failed attempt is followed by another.

        A lost attempt may have done its work, so that only ``on_lost`` decides about it.
        """
        if row.cancel_requested or row.deleted:
            return False
        options = self._specs.load(self._tx, [row.spec])[row.spec].options
        if change.reason_code == ReasonCode.ARCHIVE_FAILED:
            return False  # its program did what it had to do
        lost = rows.lost_attempts(self._tx, row.pk)
        if change.reason_code in LOST:
            return options.on_lost == "retry" and lost + 1 < _LOST_TRIES
        return change.attempt - lost <= options.retries

    def _retry(self, row: JobRow, why: dict[str, Any]) -> None:
        wait = min(LONGEST_BACK_OFF, 2.0 ** (row.number - 1))
        running = self._changes.status(row) is Status.RUNNING
        status = Status.PENDING if running else Status.RUNNABLE
        self._changes.move(
            row,
            status,
            data=why | {"attempt": row.number},
            stage=None,
            node=None,
            not_before=time.time() + wait,
        )

    def _keep_outputs(self, row: JobRow, change: Ended) -> None:
        found = [
            asdict(output)
            | {"job_pk": row.pk, "attempt": change.attempt, "path": _whole(output.path)}
            for output in change.outputs
        ]
        if found:
            names = [output["name"] for output in found]
            self._outputs += found
            self._changes.note(row, "outputs", time=change.time, data={"names": names})

    def _keep_archive(self, row: JobRow, change: Ended) -> None:
        if change.archive is None:
            return
        failed = change.reason_code == ReasonCode.ARCHIVE_FAILED
        facts = msgspec.structs.asdict(change.archive) | {"job_pk": row.pk, "asked": change.time}
        status, reason = ("failed", change.reason) if failed else ("done", None)
        archives.put(self._tx, facts | {"status": status, "reason": reason})
        data = {"folder": change.archive.folder} | ({"reason": reason} if failed else {})
        kind: EventType = "archive_failed" if failed else "archived"
        self._changes.note(row, kind, time=change.time, data=data)

    def _note_attempt(self, row: JobRow, **columns: Any) -> None:
        self._attempts.set(row.pk, row.number, **columns)


def _whole(path: str) -> str:
    """Return an absolute path without "..", links left as they are."""
    return os.path.abspath(path)  # noqa: PTH100 - `resolve` would follow links
