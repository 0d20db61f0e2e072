"""References inside arguments: to an uploaded part, another job's output, or a data set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from ..model.errors import InvalidRequest
from ..model.ids import is_id

PART = "$part"
OUTPUT = "$output"
DATASET = "$dataset"
MAIN = ""  # in the place of a name: the main output
_TOLD = frozenset({PART, "text", "filename", "media_type", "dataset", "json", "code"})  # of a part
_OF_DATASET = frozenset({"project", "name", "version"})
LARGEST_VERSION = 2**63 - 1  # what the store takes
_LONGEST_FILENAME = 255  # bytes: what file systems take
_DEEPEST = 64  # lists and objects inside each other


class PartReference(Struct, frozen=True):
    """``{"$part": name}``: an uploaded file or value."""

    name: str
    field: str


class OutputReference(Struct, frozen=True):
    """``{"$output": {"job": id, "name": name}}``: a file another job makes.

    Without a name, which is "" here, it is the job's main output: what its handle stands for.
    """

    job: str
    name: str
    field: str


class DatasetReference(Struct, frozen=True):
    """``{"$dataset": {"project": name, "name": name, "version": number}}``: a file of a project."""

    project: str
    name: str
    version: int | None  # None: the newest
    field: str


def is_reference(value: Any) -> bool:
    """Tell whether a value stands for a file that is given elsewhere."""
    return isinstance(value, dict) and (PART in value or OUTPUT in value or DATASET in value)


def references(
    value: Any, field: str, depth: int = _DEEPEST
) -> Iterator[PartReference | OutputReference | DatasetReference]:
    """Yield the references anywhere inside `value`.

    Raises `InvalidRequest` for a malformed one, and for values nested deeper than `depth`: all
    that is done with arguments later may count on that.
    """
    if depth == 0:
        raise InvalidRequest(f"{field} is nested too deeply.", field=field, hint="Send a file.")
    if isinstance(value, dict):
        if PART in value:
            yield _part(value, field)
        elif OUTPUT in value:
            yield _output(value[OUTPUT], field)
        elif DATASET in value:
            yield dataset_reference(value[DATASET], field)
        else:
            for name, inner in value.items():
                yield from references(inner, f"{field}.{name}", depth - 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from references(inner, f"{field}[{index}]", depth - 1)


def _part(value: dict[str, Any], field: str) -> PartReference:
    told = value.keys() <= _TOLD and all(isinstance(fact, str) for fact in value.values())
    if not told or not is_filename(value.get("filename", "")):
        raise InvalidRequest(
            f"{field}: this does not name an uploaded part.",
            field=field,
            value=value,
            hint='Write {"$part": "<part>"}.',
        )
    return PartReference(value[PART], field)


def is_filename(text: str) -> bool:
    """Tell whether a file can be called so."""
    return "\0" not in text and len(text.encode()) <= _LONGEST_FILENAME


def _output(what: Any, field: str) -> OutputReference:
    if isinstance(what, dict) and {"job"} <= what.keys() <= {"job", "name"}:
        job, name = what["job"], what.get("name", MAIN)
        if isinstance(job, str) and is_id(job) and isinstance(name, str):
            return OutputReference(job, name, field)
    raise InvalidRequest(
        f"{field}: this does not name an output.",
        field=field,
        value=what,
        hint='Write {"$output": {"job": "<id>", "name": "<output>"}}.',
    )


def dataset_reference(what: Any, field: str) -> DatasetReference:
    """Return the data set that `what` names; `InvalidRequest` when it names none."""
    if isinstance(what, dict) and {"project", "name"} <= what.keys() <= _OF_DATASET:
        project, name, version = what["project"], what["name"], what.get("version")
        counted = version is None or (type(version) is int and 0 < version <= LARGEST_VERSION)
        if isinstance(project, str) and isinstance(name, str) and counted:
            return DatasetReference(project, name, version, field)
    raise InvalidRequest(
        f"{field}: this does not name a data set.",
        field=field,
        value=what,
        hint='Write {"$dataset": {"project": "<project>", "name": "<name>", "version": 1}}.',
    )
