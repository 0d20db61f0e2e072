"""Handing jobs to the runner: rows into `Work`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from ..model.archive import ArchivePlace
from ..model.work import Work
from ..store import queue as rows
from ..store.contents import Spec
from ..store.jobs import JobRow
from .archiving import filled
from .core import Core
from .files import whole_path
from .references import OUTPUT, OutputReference, references
from .room import Place
from .uris import is_uri


def to_work(
    core: Core,
    connection: Connection,
    claimed: Sequence[JobRow],
    numbers: Mapping[int, int],
    places: Mapping[int, Place],
) -> list[Work]:
    """Return what the runner needs of these jobs; by pk: their attempts' numbers, their places."""
    specs = core.specs.load(connection, (row.spec for row in claimed))
    return [
        _work(core, connection, row, specs[row.spec], numbers[row.pk], places[row.pk])
        for row in claimed
    ]


def _work(
    core: Core, connection: Connection, row: JobRow, spec: Spec, number: int, place: Place
) -> Work:
    arguments = _with_whole_paths(msgspec.json.decode(row.arguments), spec)
    wanted = _needed_outputs(arguments) if OUTPUT in row.arguments else []
    return Work(
        id=row.id,
        attempt=number,
        target=spec.target,
        arguments=arguments,
        options=spec.options,
        context=spec.context,
        tool=spec.tool,
        inputs=spec.inputs if number == 1 else {},  # who has it tried again knows what is there
        parts={name: str(core.store.paths.parts(sha)) for name, sha in spec.parts.items()},
        batch=row.batch,
        batch_index=row.batch_index,
        cpu=row.cpu,
        memory=row.memory,
        timeout=row.timeout,
        cancel_requested=row.cancel_requested is not None,
        outputs_of=rows.output_paths(connection, wanted) if wanted else {},
        lane=place.lane,
        gpus=place.gpus,
        archive=_archive(row, spec),
    )


def _needed_outputs(arguments: dict[str, Any]) -> list[tuple[str, str]]:
    """Return job and name of the outputs that arguments refer to."""
    return [
        (reference.job, reference.name)
        for reference in references(arguments, "arguments")
        if isinstance(reference, OutputReference)
    ]


def _archive(row: JobRow, spec: Spec) -> ArchivePlace | None:
    folder = spec.options.archive
    if folder is None:
        return None
    return ArchivePlace(spec.root, filled(folder, row.id, row.batch_index))


def _with_whole_paths(arguments: dict[str, Any], spec: Spec) -> dict[str, Any]:
    """Return the arguments with the paths of a tool's inputs made absolute."""
    declared = (spec.tool or {}).get("inputs", {})
    return arguments | {
        name: _whole(arguments[name], spec.base) for name in declared if name in arguments
    }


def _whole(value: Any, base: str) -> Any:
    if isinstance(value, list):
        return [_whole(inner, base) for inner in value]
    is_path = isinstance(value, str) and not is_uri(value)
    return str(whole_path(value, base)) if is_path else value
