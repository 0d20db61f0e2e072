"""What every job of a drill does: note its start, work for a while, note its end.

Runs as a program (``python -I -S work.py FOLDER SECONDS CODES CHILD``) or is sent as a function,
so it needs nothing but the standard library. Its notes go to ``FOLDER/ledger``, one line in one
write each: no part of the system under test owns that file.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time


def work(folder: str, seconds: float, codes: str, child: bool = False) -> int:
    """Work for `seconds`; return the attempt's code: with "3,0" the first fails, others succeed.

    A lock tells whether another attempt of the same job, or a child of one, is still there. With
    `child` a process is left behind that would go on for ten minutes.
    """
    job, attempt = os.environ["JOBS_ID"], int(os.environ["JOBS_ATTEMPT"])
    lock = os.open(f"{folder}/locks/{job}", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        twin = False
    except BlockingIOError:
        twin = True
    note(folder, event="start", job=job, attempt=attempt, twin=twin)
    if child and os.fork() == 0:
        time.sleep(600)
        os._exit(0)
    time.sleep(seconds)
    code = int(codes.split(",")[:attempt][-1])
    note(folder, event="end", job=job, attempt=attempt, code=code)
    return code


def task(folder: str, seconds: float, codes: str) -> int:
    """Be `work` as a function: end with its code, or return it when that is 0."""
    code = work(folder, seconds, codes)
    if code:
        sys.exit(code)
    return code


def note(folder: str, **line: object) -> None:
    """Append a line: what is given, the pid, monotonic seconds, and the time of day."""
    line |= {"pid": os.getpid(), "at": time.monotonic(), "time": time.time()}
    file = os.open(f"{folder}/ledger", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, json.dumps(line).encode() + b"\n")
    os.close(file)


if __name__ == "__main__":
    _folder, _seconds, _codes, _child = sys.argv[1:]
    sys.exit(work(_folder, float(_seconds), _codes, _child == "child"))
