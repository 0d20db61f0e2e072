"""Patterns of files to keep: globs in the folder of a job."""

from __future__ import annotations

from pathlib import PurePath

from ..model.errors import InvalidRequest

_LONGEST = 1000  # characters; a longer path is no use, and looking for it takes a stack as deep
_LONGEST_PART = 255  # bytes: what file systems take as a name


def check_pattern(pattern: str, field: str) -> None:
    """Raise `InvalidRequest` unless `pattern` can be looked for, and only in the job's folder."""
    path = PurePath(pattern)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in pattern:
        raise InvalidRequest(
            f"{pattern!r} does not lie in the job's folder.",
            field=field,
            value=pattern,
            hint='Give a relative pattern such as "results/*.csv".',
        )
    if len(pattern) > _LONGEST or any(not _is_possible(part) for part in path.parts):
        raise InvalidRequest(
            f"{pattern!r} is no pattern of file names.",
            field=field,
            value=pattern,
            hint='Shorten it; "**" stands alone between slashes, as in "**/*.csv".',
        )


def _is_possible(part: str) -> bool:
    return len(part.encode()) <= _LONGEST_PART and (part == "**" or "**" not in part)
