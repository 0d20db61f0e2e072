"""File systems: folders of the caller's that jobs share; files go up and down in pieces."""

from __future__ import annotations

import re
import uuid

from msgspec import Struct

from ...model.errors import InvalidRequest, RangeNotSatisfiable
from ..table import Call, File
from . import disks

_PIECE = re.compile(r"\[([0-9a-f]{32})\]:(\d{1,18})-(\d{1,18})", re.ASCII)
_SPAN = re.compile(r"(\d{1,18})-(\d{1,18})", re.ASCII)


class NewFilesystem(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of ``POST filesystems``."""

    filesystem_name: str


class Upload(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of ``POST …/files/PATH``: the beginning of an upload, or its end."""

    size: int | None = None  # bytes
    uploadId: str | None = None
    complete: bool = False


def listed(call: Call) -> object:
    """List the caller's file systems."""
    return [_shown(key, name) for key, name in disks.names(call).items()]


def create(call: Call) -> object:
    """Make a file system."""
    name = call.json(NewFilesystem).filesystem_name
    return _shown(disks.create(call, name), name)


def delete(call: Call, filesystem: str) -> None:
    """Remove a file system with all that lies in it."""
    disks.delete(call, filesystem)


def look(call: Call, filesystem: str, path: str) -> object:
    """List the folders and the files in a folder."""
    disks.check(call, filesystem)
    folders, files = call.service.filesystems.list(call.who, filesystem, path)
    return {"directories": folders, "files": files}


def mkdir(call: Call, filesystem: str, path: str) -> None:
    """Make a folder."""
    disks.check(call, filesystem)
    call.service.filesystems.make_folder(call.who, filesystem, path)


def remove(call: Call, filesystem: str, path: str) -> None:
    """Remove a file, or a folder with all that lies in it."""
    disks.check(call, filesystem)
    call.service.filesystems.remove(call.who, filesystem, path)


def upload(call: Call, filesystem: str, path: str) -> object:
    """Begin an upload, or end it when all pieces are there."""
    disks.check(call, filesystem)
    asked = call.json(Upload)
    pieces = call.service.filesystems.pieces
    if asked.complete and asked.uploadId is not None:
        pieces.finish(call.who, filesystem, path, asked.uploadId)
        return None
    if asked.size is None or asked.uploadId is not None or asked.complete:
        raise InvalidRequest(
            "An upload begins with its size, and ends with its uploadId and complete.",
            field="size",
            value=asked.size,
        )
    return {"uploadId": pieces.begin(call.who, filesystem, path, asked.size)}


def piece(call: Call, filesystem: str, path: str) -> None:
    """Take a piece of an upload: the bytes from the first number to before the second."""
    disks.check(call, filesystem)
    header = call.headers.get("Content-Range", "")
    found = _PIECE.fullmatch(header.strip())
    if found is None or call.draft is None:
        raise InvalidRequest(
            "Content-Range names no piece of an upload.",
            field="Content-Range",
            value=header,
            hint="It looks like [uploadId]:0-1024, the second number not included.",
        )
    span = int(found[2]), int(found[3])
    call.service.filesystems.pieces.take(call.who, filesystem, path, found[1], span, call.draft)


def download(call: Call, filesystem: str, path: str) -> object:
    """Say how large a file is (``init=True``), or send it, or a piece of it."""
    disks.check(call, filesystem)
    output = call.service.filesystems.find(call.who, filesystem, path)
    if call.first("init").lower() == "true":
        return {"size": output.size, "download_id": uuid.uuid4().hex}
    header = call.headers.get("Content-Range")
    if header is None:
        return File(output)
    found = _SPAN.fullmatch(header.strip())
    if found is None:
        raise InvalidRequest(
            "Content-Range names no piece of a file.",
            field="Content-Range",
            value=header,
            hint="It looks like 0-1024, the second number not included.",
        )
    start, stop = int(found[1]), min(int(found[2]), output.size)
    if start >= stop:
        raise RangeNotSatisfiable(
            f"The file has {output.size} bytes.", field="Content-Range", value=header
        )
    return File(output, (start, stop))


def _shown(key: str, name: str) -> dict[str, str]:
    return {"filesystem_id": key, "filesystem_name": name}
