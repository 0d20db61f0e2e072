"""Arguments of jobs that were made from none of UFDL's templates; their files have numbers.

A worker downloads a file as it does an output, by its number. Nothing of these numbers is kept:
each is made from that of the job and the place of the file in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...model import media
from ...model.job import Job
from ...service import Service
from ...service.executors import NODE
from ...service.outputs import Numbered

FILES = 2**52  # numbers from here on are those of files that jobs read; no output gets that far
_EACH = 2**18  # numbers of the files of one job: more than its arguments can name
_TYPE = "JobOutput<BLOB<str>>"
_PLAIN = {bool: "bool", int: "int", float: "float", str: "str"}


class _File(NamedTuple):
    """The number of a file."""

    number: int


def values_of(service: Service, jobs: Sequence[Job]) -> dict[str, dict[str, Any]]:
    """Return, by id, the arguments of jobs with their types: what workers and clients see.

    Those of jobs that nodes run have numbers where files are.
    """
    told = {job.id: job.arguments for job in jobs}
    outside = [job for job in jobs if job.options.get("executor") == NODE]
    if outside:
        told |= service.handed.marked(outside, _file)
    return {job: _values(arguments) for job, arguments in told.items()}


def parted(number: int) -> tuple[int, int] | None:
    """Return the number of a job and which of its files is meant; None for that of an output."""
    return None if number < FILES else divmod(number - FILES, _EACH)


def files_of(service: Service, job: Job) -> list[Numbered]:
    """Return the files that a job reads."""
    found: list[Numbered] = []

    def note(job: Job, place: int, name: str) -> None:
        found.append(Numbered(name, _file(job, place, name).number, media.guess(name)))

    service.handed.marked([job], note)
    return found


def _file(job: Job, place: int, _name: str) -> _File:
    return _File(FILES + job.pk * _EACH + place)


def _values(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"value": _numbered(value), "type": _type(value)} for name, value in arguments.items()
    }


def _numbered(value: Any) -> Any:
    """Return a value with the bare numbers of its files."""
    if isinstance(value, _File):
        return value.number
    if isinstance(value, list):
        return [_numbered(one) for one in value]
    if isinstance(value, dict):
        return {name: _numbered(one) for name, one in value.items()}
    return value


def _type(value: Any) -> str:
    if isinstance(value, _File):
        return _TYPE
    if isinstance(value, list) and value and all(isinstance(one, _File) for one in value):
        return f"Array<{_TYPE}, int>"
    return _PLAIN.get(type(value), "JSON")
