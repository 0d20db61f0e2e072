"""Where things lie in the data directory. Every file name of the project comes from here."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
import uuid
from functools import cached_property
from pathlib import Path

_LONGEST_SOCKET_NAME = len("/server-4194304.sock")
#: What holds the value of a function, by its form. (The payload, which stands alone, has its own.)
VALUES = ("result.json", "result.parquet", "result.pickle")
_SOCKET_PATH_LIMIT = 100  # bytes; the system's own limit is 108 on Linux, 104 on macOS


class AttemptPaths:
    """The files of one attempt of a job; the runner makes them at launch.

    Each is there as a `Path` and, by its name, as text, which costs a tenth of that.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = os.fspath(folder)

    def text(self, name: str = "") -> str:
        """Return the path of a file of this name, or of the folder."""
        return f"{self._folder}/{name}" if name else self._folder

    def _path(self, name: str) -> Path:
        return Path(f"{self._folder}/{name}")

    @cached_property
    def folder(self) -> Path:
        """What holds all the others."""
        return Path(self._folder)

    @cached_property
    def stdout(self) -> Path:
        """What the attempt wrote to its standard output."""
        return self._path("stdout")

    @cached_property
    def stderr(self) -> Path:
        """What the attempt wrote to its standard error."""
        return self._path("stderr")

    @cached_property
    def alive(self) -> Path:
        """Locked by the attempt and its descendants for as long as any of them lives."""
        return self._path("alive")

    @cached_property
    def progress(self) -> Path:
        """JSON lines that the job appends to say how far it is."""
        return self._path("progress")

    @cached_property
    def request(self) -> Path:
        """Folder of what a payload reads: its arguments, and where it leaves its error."""
        return self._path("request")

    @cached_property
    def work(self) -> Path:
        """The private folder a tool's job runs in."""
        return self._path("work")

    @cached_property
    def steps(self) -> Path:
        """Folder of the steps' folders, of a tool that has steps."""
        return self._path("steps")

    @cached_property
    def outputs(self) -> Path:
        """What ``$JOBS_OUTPUT_DIR`` names: every file in it is kept."""
        return self._path("outputs")

    def value(self, name: str) -> str:
        """Return where a function's value of this name lies once its folder is another attempt's.

        That is beside the folder, under a name that begins with the attempt's own.
        """
        return f"{self._folder}.{name}"

    @property
    def values(self) -> list[Path]:
        """Where that may be."""
        return [Path(self.value(name)) for name in VALUES]

    @property
    def checkpoints(self) -> str:
        """What ``$JOBS_CHECKPOINT_DIR`` names: of the job, so that the next attempt finds it."""
        return f"{self._folder.rpartition('-')[0]}-checkpoints"


