"""What passes between the service and the runner: claimed work and what became of it."""

from __future__ import annotations

import os
from typing import Any

from msgspec import Struct

from .archive import ArchivePlace
from .job import Progress
from .request import Context, Options, Target
from .status import Stage, Status


class Fingerprint(Struct, frozen=True):
    """What a file was like when it was looked at."""

    size: int  # bytes
    changed: int  # when it was last written, in ns since the epoch
    sha256: str | None = None  # None: it was too large to be read

    @classmethod
    def of(cls, status: os.stat_result) -> Fingerprint:
        """Return the fingerprint of a file whose bytes were not read."""
        return cls(status.st_size, status.st_mtime_ns)


class Work(Struct, frozen=True):
    """A job as the runner needs it: everything to launch, watch and finish one attempt.

    Paths of the target and of tool inputs are absolute. `context.python` is the interpreter that
    was settled at submit, for every kind of target. A reference to an upload in `arguments` is
    ``{"$part": name, "filename": …, "media_type": …}`` and `parts[name]` its file.
    """

    id: str
    attempt: int  # number of the attempt
    target: Target
    arguments: dict[str, Any]
    options: Options
    context: Context
    tool: dict[str, Any] | None  # the tool as it was at submit (`tool.Tool` as JSON)
    parts: dict[str, str]  # name of an uploaded part → file that holds it
    batch: str | None
    batch_index: int | None
    cpu: float
    memory: int | None  # bytes
    timeout: float | None  # seconds
    cancel_requested: bool = False
    inputs: dict[str, Fingerprint] = {}  # by path, as they were at submit
    outputs_of: dict[str, str] = {}  # "job-id/output name" of a referenced output → path
    lane: str = ""  # jobs claimed into one lane run one after another; "": a lane of its own
    gpus: tuple[str, ...] = ()  # the GPUs that are its own, as CUDA numbers them
    archive: ArchivePlace | None = None  # where its outputs go when it has succeeded


class Free(Struct, frozen=True):
    """What of the machine no job holds."""

    cpu: float  # cores
    memory: int  # bytes
    gpus: tuple[str, ...] = ()
    beside: float = 0.0  # cores that are for light jobs alone (`model.scheduling`)


class Lane(Struct):
    """A place on the machine that jobs of one batch take in turns: one share for all of them."""

    name: str
    batch: str
    cpu: float
    memory: int | None  # bytes
    room: int  # how many more jobs may wait in it


class Started(Struct, frozen=True, tag=True):
    """The attempt's process runs."""

    job: str
    attempt: int
    time: str
    pid: int
    process_start: float  # in clock ticks since boot: with pid and boot id, who it is
    monotonic: float  # seconds: deadlines count from here
    boot_id: str
    host: str


class NodeStarted(Struct, frozen=True, tag=True):
    """A node has begun with the attempt."""

    job: str
    attempt: int
    time: str
    host: str  # the node's name


class ActiveWork(Struct, frozen=True):
    """A claimed attempt that has not ended: what a new runner needs to find it again."""

    work: Work
    started: Started | None  # None: it is not known to have been started


class Progressed(Struct, frozen=True, tag=True):
    """The job said how far it is."""

    job: str
    attempt: int
    progress: Progress


class Reached(Struct, frozen=True, tag=True):
    """The attempt's program has ended, and the attempt came to a later stage."""

    job: str
    attempt: int
    time: str
    stage: Stage


class FoundOutput(Struct, frozen=True):
    """A file to list among the job's outputs."""

    name: str
    path: str
    media_type: str
    size: int
    sha256: str | None
    main: bool = False
    archive: str | None = None  # of one that was archived: the root that its path lies below
    raw: str | None = None  # of a name that is not UTF-8: its bytes, percent-encoded


class Ended(Struct, frozen=True, tag=True):
    """The attempt is over; `status` is SUCCEEDED, FAILED or CANCELLED.

    The service turns FAILED into PENDING when the job has retries left.
    """

    job: str
    attempt: int
    status: Status
    time: str
    reason_code: str | None = None
    reason: str | None = None
    exit_code: int | None = None
    signal: int | None = None
    peak_memory: int | None = None
    cpu_seconds: float | None = None
    duration: float | None = None
    log_tail: str | None = None  # of one that failed
    outputs: list[FoundOutput] = []
    archive: ArchivePlace | None = None  # where they went, or could not go
    logs: dict[str, str] | None = None  # by stream, when they are kept here and in no file


class Released(Struct, frozen=True, tag=True):
    """A claimed attempt that was never started: the job is RUNNABLE again, no attempt counted."""

    job: str
    attempt: int


class Aborted(Struct, frozen=True, tag=True):
    """Somebody took the job from its node: it is RUNNABLE again."""

    job: str
    attempt: int
    time: str


Change = Started | NodeStarted | Progressed | Reached | Ended | Released | Aborted
