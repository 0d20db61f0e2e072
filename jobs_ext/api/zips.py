"""Outputs of a job or of a batch as one zip, made while sent: neither in memory nor on disk."""

from __future__ import annotations

import os
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, cast
from urllib.parse import unquote_to_bytes

from msgspec import Struct
from msgspec.structs import replace
from tornado import web
from tornado.iostream import StreamClosedError

from ..model.job import Output
from ..model.query import JobQuery
from ..service.files import open_regular
from .decode import decode_query
from .handler import JobsHandler
from .operation import Operation, authorized, describes
from .outputs import RESOURCE
from .sending import disposition

_BLOCK = 1 << 20  # bytes
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time a zip can tell
_UTF8 = 0x800  # the flag that says that a name is
_END = (2107, 12, 31, 23, 59, 58)  # and the last


class ZipQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which outputs."""

    match: list[str] = []  # patterns of names such as ``*.csv``; all without any


class BatchZipQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which outputs of which of the batch's jobs; of each argument set the newest job counts."""

    match: list[str] = []  # patterns of names such as ``*.csv``; all without any
    ids: list[str] = []  # of the jobs, at most `limit`; without any a page of the batch
    limit: int = 500  # 1 to 500 jobs
    cursor: str | None = None  # `next` of the page of ``batches/{id}/jobs`` before


class _Zips(JobsHandler):
    """Sends zips."""

    async def send_zip(self, name: str, chosen: Iterable[Output]) -> None:
        """Send the outputs, block by block, each when the client has taken the one before."""
        self.set_header("Content-Disposition", disposition(f"{name}.zip"))
        self.set_header("Content-Type", "application/zip")
        self.set_header("X-Content-Type-Options", "nosniff")
        blocks = zipped(chosen)
        while block := await self.call(next, blocks, b""):
            self.write(block)
            try:
                await self.flush()
            except StreamClosedError:
                return
        await self.finish(set_content_type="application/zip")


class BatchZipHandler(_Zips):
    """``batches/{id}/outputs.zip``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @describes(
        Operation(
            "Download outputs of a batch as a zip",
            query=BatchZipQuery,
            media_type="application/zip",
        )
    )
    async def get(self, batch: str) -> None:
        """Send outputs of up to 500 jobs, each as ``{job}/{name}``."""
        query = decode_query(self.request, BatchZipQuery)
        order = "oldest" if query.ids else "index"  # by index, few of thousands are not found
        page = JobQuery(ids=query.ids, limit=query.limit, cursor=query.cursor, order=order)
        jobs = await self.call(self.service.batches.jobs, self.who, batch, page)
        found = self.service.outputs.each_of(self.who, [job.id for job in jobs.items], query.match)
        await self.send_zip(batch, (_below(job, output) for job, output in found))


def _below(folder: str, output: Output) -> Output:
    """Return an output by its name in a folder."""
    raw = None if output.raw is None else f"{folder}/{output.raw}"
    return replace(output, name=f"{folder}/{output.name}", raw=raw)


class ZipHandler(_Zips):
    """``jobs/{id}/outputs.zip``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @describes(Operation("Download outputs as a zip", query=ZipQuery, media_type="application/zip"))
    async def get(self, job: str) -> None:
        """Send the outputs of a job, each by its name."""
        query = decode_query(self.request, ZipQuery)
        chosen = await self.call(self.service.outputs.find_all, self.who, job, query.match)
        await self.send_zip(job, chosen)


class _Entry(zipfile.ZipInfo):
    """A file of the zip, under the bytes of its name: they need not be UTF-8."""

    def __init__(self, output: Output, written: tuple[int, ...]) -> None:
        super().__init__(output.name, cast("tuple[int, int, int, int, int, int]", written))
        self._raw = output.raw

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - zipfile asks it for that
        if self._raw is None:
            encode: Callable[[], tuple[bytes, int]] = super()._encodeFilenameFlags  # type: ignore[misc]
            return encode()
        return unquote_to_bytes(self._raw), self.flag_bits & ~_UTF8


class _Sink:
    """Where the zip is written to: gathers what is to be sent next. It can't be wound back."""

    def __init__(self) -> None:
        self._gathered = bytearray()

    def write(self, data: bytes) -> int:
        self._gathered += data
        return len(data)

    def flush(self) -> None:
        """There is nothing behind it to flush."""

    @property
    def full(self) -> bool:
        """Whether there is enough to be worth sending."""
        return len(self._gathered) >= _BLOCK

    def take(self) -> bytes:
        taken, self._gathered = bytes(self._gathered), bytearray()
        return taken


def zipped(outputs: Iterable[Output]) -> Iterator[bytes]:
    """Yield the zip of these outputs in blocks of about a megabyte; uncompressed, to be quick.

    Raises OSError for a file that has vanished since: the client sees a broken download.
    """
    sink = _Sink()
    unseekable = cast("IO[bytes]", sink)
    with zipfile.ZipFile(unseekable, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for output in outputs:
            with open_regular(Path(output.path or "")) as file:
                written = time.localtime(os.fstat(file.fileno()).st_mtime)[:6]
                entry = _Entry(output, min(max(_EPOCH, written), _END))
                entry.external_attr = 0o644 << 16
                with archive.open(entry, "w", force_zip64=True) as target:
                    while block := file.read(_BLOCK):
                        target.write(block)
                        if sink.full:
                            yield sink.take()
            if sink.full:
                yield sink.take()
    yield sink.take()
