"""Exit codes: what a shell script can tell from the end of a command."""

from __future__ import annotations

from enum import IntEnum

from jobs_ext.client import errors


class Exit(IntEnum):
    """How a command ended."""

    OK = 0  # done; of `wait`: every job succeeded
    FAILED = 1  # a job failed; of `doctor`: something is broken
    REFUSED = 2  # wrong usage, or the server refused: nothing was done
    CANCELLED = 3  # a job was cancelled, and none failed
    TIMED_OUT = 4  # the time given to `--timeout` is over; the jobs go on
    NO_SERVER = 5  # no server with jobs_ext, of another version, or one whose store can't answer
    INTERRUPTED = 130  # by Ctrl-C; the jobs go on


_OF_ERRORS: tuple[tuple[type[errors.JobsError], Exit], ...] = (
    (errors.JobCancelled, Exit.CANCELLED),
    (errors.JobFailed, Exit.FAILED),
    (errors.ArchiveFailed, Exit.FAILED),
    (errors.WaitTimeout, Exit.TIMED_OUT),
    (errors.NoServer, Exit.NO_SERVER),
    (errors.VersionMismatch, Exit.NO_SERVER),
    (errors.StoreUnavailable, Exit.NO_SERVER),
    (errors.DiskFull, Exit.NO_SERVER),
)


def of_error(error: errors.JobsError) -> Exit:
    """Return the exit code that an error stands for."""
    return next((code for kind, code in _OF_ERRORS if isinstance(error, kind)), Exit.REFUSED)
