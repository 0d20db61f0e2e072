"""What a notebook can see go wrong. Each shows as one short line there, not as a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs_ext.model.errors import (
    Conflict,
    DiskFull,
    Forbidden,
    InvalidRequest,
    JobsError,
    NotFound,
    OverQuota,
    RangeNotSatisfiable,
    StoreRefused,
    StoreUnavailable,
    TooLarge,
    TooMany,
    Unauthenticated,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "AmbiguousOutput",
    "ArchiveFailed",
    "Conflict",
    "DiskFull",
    "Forbidden",
    "InvalidRequest",
    "JobCancelled",
    "JobFailed",
    "JobsError",
    "NoServer",
    "NoSuchJob",
    "NoSuchOutput",
    "NoTable",
    "NotFound",
    "NotPicklable",
    "OverQuota",
    "RangeNotSatisfiable",
    "StillRunning",
    "StoreRefused",
    "StoreUnavailable",
    "TooLarge",
    "TooMany",
    "Unauthenticated",
    "VersionMismatch",
    "WaitTimeout",
    "WrongArguments",
]


class NoServer(JobsError):
    """No Jupyter server with this extension could be reached; the message says what was tried."""

    type = "no_server"


class VersionMismatch(JobsError):
    """Client and server speak different versions of the API; the hint says what to upgrade."""

    type = "version_mismatch"


class JobFailed(JobsError):
    """A job whose result was asked for has failed.

    `reason` is the one sentence why, `log` the end of what it wrote, `remote_traceback` the
    traceback of a failed function or notebook.
    """

    type = "job_failed"

    def __init__(
        self, message: str, *, reason: str = "", log: str = "", remote_traceback: str = ""
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.log = log
        self.remote_traceback = remote_traceback

    def __str__(self) -> str:
        """Return the sentence and, below it, the remote traceback or else the end of the log."""
        below = self.remote_traceback or self.log
        return f"{self.message}\n{below}".rstrip()


class JobCancelled(JobFailed):
    """The job whose result was asked for was cancelled."""

    type = "job_cancelled"


class WaitTimeout(JobsError, TimeoutError):
    """The time given to `wait` or `result` is over; the job itself goes on."""

    type = "wait_timeout"


class ArchiveFailed(JobsError):
    """The outputs of a job could not be archived; the message says why."""

    type = "archive_failed"


class AmbiguousOutput(JobsError):
    """No output, or more than one, could be meant by `df()`; the message names them."""

    type = "ambiguous_output"


class NotPicklable(JobsError, TypeError):
    """A function or argument can't be sent to a job; the message names the thing in it."""

    type = "not_picklable"


class WrongArguments(InvalidRequest, TypeError):
    """The arguments do not fit what is called, found before anything was sent."""


class NoSuchOutput(NotFound, KeyError):
    """The job has no output of that name; the message lists those it has."""


class NoSuchDataset(NotFound, KeyError):
    """The project has no data set of that name, or no such version of it."""


class NoTable(JobsError, ValueError):
    """An output can't be read as a table; the message says what is wrong with it."""

    type = "no_table"


class NoSuchJob(NotFound, IndexError):
    """The batch has no job of that number."""


class StillRunning(KeyboardInterrupt):
    """The wait was interrupted; the job was not."""

    def _render_traceback_(self) -> list[str]:
        return [f"Interrupted: {self}"]


def near(word: str, known: Iterable[str]) -> str:
    """Return ``Did you mean 'memory'?`` for a misspelt word, else the list of known ones."""
    import difflib

    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"There are: {', '.join(names)}." if names else ""


def of_response(status: int, body: object) -> JobsError:
    """Return the error that a refusal of the server stands for.

    `status` is the HTTP status, `body` the decoded JSON: ours has ``type``, Jupyter's own only
    ``message``.
    """
    told = body if isinstance(body, dict) else {}
    message = str(told.get("message") or f"The server answered with HTTP status {status}.")
    kinds = (
        InvalidRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, TooMany,
        RangeNotSatisfiable, StoreUnavailable, StoreRefused, DiskFull, OverQuota,
    )  # fmt: skip
    kind: type[JobsError] = next(
        (k for k in kinds if k.type == told.get("type")),
        next((k for k in kinds if k.http_status == status), JobsError),
    )
    return kind(
        message,
        field=told.get("field"),
        value=told.get("value"),
        hint=str(told.get("hint") or ""),
    )
