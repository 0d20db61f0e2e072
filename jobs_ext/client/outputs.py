"""The files a job produced: read by path where the file system is shared, else by ranged HTTP."""

from __future__ import annotations

import atexit
import io
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote

import msgspec
import requests

from jobs_ext.model import job as model
from jobs_ext.model import media
from jobs_ext.model.quantities import show_bytes

from . import frames
from .errors import JobsError, NoSuchOutput, NoTable, near

if TYPE_CHECKING:
    from .connection import Connection

_CHUNK = 1 << 20
_cache: str | None = None
_lock = threading.Lock()


class OutputFile:
    """One output of a job. Usable as another job's argument."""

    def __init__(
        self, connection: Connection, job: str, info: model.Output, attempt: int | None = None
    ) -> None:
        self._connection = connection
        self.job = job
        self.info = info
        self._attempt = attempt  # None: the latest

    @property
    def name(self) -> str:
        """Its name, relative, with ``/``."""
        return self.info.name

    @property
    def filename(self) -> str:
        """What a copy is called: its name, with the suffix of the file if it has none itself."""
        if PurePosixPath(self.name).suffix:
            return self.name
        return self.name + PurePosixPath(self.info.path or "").suffix

    @property
    def media_type(self) -> str:
        """Its media type, e.g. ``text/csv``."""
        return self.info.media_type

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self.info.size

    def __repr__(self) -> str:
        return f"<output {self.name}: {self.media_type}, {show_bytes(self.size)}>"

    def reference(self) -> dict[str, Any]:
        """Return the JSON by which a request names this output."""
        return {"$output": {"job": self.job, "name": self.name}}

    @property
    def path(self) -> Path:
        """A file here that holds it: the original where it can be reached, else a copy.

        The copy is kept until this process ends. Raises `NotFound` when the file has vanished.
        """
        found = self._here()
        if found is not None:
            return found
        copy = self._copy()
        copy.parent.mkdir(parents=True, exist_ok=True)
        with _appearing(copy) as half, half.open("wb") as file:
            self._fetch(file)
        return copy

    def _here(self) -> Path | None:
        """Return a file here that holds it already."""
        if self.info.path and self._connection.shares_files and self._is_there(self.info.path):
            return Path(self.info.path)
        copy = self._copy()
        return copy if copy.is_file() else None

    def _copy(self) -> Path:
        """Return where a copy belongs."""
        version = self.info.sha256 or str(self.size)
        place = Path(_cache_dir()) / self.job / str(self._attempt or "latest") / version
        return place / _safe(self.name)

    def _is_there(self, path: str) -> bool:
        return os.access(path, os.R_OK) and Path(path).stat().st_size == self.size

    def read(self) -> bytes:
        """Return its bytes."""
        return self.path.read_bytes()

    def text(self, encoding: str = "utf-8") -> str:
        """Return it as text."""
        return self.path.read_text(encoding)

    def df(self, engine: str = "pandas", **read_options: Any) -> Any:
        """Return it as a frame of `engine` (pandas, polars or pyarrow), by its kind.

        `read_options` go to the library's own reader. Raises `NoTable` when it can't read it.
        """
        source = self._source(engine, read_options)
        try:
            return frames.read(source, self.name, self.media_type, engine, **read_options)
        except frames.unreadable() as error:
            raise NoTable(
                f"{self.name} of job {self.job} can't be read as a table: {str(error).strip()}",
                field="output",
                value=self.name,
            ) from error

    def _source(self, engine: str, read_options: dict[str, Any]) -> Any:
        """Return what it is read from as a frame: a file, or its bytes where those will do.

        To write a large table to a file first would take longer than to read it.
        """
        known = frames.reads_bytes(self.name, self.media_type, engine, read_options)
        if not known or self._here() is not None:
            return str(self.path)
        fetched = io.BytesIO()
        self._fetch(fetched)
        return frames.from_bytes(fetched.getbuffer())

    def save(self, dest: str | os.PathLike[str] = ".") -> Path:
        """Copy it to `dest`, a file or an existing folder (or one written with / at its end)."""
        target = Path(dest)
        if target.is_dir() or os.fspath(dest).endswith("/"):
            target = target / PurePosixPath(self.filename).name
        return self.save_as(target)

    def save_as(self, target: Path) -> Path:
        """Copy it to the file `target`; it appears there whole."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with _appearing(target) as half:
            shutil.copyfile(self.path, half)
        return target

    def _fetch(self, file: BinaryIO) -> None:
        """Write all of it into `file`."""
        while not self._fetch_rest(file):
            pass

    def _fetch_rest(self, file: BinaryIO) -> bool:
        """Fetch what `file` lacks; False when the line broke after some of it had come."""
        start = file.tell()
        headers = {"Range": f"bytes={start}-", "Accept-Encoding": "identity"} if start else {}
        path = f"jobs/{self.job}/outputs/{quote(self.name)}"
        params = None if self._attempt is None else {"attempt": self._attempt}
        response = self._connection.request(
            "GET", path, params=params, headers=headers, stream=True
        )
        if start and response.status_code != requests.codes.partial_content:
            file.seek(0)
            file.truncate()
        try:
            file.writelines(response.iter_content(_CHUNK))
        except requests.RequestException:
            if file.tell() > start:
                return False
            raise
        finally:
            response.close()
        return True


class Outputs(Mapping[str, OutputFile]):
    """A job's outputs by name; what a tool calls ``table`` also by its file's name, ``t.csv``."""

    def __init__(
        self,
        connection: Connection,
        job: model.Job,
        attempt: int | None = None,
        changed: Callable[[], None] | None = None,
    ) -> None:
        """Take the outputs of an attempt, of the latest by default; a job itself names few.

        `changed` is called when what is known of the job is out of date.
        """
        listed = job.outputs
        if attempt is not None or job.n_outputs > len(listed):
            listed = _all(connection, job.id, attempt)
        self._files = {o.name: OutputFile(connection, job.id, o, attempt) for o in listed}
        self._names = {PurePosixPath(o.path).name: o.name for o in listed if o.path}
        self._connection = connection
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
        return "\n".join(map(repr, self._files.values())) or "<no outputs>"

    def main(self) -> OutputFile | None:
        """Return the output that is declared to be the main one."""
        marked = [f for f in self._files.values() if f.info.main]
        return marked[0] if len(marked) == 1 else None

    def tables(self) -> list[OutputFile]:
        """Return the outputs that surely hold a table."""
        return [f for f in self._files.values() if frames.is_tabular(f.name, f.media_type)]

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
        return f"jobs/{self._job.id}/outputs/{quote(name)}"

    def save_zip(self, dest: str | os.PathLike[str], match: Sequence[str] = ()) -> Path:
        """Write all of them, or those whose names match a pattern, into the zip `dest`."""
        target = Path(dest)
        target.parent.mkdir(parents=True, exist_ok=True)
        response = self._connection.request(
            "GET", f"jobs/{self._job.id}/outputs.zip", params={"match": list(match)}, stream=True
        )
        with response, _appearing(target) as half, half.open("wb") as file:
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)
        return target

    def save(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Copy all of them below `folder`, which is made."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        return [file.save_as(place / _safe(file.filename)) for file in self._files.values()]


class OutputReference:
    """An output that may not be there yet, usable as another job's argument."""

    def __init__(self, job: str, name: str) -> None:
        self.job = job
        self.name = name

    def __repr__(self) -> str:
        return f"<output {self.name} of job {self.job}>"

    def reference(self) -> dict[str, Any]:
        """Return the JSON by which a request names this output."""
        return {"$output": {"job": self.job, "name": self.name}}


