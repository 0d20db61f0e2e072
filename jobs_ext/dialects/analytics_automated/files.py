"""Files at the addresses that submissions name."""

from __future__ import annotations

from ...model.errors import NotFound
from ...model.job import Output
from ..table import Call, File
from .records import batch_of


def result(call: Call, uuid: str, name: str) -> object:
    """Send a file that a job wrote."""
    return File(call.service.outputs.find(call.who, uuid, name.strip("/"), so_far=True))


def given(call: Call, uuid: str, name: str) -> object:
    """Send the file of a submission back."""
    kept = batch_of(call, uuid).input
    if name.strip("/") != kept.name:
        raise NotFound("There is no such file.", field="name", value=name)
    path = call.service.paths.parts(kept.sha256)
    if not path.is_file():  # no job of it reads a file, or none is left
        raise NotFound("The file is not kept any more.", field="name", value=name)
    return File(Output(kept.name, kept.media_type, kept.size, kept.sha256, path=str(path)))