class Paths:
    """Names in one data directory, and of the sockets that belong to it.

    Sockets lie in `runtime_dir` (default: Jupyter's), or, when that makes their path longer than
    the system takes, in a private folder of the system's temporary directory.
    """

    def __init__(self, data_dir: str | Path, runtime_dir: str | Path | None = None) -> None:
        self.root = Path(data_dir).expanduser().absolute()
        self._runtime = Path(runtime_dir).absolute() if runtime_dir else None

    def make(self) -> None:
        """Make the data directory (mode 0700), its folders, server-id and nonce."""
        for folder in (self.root, self.parts_dir, self.jobs, self.made_tools, self.sockets):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_foreign(self.sockets)
        if self.root.stat().st_uid == os.getuid():
            self.root.chmod(0o700)  # a folder that was there may have let others in
        _write_once(self.root / "server-id", str(uuid.uuid4()))
        _write_once(self.nonce, uuid.uuid4().hex)
        _write_once(self.webhook_secret, secrets.token_hex(32))

    @property
    def db(self) -> Path:
        """The SQLite database."""
        return self.root / "jobs.sqlite"

    @cached_property  # each read of the store looks for it
    def damage(self) -> Path:
        """There as long as the database is known to be damaged; says what was found."""
        return self.beside_db("damaged")

    def beside_db(self, ending: str) -> Path:
        """Return the name of a file that belongs to the database, e.g. ``jobs.sqlite-wal``."""
        mark = "-" if ending in ("wal", "journal") else "."
        return self.root / f"{self.db.name}{mark}{ending}"

    @property
    def parts_dir(self) -> Path:
        """Folder of uploaded files and pickles, named by their SHA-256."""
        return self.root / "parts"

    @cached_property
    def jobs(self) -> Path:
        """Folder of the jobs' own folders."""
        return self.root / "jobs"

    @property
    def trash(self) -> Path:
        """Folder of what is being removed: nothing in it belongs to anybody any more."""
        return self.root / "trash"

    @property
    def spare(self) -> Path:
        """Folder of empty folders that the runner uses again."""
        return self.jobs / "spare"

    @property
    def tools(self) -> Path:
        """Folder of tool files that belong to this data directory."""
        return self.root / "tools"

    @property
    def made_tools(self) -> Path:
        """Folder of the tools that were added over HTTP."""
        return self.tools / "made"

    @property
    def journal(self) -> Path:
        """What the keeper wrote of the ends of processes."""
        return self.root / "journal"

    @property
    def keeper(self) -> Path:
        """JSON that says which process the keeper is."""
        return self.root / "keeper.json"

    @property
    def runner_lock(self) -> Path:
        """Held (flock) by the one runner of this data directory."""
        return self.root / "runner.lock"

    @property
    def migrate_lock(self) -> Path:
        """Held (flock) by the server that brings the database up to date."""
        return self.root / "migrate.lock"

    @property
    def attached(self) -> Path:
        """Held shared (flock) by every server that uses this data directory."""
        return self.root / "attached"

    @property
    def runner_log(self) -> Path:
        """The runner's own log."""
        return self.root / "runner.log"

    @property
    def keeper_log(self) -> Path:
        """The keeper's own log."""
        return self.root / "keeper.log"

    @property
    def nonce(self) -> Path:
        """Random text; who can read it shares this file system."""
        return self.root / "nonce"

    @property
    def webhook_secret(self) -> Path:
        """Random text that webhooks are signed with."""
        return self.root / "webhook-secret"

    def server_id(self) -> str:
        """Return the fingerprint of this data directory: the same for all of its servers."""
        return (self.root / "server-id").read_text().strip()

    def parts(self, sha256: str) -> Path:
        """Return the file that holds the part with this hash."""
        return self.parts_dir / sha256

    def attempt(self, job_id: str, number: int) -> AttemptPaths:
        """Return the names of one attempt's files."""
        return AttemptPaths(f"{self.jobs}/{job_id[:6]}/{job_id}-{number}")

    def given(self, job_id: str) -> Path:
        """Return the folder of the outputs that a job was given from outside."""
        return self.jobs / job_id[:6] / f"{job_id}-given"

    def filesystems(self, owner: str) -> Path:
        """Return the folder of an owner's file systems: folders that jobs of theirs share."""
        return self.all_filesystems / hashlib.sha256(owner.encode()).hexdigest()[:32]

    @property
    def all_filesystems(self) -> Path:
        """The folder of the folders of all owners' file systems."""
        return self.root / "filesystems"

    @property
    def runtime_dir(self) -> Path:
        """The folder that sockets belong into."""
        return self._runtime or _jupyter_runtime_dir()

    @cached_property
    def sockets(self) -> Path:
        """Folder of the sockets, short enough for a socket address."""
        name = "jobs_ext-" + hashlib.sha256(os.fsencode(self.root)).hexdigest()[:8]
        folder = self.runtime_dir / name
        if len(os.fsencode(folder)) + _LONGEST_SOCKET_NAME <= _SOCKET_PATH_LIMIT:
            return folder
        return Path(tempfile.gettempdir()) / f"{name}-{os.getuid()}"

    @property
    def runner_socket(self) -> Path:
        """Datagrams here wake the runner."""
        return self.sockets / "runner.sock"

    @property
    def keeper_socket(self) -> Path:
        """Where the keeper takes orders from the runner."""
        return self.sockets / "keeper.sock"

    def server_socket(self, pid: int) -> Path:
        """Return the socket on which datagrams wake the server with this process id."""
        return self.sockets / f"server-{pid}.sock"


def _jupyter_runtime_dir() -> Path:
    from jupyter_core.paths import jupyter_runtime_dir

    return Path(jupyter_runtime_dir()).absolute()


def _refuse_foreign(folder: Path) -> None:
    """Raise `PermissionError` for a folder somebody else put where our sockets belong."""
    if folder.lstat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to someone else")


def _write_once(path: Path, text: str) -> None:
    """Write a file unless it is there; whoever comes first wins, and nobody sees half of it."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    draft.write_text(text + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
