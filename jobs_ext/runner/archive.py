"""Archiving the outputs of an attempt that succeeded, before its job has ended."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ..model.archive import ArchivePlace
from ..model.reasons import ReasonCode
from ..model.status import Status
from ..model.work import Ended
from ..service.archiving import ArchiveFailed, archive_files, named
from .failure import Defect, one_alone
from .staging import Plan


def archived(one: Plan, place: ArchivePlace, ended: Ended) -> Ended:
    """Return the end of an attempt whose outputs were copied to where its option archive says.

    When that fails so does the job: its outputs stay where they are.
    """
    try:
        with one_alone(one.key, "archiving its outputs"):
            return _archived(one, place, ended)
    except Defect as defect:
        return _failed(place, ended, str(defect))


def _archived(one: Plan, place: ArchivePlace, ended: Ended) -> Ended:
    names = named((output.name for output in ended.outputs), one.tool)
    files = {names[output.name]: Path(output.path) for output in ended.outputs}
    try:
        placed = archive_files(place, files, (one.at.outputs, one.at.work), one.work.id)
    except ArchiveFailed as error:
        return _failed(place, ended, f"its outputs could not be archived: {error}")
    outputs = [
        msgspec.structs.replace(output, path=str(placed[names[output.name]]), archive=place.root)
        for output in ended.outputs
    ]
    return msgspec.structs.replace(ended, outputs=outputs, archive=place)


def _failed(place: ArchivePlace, ended: Ended, reason: str) -> Ended:
    return msgspec.structs.replace(
        ended,
        status=Status.FAILED,
        reason_code=ReasonCode.ARCHIVE_FAILED,
        reason=reason,
        archive=place,
    )
