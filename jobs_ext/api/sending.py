"""Files as answers: whole, by range, or not at all when the client has them already.

A file that a job wrote must never run as a page of the Jupyter server: it is always sent as an
attachment, under a policy that puts it into a sandbox.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from tornado.iostream import StreamClosedError

from ..model.errors import NotFound
from ..model.job import Output
from ..service.files import open_regular
from .handler import JobsHandler
from .ranges import read_range

_BLOCK = 2**20  # bytes read and sent at a time
# What can be sent as one; nobody checked it before. One way to read it, of bounded length: no text
# takes long to refuse.
_MEDIA_TYPE = re.compile(r"[!-.0-~]{1,100}/[!-~][ -~]{0,400}")


class FileHandler(JobsHandler):
    """Base of the handlers that send outputs."""

    _size: int | None = None

    @property
    def content_security_policy(self) -> str:
        """Nothing in the file may run, and nothing be loaded by it, whatever is configured."""
        return "sandbox; default-src 'none'; frame-ancestors 'none'"

    async def send_output(self, output: Output, span: tuple[int, int] | None = None) -> None:
        """Send an output or the range of it that is asked for; the headers alone for a HEAD.

        `span`, the first byte and the one after the last, goes before what ``Range`` asks for.
        """
        with await self.call(_open, output) as file:
            self._size = os.fstat(file.fileno()).st_size
            self._describe(output, _etag(output, os.fstat(file.fileno())))
            if self.check_etag_header():
                self.set_status(304)
            else:
                await self._send_range(file, span)
        await self.finish(set_content_type=_media_type(output))

    def _describe(self, output: Output, etag: str) -> None:
        self.set_header("Content-Security-Policy", self.content_security_policy)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Disposition", disposition(output.name))
        self.set_header("Content-Type", _media_type(output))
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Etag", etag)

    async def _send_range(self, file: BinaryIO, span: tuple[int, int] | None) -> None:
        size = self._size or 0
        condition = self.request.headers.get("If-Range")
        same = condition is None or condition == self._headers["Etag"]
        if span is None and same:
            span = read_range(self.request.headers.get("Range"), size)
        start, stop = span or (0, size)
        if span:
            self.set_status(206)
            self.set_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        self.set_header("Content-Length", str(stop - start))
        if self.request.method != "HEAD":
            await self._send_bytes(file, start, stop)

    async def _send_bytes(self, file: BinaryIO, start: int, stop: int) -> None:
        """Send block by block, each when the client has taken the one before."""
        file.seek(start)
        while start < stop:
            block = await self.call(file.read, min(_BLOCK, stop - start))
            if not block:  # the file has been cut since: the client sees a broken download
                return
            start += len(block)
            self.write(block)
            try:
                await self.flush()
            except StreamClosedError:
                return

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say how long the file is when a range does not fit."""
        if status_code == 416 and self._size is not None:
            self.set_header("Content-Range", f"bytes */{self._size}")
        super().write_error(status_code, **kwargs)


def _open(output: Output) -> BinaryIO:
    try:
        return open_regular(Path(output.path or ""))
    except OSError:
        raise NotFound(
            f"The output {output.name!r} has vanished.", field="name", value=output.name
        ) from None


def _media_type(output: Output) -> str:
    kind = output.media_type
    return kind if _MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"


def _etag(output: Output, now: os.stat_result) -> str:
    """Return the hash where it is known and can still be true, else one of size and time."""
    if output.sha256 and output.size == now.st_size:
        return f'"{output.sha256}"'
    return f'"{now.st_mtime_ns:x}-{now.st_size:x}"'


def disposition(name: str) -> str:
    """Return a Content-Disposition (RFC 6266) that saves under the last part of `name`."""
    last = name.rsplit("/", 1)[-1]
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in last)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(last, safe='')}"
