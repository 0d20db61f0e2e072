"""What an attempt may write, how that is measured, and how much time it has to end.

Sizes are sampled while attempts run, and looked at once more when they have ended.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from msgspec import Struct

from ..model.quantities import parse_bytes, parse_duration
from ..model.tool import Tool
from ..model.work import Work
from ..store.paths import AttemptPaths

_GRACE = 5.0  # seconds between SIGTERM and SIGKILL, unless the job says otherwise
_ENTRIES = 2000  # of a folder that one look adds up: some milliseconds
_BLOCK = 512  # bytes: the unit of st_blocks, whatever the file system


class Limits(Struct, frozen=True):
    """What holds for one attempt, or for all that do not say otherwise. None: no limit."""

    log: int | None = None  # bytes of stdout, and of stderr
    outputs: int | None = None  # bytes of disk
    grace: float = _GRACE  # seconds


def limits_of(work: Work, tool: Tool | None, usual: Limits) -> Limits:
    """Return the limits of an attempt: by the job's options, else its tool's, else the usual."""
    names = ("max_log_size", "max_output_size", "grace")
    said = [getattr(work.options, name) for name in names]
    if tool is not None:
        declared = [getattr(tool.resources, name) for name in names]
        said = [d if s is None else s for s, d in zip(said, declared, strict=True)]
    log, outputs, grace = said
    if log is outputs is grace is None:
        return usual
    return Limits(
        usual.log if log is None else parse_bytes(log),
        usual.outputs if outputs is None else parse_bytes(outputs),
        usual.grace if grace is None else parse_duration(grace),
    )


def log_size(at: AttemptPaths) -> int:
    """Return the bytes in the larger one of an attempt's logs."""
    return max(_length(at.stdout), _length(at.stderr))


def cut_logs(at: AttemptPaths, limit: int) -> None:
    """Cut what lies beyond `limit` bytes off the logs; who still writes goes on at the end."""
    for path in (at.stdout, at.stderr):
        if _length(path) > limit:
            with contextlib.suppress(OSError):  # the job has replaced it
                os.truncate(path, limit)


def note_unmatched(at: AttemptPaths, patterns: Iterable[str]) -> None:
    """Say at the end of the log which outputs were asked for and not written.

    A pattern may well match nothing, so the job succeeds; who misspelt one shall see it.
    """
    told = "".join(f"jobs_ext: no new file matches outputs={[one]!r}\n" for one in patterns)
    with contextlib.suppress(OSError):  # the job has replaced it, or the disk is full
        file = os.open(at.stderr, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(file, "w", encoding="utf-8", errors="backslashreplace") as log:
            log.write(told)


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it was removed
        return 0


def disk_used(files: Iterable[Path]) -> int:
    """Return the bytes of disk that files take."""
    return sum(map(_taken, files))


class FolderSize:
    """Adds up what folders take of the disk: a bounded number of files at each look."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = [str(folder) for folder in folders]
        self._walk: Iterator[int] = iter(())
        self._found = 0  # bytes, of the walk under way

    def look(self) -> int:
        """Return the bytes found so far; the look after the last file begins anew."""
        sizes = list(islice(self._walk, _ENTRIES))
        self._found += sum(sizes)
        if len(sizes) < _ENTRIES:
            found, self._found = self._found, 0
            self._walk = _sizes(list(self._folders))
            return found
        return self._found


def _sizes(folders: list[str]) -> Iterator[int]:
    """Yield what each entry of these folders and of those below takes; links are not followed."""
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                yield _taken(entry)


def _taken(file: Path | os.DirEntry[str]) -> int:
    """Return the bytes of disk a file takes: a hole in it takes none."""
    try:
        status = file.stat(follow_symlinks=False)
    except OSError:  # it has vanished
        return 0
    return min(status.st_size, status.st_blocks * _BLOCK)
