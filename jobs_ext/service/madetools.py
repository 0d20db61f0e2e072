"""Tools that were added over HTTP: one JSON file each, in a folder of the data directory."""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec
from msgspec import UNSET, Struct

from ..model.errors import InvalidRequest
from ..model.tool import Tool
from .files import open_regular
from .toolfiles import ToolProblem, checked
from .uploads import sync_folder

_LARGEST = 2**20  # bytes of JSON
_LONGEST = 200  # characters of an id, which names the file
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


class MadeTool(Struct, frozen=True):
    """A tool as it is kept, and who added it."""

    maker: str
    tool: Tool


def checked_made(tool: Tool, root: str) -> Tool:
    """Return a tool that is to be kept; its relative paths start in the server's `root` folder.

    Raises `InvalidRequest` for what makes no sense, as in a file.
    """
    good = checked(msgspec.structs.replace(tool, folder=root))
    if not _VERSION.fullmatch(good.version) or len(good.id) > _LONGEST:
        raise InvalidRequest(
            f"{good.version!r} can't be the version of a tool.",
            field="version",
            value=good.version,
            hint="Write one such as 1.0.",
        )
    for kind in ("script", "notebook"):
        path = getattr(good, kind)
        if path is not UNSET and not Path(root, path).is_file():
            raise InvalidRequest(
                f"There is no file {path!r} on the server.",
                field=kind,
                value=path,
                hint=f"Relative paths start in {root}.",
            )
    return good


def write_made(folder: Path, made: MadeTool) -> None:
    """Keep a tool, in place of an earlier one of its id; it is on disk when this returns."""
    try:
        body = msgspec.json.format(msgspec.json.encode(made), indent=1)
    except UnicodeEncodeError:
        raise InvalidRequest(
            "The tool holds text that is not valid Unicode.", field="body"
        ) from None
    if len(body) > _LARGEST:
        raise InvalidRequest(f"A tool may have {_LARGEST:,} bytes.", field="body", value=len(body))
    place = made_file(folder, made.tool)
    half = place.with_suffix(".half")
    with half.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    half.rename(place)
    sync_folder(folder)


def made_file(folder: Path, tool: Tool) -> Path:
    """Return where a tool is kept."""
    return folder / f"{tool.id}.json"


def read_made(path: Path) -> MadeTool | ToolProblem:
    """Return a tool that was kept, or what is wrong with its file."""
    try:
        with open_regular(path) as file:
            made = msgspec.json.decode(file.read(), type=MadeTool)
        checked(made.tool)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        return ToolProblem(str(path), None, f"can't be read: {error}")
    except InvalidRequest as error:
        return ToolProblem(str(path), None, str(error))
    return made
