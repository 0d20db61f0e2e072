"""Paths that come from outside, looked at without stumbling over them and without ever waiting."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from itertools import islice
from pathlib import Path

import msgspec

from ..model.errors import Conflict, InvalidRequest, NotFound
from ..model.work import Fingerprint
from .hints import did_you_mean

_NEIGHBOURS = 1000  # names in a folder that a hint looks at
_NO_SUCH_PLACE = (errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL)


def whole_path(name: str, base: str) -> Path:
    """Return the absolute path of `name` as typed in `base`; a ``~`` of nobody stays as it is."""
    typed = name if "\0" in name else os.path.expanduser(name)  # noqa: PTH111 - Path's raises
    return Path(base, typed)


def is_file(path: Path) -> bool:
    """Tell whether there is a regular file; False for every name that can't be one."""
    return os.path.isfile(path)  # noqa: PTH113 - Path's raises for names too long and the like


def is_folder(path: Path) -> bool:
    """Tell whether there is a folder; False for every name that can't be one."""
    return os.path.isdir(path)  # noqa: PTH112 - as above


def lies_in(path: Path, folder: Path) -> bool:
    """Tell whether a file lies below a folder, links followed."""
    return real_path(path).is_relative_to(real_path(folder))


def real_path(path: Path) -> Path:
    """Return where a path leads to, links followed as far as they go."""
    return Path(os.path.realpath(path))  # `resolve` raises for links that run in a circle


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading; never wait, as opening a pipe would.

    Raises OSError when that can't be done, `FileNotFoundError` for what is no regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(f"{path} is not a regular file")
    return os.fdopen(descriptor, "rb")


def is_unchanged(path: Path, before: Fingerprint) -> bool:
    """Tell whether a file is as it was; one that was only touched is, if its bytes were hashed."""
    now = Fingerprint.of(path.stat())
    if now == msgspec.structs.replace(before, sha256=None):
        return True
    if now.size != before.size or before.sha256 is None:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == before.sha256


def must_be_file(path: Path, field: str, given: str) -> None:
    """Raise `InvalidRequest` naming `field` unless `path` is a regular file."""
    if not is_file(path):
        what = _what_is_there(path)
        hint = "" if what else _where_to_look(path)
        message = f"{path} is {what}, not a file." if what else f"There is no file {path}."
        raise InvalidRequest(message, field=field, value=given, hint=hint)


def _what_is_there(path: Path) -> str:
    if is_folder(path):
        return "a folder"
    return "a pipe or a device" if os.path.exists(path) else ""  # noqa: PTH110 - as above


def _where_to_look(path: Path) -> str:
    try:
        names = [neighbour.name for neighbour in islice(path.parent.iterdir(), _NEIGHBOURS)]
    except (OSError, ValueError):  # no folder, not to be read, or no name that a folder can have
        return f"There is no folder {path.parent} that can be read."
    near = did_you_mean(path.name, names)
    return near if near.startswith("Did") else "Check the path; it is read on the server."


@contextmanager
def refused_places(path: str) -> Iterator[None]:
    """Raise what is wrong with a path in place of the system's own words."""
    try:
        yield
    except FileNotFoundError:
        raise NotFound(f"There is no {path!r}.", field="path", value=path) from None
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        why = "is there already" if isinstance(error, FileExistsError) else "is in the way"
        raise Conflict(f"{path!r}: something {why}.", field="path", value=path) from None
    except OSError as error:
        if error.errno not in _NO_SUCH_PLACE:
            raise
        raise InvalidRequest(f"{path!r} can't be.", field="path", value=path) from None


def remove_tree(folder: Path) -> None:
    """Remove a folder with all below it as far as that goes; a job may have shut some of it."""
    for place, names, _ in os.walk(folder):
        for name in names:
            below = Path(place, name)
            if not below.is_symlink():
                with suppress(OSError):
                    below.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
