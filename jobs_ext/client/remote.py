"""Files of the server: read by path where the file system is shared, else by ranged HTTP."""

from __future__ import annotations

import atexit
import hashlib
import io
import os
import shutil
import tempfile
import threading
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote_to_bytes

import requests

from jobs_ext.model import job as model
from jobs_ext.model.quantities import show_bytes

from . import frames
from .errors import JobsError, NoTable

if TYPE_CHECKING:
    from .connection import Connection

CHUNK = 1 << 20  # bytes
_cache: str | None = None
_lock = threading.Lock()


class RemoteFile:
    """A file at `address`, below the API; with `params` that say which is meant."""

    _kind = "file"

    def __init__(
        self,
        connection: Connection,
        info: model.Output,
        address: str,
        params: dict[str, Any],
        origin: str,
    ) -> None:
        """Take what is known of it, and whose it is (`origin`: "job 0192…")."""
        self._connection = connection
        self.info = info
        self._address = address
        self._params = params
        self._origin = origin

    @property
    def name(self) -> str:
        """Its name, relative, with ``/``."""
        return self.info.name

    @property
    def filename(self) -> str:
        """What a copy is called: its name, with the suffix of the file if it has none itself.

        A name that is not UTF-8 is as Python has those of files (`os.fsdecode`).
        """
        if self.info.raw is not None:
            return os.fsdecode(unquote_to_bytes(self.info.raw))
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
        return f"<{self._kind} {self.name}: {self.media_type}, {show_bytes(self.size)}>"

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
        with appearing(copy) as half, half.open("wb") as file:
            self._fetch(file)
        return copy

    @property
    def is_here(self) -> bool:
        """Whether it can be read without asking the server."""
        return self._here() is not None

    def keep(self, source: IO[bytes]) -> Path:
        """Take what `source` has for its content; return the copy, which is read from then on."""
        copy = self._copy()
        copy.parent.mkdir(parents=True, exist_ok=True)
        with appearing(copy) as half, half.open("wb") as file:
            shutil.copyfileobj(source, file)
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
        said = hashlib.sha256(f"{self._address}?{self._params}".encode()).hexdigest()[:32]
        return Path(_cache_dir()) / said / version / safe(self.name)

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
                f"{self.name} of {self._origin} can't be read as a table: {str(error).strip()}",
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
        with appearing(target) as half:
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
        response = self._connection.request(
            "GET", self._address, params=self._params, headers=headers, stream=True
        )
        if start and response.status_code != requests.codes.partial_content:
            file.seek(0)
            file.truncate()
        try:
            file.writelines(response.iter_content(CHUNK))
        except requests.RequestException:
            if file.tell() > start:
                return False
            raise
        finally:
            response.close()
        return True


def safe(name: str) -> PurePosixPath:
    """Return an output's name as a relative path that stays below its folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise JobsError(f"The output name {name!r} leads out of its folder.")
    return path


class appearing:  # noqa: N801 - used as a verb
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