def _all(connection: Connection, job: str, attempt: int | None) -> list[model.Output]:
    """Return all outputs of an attempt, page by page."""
    found: list[model.Output] = []
    params: dict[str, Any] = {"limit": 500} | ({} if attempt is None else {"attempt": attempt})
    while True:
        response = connection.request("GET", f"jobs/{job}/outputs", params=params)
        page = msgspec.json.decode(response.content, type=model.Page[model.Output])
        found += page.items
        if page.next is None:
            return found
        params["cursor"] = page.next


def _safe(name: str) -> PurePosixPath:
    """Return an output's name as a relative path that stays below its folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise JobsError(f"The output name {name!r} leads out of its folder.")
    return path


class _appearing:  # noqa: N801 - used as a verb
    """A file written beside `target` and renamed to it when all went well."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._half = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.part")

    def __enter__(self) -> Path:
        return self._half

    def __exit__(self, kind: object, *rest: object) -> None:
        if kind is None:
            self._half.replace(self._target)
        else:
            self._half.unlink(missing_ok=True)


def _cache_dir() -> str:
    """Return a folder for copies, made once and removed when this process ends."""
    global _cache
    with _lock:
        if _cache is None:
            _cache = tempfile.mkdtemp(prefix="jobs_ext-")
            atexit.register(shutil.rmtree, _cache, ignore_errors=True)
        return _cache
