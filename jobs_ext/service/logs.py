"""Logs by byte offset, also while the job writes them."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from ..model.errors import InvalidRequest, NotFound
from ..model.job import Attempt, Job, LogChunk
from ..store import jobs as job_rows
from ..store import logs as log_rows
from ..store.faults import mapped_faults
from .core import Core
from .files import is_file, open_regular
from .hints import did_you_mean
from .principal import Principal

_STREAMS = ("stdout", "stderr")
_LARGEST_CHUNK = 1 << 20
_LONGEST_CHARACTER = 4  # bytes of UTF-8


class Logs:
    """What attempts wrote to their standard output and error."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def read(
        self,
        who: Principal,
        job_id: str,
        stream: str = "stdout",
        attempt: int | None = None,
        offset: int = 0,
        limit: int = 65536,
    ) -> LogChunk:
        """Return up to `limit` bytes from `offset`; a negative one counts from the end.

        A chunk never ends inside a character, so that chunks can be joined. Without `attempt`
        it is the latest; before the first there is an empty log of attempt 0.
        """
        who.require("read")
        _check(stream, limit)
        with self._core.store.read() as connection:
            row = self._core.job_row(connection, who, job_id)
            job = self._core.present(connection, [row])[0]
            chosen = _choose(job, attempt)
            if chosen is None:
                return LogChunk(stream, 0, 0, 0, 0, "", job.status.final)
            kept = log_rows.find(connection, row.pk, chosen.number, stream)
        ended = chosen.status.final
        path = getattr(self._core.store.paths.attempt(job.id, chosen.number), stream)
        with mapped_faults(self._core.store.paths.root):
            if kept is None:
                start, size, data = _from_file(path, offset, limit, ended=ended)
            else:
                start, size, data = _piece(BytesIO(kept), offset, limit)
        data = data if ended and start + len(data) == size else _whole_characters(data)
        return LogChunk(
            stream=stream,
            attempt=chosen.number,
            offset=start,
            next=start + len(data),
            size=size,
            text=data.decode(errors="replace"),
            final=ended and start + len(data) == size,
        )

    def whole(self, who: Principal, job_id: str, stream: str = "stdout") -> bytes | Path:
        """Return a log of the latest attempt as it is now: its bytes, or the file that has them.

        Raises `NotFound` before the first attempt has begun to write.
        """
        who.require("read")
        _check(stream, _LARGEST_CHUNK)
        with self._core.store.read() as connection:
            row = self._core.job_row(connection, who, job_id)
            tries = job_rows.attempts(connection, [row]).get(row.pk, [])
            number = tries[-1].number if tries else 0
            kept = log_rows.find(connection, row.pk, number, stream)
        path: Path = getattr(self._core.store.paths.attempt(job_id, number), stream)
        if kept is None and not is_file(path):
            raise NotFound(f"The job has written no {stream} yet.", field="stream", value=stream)
        return path if kept is None else kept


def _check(stream: str, limit: int) -> None:
    if stream not in _STREAMS:
        raise InvalidRequest(
            f"There is no stream {stream!r}.",
            field="stream",
            value=stream,
            hint=did_you_mean(stream, _STREAMS),
        )
    if not _LONGEST_CHARACTER <= limit <= _LARGEST_CHUNK:
        raise InvalidRequest(
            f"limit can't be {limit}.",
            field="limit",
            value=limit,
            hint=f"Give {_LONGEST_CHARACTER} to {_LARGEST_CHUNK} bytes.",
        )


def _choose(job: Job, number: int | None) -> Attempt | None:
    if number is None:
        return job.attempts[-1] if job.attempts else None
    for attempt in job.attempts:
        if attempt.number == number:
            return attempt
    raise NotFound(
        f"The job has no attempt {number}.",
        field="attempt",
        value=number,
        hint=f"It has had {len(job.attempts)} so far.",
    )


def _from_file(path: Path, offset: int, limit: int, *, ended: bool) -> tuple[int, int, bytes]:
    """Return a piece of a log that is a file.

    Where an attempt has just ended, its log may be on its way into the store: nothing is new then,
    for what was read of a file that has another name by now may be another attempt's.
    """
    try:
        with open_regular(path) as log:
            found = _piece(log, offset, limit)
            if os.path.samestat(os.fstat(log.fileno()), path.stat()):
                return found
    except (FileNotFoundError, BlockingIOError):  # not launched yet, or replaced by the job, …
        pass
    start = 0 if ended else max(0, offset)
    return start, start, b""


def _piece(log: BinaryIO, offset: int, limit: int) -> tuple[int, int, bytes]:
    """Return where the bytes start, the size of the log and the bytes."""
    size = log.seek(0, 2)
    start = min(offset, size) if offset >= 0 else max(0, size + offset)
    log.seek(start)
    data = log.read(limit)
    if offset < 0 and start > 0:
        skipped = next((n for n, b in enumerate(data[:3]) if b & 0xC0 != 0x80), 3)
        start, data = min(start + skipped, size), data[skipped:]
    return start, max(size, start + len(data)), data


def _whole_characters(data: bytes) -> bytes:
    """Return the bytes without the beginning of a character at their end."""
    for back in range(1, min(_LONGEST_CHARACTER, len(data) + 1)):
        byte = data[-back]
        if byte & 0xC0 == 0x80:
            continue
        length = 1 if byte < 0x80 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
        return data[:-back] if length > back else data
    return data
