"""Small outputs of many jobs of a batch, fetched by one request instead of one for each."""

from __future__ import annotations

import glob
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import requests

from jobs_ext.model import job as model

from .errors import NotFound
from .outputs import OutputFile, Outputs
from .remote import CHUNK

if TYPE_CHECKING:
    from .connection import Connection

T = TypeVar("T")

AT_ONCE = 100  # jobs of one request, whose ids are in its address
_SMALL = 4 << 20  # bytes; what is larger is worth a request of its own
_NAMES = 20  # different names in one request


def windows(things: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield the things in their order, as many at a time as one request may be for."""
    return (things[first : first + AT_ONCE] for first in range(0, len(things), AT_ONCE))


@contextmanager
def fetched(
    connection: Connection, batch: str, jobs: Sequence[model.Job], output: str | None
) -> Iterator[None]:
    """Have the small tables of some jobs here, or their outputs of a name, while the block runs.

    What could not be had so is left to who reads it, who can say what is wrong with it.
    """
    copies: list[Path] = []
    wanted = {} if connection.shares_files else _wanted(connection, jobs, output)
    names = {file.name for file in wanted.values()}
    try:
        if len(wanted) > 1 and len(names) <= _NAMES:
            with tempfile.TemporaryFile() as file:
                _download(connection, batch, [job.id for job in jobs], sorted(names), file)
                copies += _unpacked(file, wanted)
        yield
    finally:
        for copy in copies:
            copy.unlink(missing_ok=True)


def _wanted(
    connection: Connection, jobs: Sequence[model.Job], output: str | None
) -> dict[str, OutputFile]:
    """Return what is worth it, by its name in the zip."""
    wanted: dict[str, OutputFile] = {}
    for job in jobs:
        outputs = Outputs(connection, job)
        main = outputs.main()
        if output is None:
            files = outputs.tables() + ([] if main is None else [main])
        else:
            files = [outputs[output]] if output in outputs else []
        small = [file for file in files if file.size <= _SMALL and file.info.raw is None]
        wanted |= {f"{job.id}/{file.name}": file for file in small if not file.is_here}
    return wanted


def _download(
    connection: Connection, batch: str, ids: list[str], names: list[str], file: BinaryIO
) -> None:
    """Write the zip into `file`; half of it, or nothing, when that goes wrong."""
    params = {"ids": ids, "match": [glob.escape(name) for name in names]}
    address = f"batches/{batch}/outputs.zip"
    try:
        with connection.request("GET", address, params=params, stream=True) as response:
            file.writelines(response.iter_content(CHUNK))
    except (NotFound, requests.RequestException):
        return


def _unpacked(file: BinaryIO, wanted: dict[str, OutputFile]) -> Iterator[Path]:
    """Yield a copy of each file that is wanted and in the zip."""
    try:
        with zipfile.ZipFile(file) as archive:
            for name in wanted.keys() & archive.namelist():
                with archive.open(name) as source:
                    yield wanted[name].keep(source)
    except zipfile.BadZipFile:  # it broke off
        return
