"""The files a job produced: read by path where the file system is shared, else by ranged HTTP."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from jobs_ext.model import job as model
from jobs_ext.model import media

from . import frames
from .errors import NoSuchOutput, near
from .remote import CHUNK, RemoteFile, appearing, safe
from .wire import Reference

if TYPE_CHECKING:
    from .connection import Connection


class OutputFile(RemoteFile, Reference):
    """One output of a job. Usable as another job's argument."""

    _kind = "output"

    def __init__(
        self,
        connection: Connection,
        job: str,
        info: model.Output,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        """Take an output, of the latest attempt unless `params` of its address say otherwise."""
        address = f"jobs/{job}/outputs/{quote(info.name)}"
        super().__init__(connection, info, address, dict(params or {}), f"job {job}")
        self.job = job

    def reference(self) -> dict[str, Any]:
        """Return the JSON by which a request names this output."""
        return {"$output": {"job": self.job, "name": self.name}}


class Outputs(Mapping[str, OutputFile]):
    """A job's outputs by name; what a tool calls ``table`` also by its file's name, ``t.csv``."""

    def __init__(
        self,
        connection: Connection,
        job: model.Job,
        attempt: int | None = None,
        changed: Callable[[], None] | None = None,
        *,
        so_far: bool = False,
    ) -> None:
        """Take the outputs of an attempt, of the latest by default; a job itself names few.

        With `so_far` the files that an attempt under way has written are among them.
        `changed` is called when what is known of the job is out of date.
        """
        listed = job.outputs
        params: dict[str, Any] = {} if attempt is None else {"attempt": attempt}
        params |= {"so_far": "true"} if so_far else {}
        if params or job.n_outputs > len(listed):
            listed = _all(connection, job.id, params)
        self._files = {o.name: OutputFile(connection, job.id, o, params) for o in listed}
        self._names = {PurePosixPath(o.path).name: o.name for o in listed if o.path}
        self._connection = connection
        self._params = params
        self._changed = changed
        self._job = job

    def __getitem__(self, name: str) -> OutputFile:
        found = self._files.get(name) or self._files.get(self._names.get(name, ""))
        if found is not None:
            return found
        raise NoSuchOutput(
            f"Job {self._job.name!r} ({self._job.status}) has no output {name!r}.",
            field="output",
            value=name,
            hint=near(name, self._files) or "It has no outputs.",
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __repr__(self) -> str:
        told = "\n".join(map(repr, self._files.values()))
        for table in self.tables()[:1]:
            told += f"\n[{table.name!r}].df() reads it as a table; .text() as a text"
        return told or "<no outputs; logs() has what it printed>"

    def main(self) -> OutputFile | None:
        """Return the output that is declared to be the main one."""
        marked = [f for f in self._files.values() if f.info.main]
        return marked[0] if len(marked) == 1 else None

    def find(self, filter: str) -> list[OutputFile]:  # noqa: A002
        """Return the outputs that a filter finds on the server, such as ``name ends ".csv"``."""
        found = _all(self._connection, self._job.id, {**self._params, "filter": filter})
        return [OutputFile(self._connection, self._job.id, o, self._params) for o in found]

    def tables(self) -> list[OutputFile]:
        """Return the outputs that surely hold a table."""
        return [f for f in self._files.values() if frames.is_tabular(f.name, f.media_type)]

    def arrays(self) -> list[OutputFile]:
        """Return the outputs that hold NumPy's arrays, which may be as good as tables."""
        kinds = (media.NPY, media.NPZ)
        return [f for f in self._files.values() if frames.kind(f.name, f.media_type) in kinds]

    def sole(self) -> list[OutputFile]:
        """Return the only output, where it may hold a table; nothing of several."""
        files = list(self._files.values())
        alone = len(files) == 1 and frames.may_be_tabular(files[0].name, files[0].media_type)
        return files if alone else []

    def add(
        self,
        path: str | os.PathLike[str],
        name: str | None = None,
        media_type: str | None = None,
    ) -> OutputFile:
        """Send a file to the job as an output, or in the place of the one of this name.

        Its name is the file's unless another is given; its type what the name's end stands for.
        Raises `Conflict` before the job's first attempt.
        """
        called = name or Path(path).name
        headers = {"Content-Type": media_type or media.guess(called)}
        with Path(path).open("rb") as file:
            answer = self._connection.request(
                "PUT", self._place(called), data=file, headers=headers
            )
        told = msgspec.json.decode(answer.content, type=model.Output)
        self._files[told.name] = OutputFile(self._connection, self._job.id, told)
        self._tell()
        return self._files[told.name]

    def remove(self, name: str) -> None:
        """Take an output off the list; its file goes unless it lies in the submitter's folder."""
        self._connection.request("DELETE", self._place(name))
        self._files.pop(name, None)
        self._tell()

    def _tell(self) -> None:
        if self._changed is not None:
            self._changed()

    def _place(self, name: str) -> str:
        return f"jobs/{self._job.id}/outputs/{quote(os.fsencode(name))}"

    def save_zip(self, dest: str | os.PathLike[str], match: Sequence[str] = ()) -> Path:
        """Write all of them, or those whose names match a pattern, into the zip `dest`."""
        target = Path(dest)
        target.parent.mkdir(parents=True, exist_ok=True)
        response = self._connection.request(
            "GET", f"jobs/{self._job.id}/outputs.zip", params={"match": list(match)}, stream=True
        )
        with response, appearing(target) as half, half.open("wb") as file:
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
        return target

    def save(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Copy all of them below `folder`, which is made."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        return [file.save_as(place / safe(file.filename)) for file in self._files.values()]


class OutputReference(Reference):
    """An output that may not be there yet, usable as another job's argument."""

    def __init__(self, job: str, name: str) -> None:
        self.job = job
        self.name = name

    def __repr__(self) -> str:
        return f"<output {self.name} of job {self.job}>"

    def reference(self) -> dict[str, Any]:
        """Return the JSON by which a request names this output."""
        return {"$output": {"job": self.job, "name": self.name}}


def _all(connection: Connection, job: str, params: Mapping[str, Any]) -> list[model.Output]:
    """Return all outputs that these parameters ask for, page by page."""
    found: list[model.Output] = []
    asked = {"limit": 500, **params}
    while True:
        response = connection.request("GET", f"jobs/{job}/outputs", params=asked)
        page = msgspec.json.decode(response.content, type=model.Page[model.Output])
        found += page.items
        if page.next is None:
            return found
        asked["cursor"] = page.next
