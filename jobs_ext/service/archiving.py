"""Copying outputs into a folder below the server's root: never outside of it, never over a file.

Begun anew after a death, it goes on where it stopped: what is there already is left as it is.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePath

from ..model.archive import ArchivePlace
from ..model.errors import InvalidRequest
from ..model.quantities import show_bytes
from ..model.tool import Tool
from ..store.faults import RESERVE, free
from .files import is_folder, lies_in
from .references import is_filename
from .uploads import sync_folder

_LONGEST = 1000  # characters
_STANDS_FOR = ("{id}", "{index}")


class ArchiveFailed(Exception):
    """Files could not be archived; says why, in one sentence."""


def check_folder(folder: str, root: str, reserved: Iterable[Path], field: str) -> None:
    """Raise `InvalidRequest` unless outputs may be archived in `folder`, below `root`.

    `reserved` are folders of jobs_ext's own, which nobody archives into.
    """
    parts = folder.split("/")
    if len(folder) > _LONGEST or not all(is_filename(p) and p not in ("", "..") for p in parts):
        raise _refused(folder, field, "is no path of a folder below the server's root")
    if any(part.startswith(".") for part in parts):
        raise _refused(folder, field, "would be hidden from the file browser")
    place = Path(root, folder)
    if not lies_in(place, Path(root)):
        raise _refused(folder, field, "leads out of the server's root folder")
    if any(lies_in(place, one) for one in reserved):
        raise _refused(folder, field, "is a folder of jobs_ext's own")
    there = next(one for one in (place, *place.parents) if os.path.lexists(one))
    if not is_folder(there):
        raise _refused(folder, field, f"can't be a folder: {there.name!r} is a file")


def _refused(folder: str, field: str, why: str) -> InvalidRequest:
    hint = 'Give a relative path such as "results/{id}".'
    return InvalidRequest(f"{folder!r} {why}.", field=field, value=folder, hint=hint)


def names_each(folder: str) -> bool:
    """Tell whether the jobs of a batch would have folders of their own."""
    return any(mark in folder for mark in _STANDS_FOR)


def filled(folder: str, job_id: str, index: int | None) -> str:
    """Return `folder` with the job's id and its place in its batch, from 0."""
    return folder.replace("{id}", job_id).replace("{index}", str(index or 0))


def named(names: Iterable[str], tool: Tool | None) -> dict[str, str]:
    """Return under which name each output is archived: as the tool writes it, if it says where.

    A second file of one name goes under the name that it is listed by.
    """
    listed = list(names)
    places = tool.places if tool else {}
    found: dict[str, str] = {}
    for name in listed:
        place = places.get(name, name)
        taken = place != name and (place in listed or place in found.values())
        found[name] = name if taken else place
    return found


def archive_files(
    place: ArchivePlace, files: Mapping[str, Path], own: Collection[Path], label: str
) -> dict[str, Path]:
    """Copy files into a folder under their names; return where each lies now.

    Those in the folders `own` are linked where the disk can: the job needs no second copy of them.
    `label` is a name nobody else uses meanwhile. Raises `ArchiveFailed`; what was copied stays.
    """
    folder, root = Path(place.root, place.folder), Path(place.root)
    placed = {name: folder / name for name in files}
    try:
        for name, source in files.items():
            target = placed[name]
            if not lies_in(target.parent, root):
                raise ArchiveFailed(f"{target.parent} leads out of {root}")
            target.parent.mkdir(parents=True, exist_ok=True)
            if not _is_there(source, target):
                _place(source, target, label, link=any(lies_in(source, one) for one in own))
        for parent in {target.parent for target in placed.values()}:
            sync_folder(parent)
    except OSError as error:
        where = error.filename2 or error.filename or folder
        raise ArchiveFailed(f"{error.strerror}: {where}") from error
    except ValueError as error:  # a name with a NUL, that an older version let in
        raise ArchiveFailed(f"a file can't be called so: {error}") from error
    return placed


def _is_there(source: Path, target: Path) -> bool:
    """Tell whether the file was copied before; `ArchiveFailed` when another one is there."""
    if not os.path.lexists(target):
        return False
    if target.is_symlink() or not target.is_file():
        raise ArchiveFailed(f"{target} is there already")
    if not target.samefile(source) and not filecmp.cmp(source, target, shallow=False):
        raise ArchiveFailed(f"{target} is there already, and is another file")
    return True


def _place(source: Path, target: Path, label: str, *, link: bool) -> None:
    real = Path(os.path.realpath(source))
    if link and _linked(real, target):
        return
    size = real.stat().st_size
    if free(target.parent) < RESERVE + size:
        raise ArchiveFailed(f"{show_bytes(size)} more do not fit on the disk of {target.parent}")
    draft = target.with_name(f".{PurePath(label).name}")
    try:
        shutil.copy2(real, draft)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)


def _linked(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # another disk, or one that has no links
        return False
    return True
