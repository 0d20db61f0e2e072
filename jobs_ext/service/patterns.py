"""Patterns of files to keep, globs in the folder of a job, and the names of outputs."""

from __future__ import annotations

from pathlib import PurePath

from ..model.errors import InvalidRequest
from .references import is_filename

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


def check_output_name(name: str, field: str) -> None:
    """Raise `InvalidRequest` unless an output can be called so: a relative path without ``..``."""
    parts = name.split("/")
    good = all(part not in ("", ".", "..") and is_filename(part) for part in parts)
    if not good or len(name) > _LONGEST:
        raise InvalidRequest(
            f"No output can have the name {name!r}.",
            field=field,
            value=name,
            hint='Give a relative path such as "results/t.csv".',
        )


def _is_possible(part: str) -> bool:
    return len(part.encode()) <= _LONGEST_PART and (part == "**" or "**" not in part)
