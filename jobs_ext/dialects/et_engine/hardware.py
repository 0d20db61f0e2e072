"""Hardware: cores, megabytes and file systems, to and from the options of a job."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from msgspec import Struct

from ...model.errors import InvalidRequest
from ...model.quantities import parse_bytes
from ...model.request import Options
from ...service.mounts import WHERE
from ..table import Call
from . import disks

_MB = 1_000_000


class Named(Struct, frozen=True, forbid_unknown_fields=True):
    """A file system as the SDK names it."""

    filesystem_id: str
    filesystem_name: str = ""


class Hardware(Struct, frozen=True, forbid_unknown_fields=True):
    """What each job of a batch gets; the file systems by id, as in the seed, or as in the SDK."""

    memory: int  # MB
    cpu: float
    gpu: int = 0
    filesystems: list[str] | None = None
    filesystem_list: list[Named] | None = None


def options_of(call: Call, asked: Hardware) -> Options:
    """Return the options of jobs with this hardware; `InvalidRequest` for what nobody has."""
    if asked.memory < 1:
        raise InvalidRequest(
            "memory is a number of MB, 1 or more.", field="hardware.memory", value=asked.memory
        )
    if asked.filesystems is None and asked.filesystem_list is None:
        raise InvalidRequest(
            "hardware needs filesystems: a list, which may be empty.", field="hardware.filesystems"
        )
    ids = [*(asked.filesystems or ()), *(one.filesystem_id for one in asked.filesystem_list or ())]
    known = disks.names(call) if ids else {}
    for one in ids:
        if one not in known:
            raise InvalidRequest(
                f"There is no file system {one!r}.", field="hardware.filesystems", value=one
            )
    folders = {f"{WHERE}/{known[one]}": str(disks.folder(call, one)) for one in ids}
    return Options(cpu=asked.cpu, memory=asked.memory * _MB, gpu=asked.gpu or None, mounts=folders)


def shown(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hardware of jobs with these options, as in the seed."""
    cpu = options.get("cpu") or 1
    return {
        "filesystems": [one for one, _ in _mounted(options)],
        "memory": parse_bytes(options["memory"]) // _MB if options.get("memory") else 0,
        "cpu": int(cpu) if float(cpu).is_integer() else cpu,
    }


def shown_to_sdk(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same as the SDK reads it."""
    told = shown(options)
    del told["filesystems"]
    some = [{"filesystem_id": i, "filesystem_name": name} for i, name in _mounted(options)]
    return {"filesystem_list": some} | told


def _mounted(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return id and name of the file systems among what a job mounts."""
    return [
        (PurePath(folder).name, name.removeprefix(f"{WHERE}/"))
        for name, folder in options.get("mounts", {}).items()
        if name.startswith(f"{WHERE}/")
    ]
