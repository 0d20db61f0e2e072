"""Start a keeper: ``python -I -S …/keeper/__main__.py <data directory> <socket>``.

Ends at once, with success, when the data directory has a keeper already.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import threading
import uuid
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3]))  # -I and -S left it out

from jobs_ext.runner.keeper import processes
from jobs_ext.runner.keeper.attempts import Attempts
from jobs_ext.runner.keeper.journal import Journal, begun, decode
from jobs_ext.runner.keeper.server import Keeper
from jobs_ext.runner.keeper.turns import turns


def main(data_dir: Path, socket_path: Path) -> None:
    """Be the keeper of `data_dir` until there is nothing left to keep."""
    lock = os.open(data_dir / "keeper.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    processes.become_subreaper()
    threading.excepthook = _end
    journal = Journal(data_dir / "journal")
    known = begun(decode(journal.path.read_bytes()))
    instance = str(uuid.uuid4())
    attempts = Attempts(journal, known)
    keeper = Keeper(socket_path, instance, attempts, journal)
    _write_card(data_dir / "keeper.json", instance)
    if attempts.starts_apart:
        turns.give_way()
    keeper.run()
    socket_path.unlink(missing_ok=True)


def _end(failure: threading.ExceptHookArgs) -> None:
    """End the keeper as a failure of its first thread would: no lane waits for a dead one."""
    threading.__excepthook__(failure)
    os._exit(1)


def _write_card(path: Path, instance: str) -> None:
    """Say who the keeper is, for people and for `doctor`."""
    entry = processes.find(os.getpid())
    card = {
        "pid": os.getpid(),
        "process_start": entry.start if entry else None,
        "boot_id": processes.boot_id(),
        "instance": instance,
    }
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(card) + "\n")
    fresh.chmod(0o600)
    fresh.rename(path)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except OSError as error:  # a disk that is full or can't be written; whoever asked tries again
        sys.exit(f"keeper: {error}")
