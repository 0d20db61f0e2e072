"""What the API says of a job, its attempts, outputs, a batch and an event: plain, frozen.

Of what a page holds many, the garbage collector is told nothing (``gc=False``): what is frozen and
made of JSON can be in no cycle, and to look for one cost a page of 50 jobs a sixth of its time.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from msgspec import Struct

from .status import Status


class Progress(Struct, frozen=True):
    """How far a running job says it is."""

    fraction: float | None = None  # 0.0 to 1.0
    message: str = ""  # for people
    data: Any = None  # any JSON the job sent with it


class Attempt(Struct, frozen=True, gc=False):
    """One try at running a job."""

    number: int  # from 1
    status: Status  # how it stands, or how it ended
    start: str | None = None  # when it began to run
    stop: str | None = None  # when it ended
    exit_code: int | None = None  # None: it was ended by a signal, or has not ended
    signal: int | None = None  # number of the signal that ended it
    peak_memory: int | None = None  # bytes, of the largest process of the attempt
    cpu_seconds: float | None = None  # of all its processes that were waited for
    duration: float | None = None  # seconds, by the monotonic clock
    reason_code: str | None = None  # why it ended so, for programs
    reason: str | None = None  # the same as a sentence
    log_tail: str | None = None  # of one that failed: the last lines of its log, as plain text
    node: str | None = None  # id of the node that made it


class Step(Struct, frozen=True):
    """One of the steps of a job, as its latest attempt ran it."""

    name: str  # as the tool calls it
    ordering: int  # steps with equal numbers run side by side
    status: Status  # PENDING: its turn has not come; CANCELLED: it was never run, or was ended
    started: str | None = None  # when it began to run
    stopped: str | None = None  # when it ended
    exit_code: int | None = None  # None: it was ended by a signal, or has not ended
    signal: int | None = None  # number of the signal that ended it
    reason: str | None = None  # why it failed
    outputs: list[str] = []  # names of the files it wrote, among those that the job shows


class Output(Struct, frozen=True, gc=False):
    """A named file that a job produced."""

    name: str  # relative, with ``/``: unique within the job
    media_type: str  # what kind of file it is
    size: int  # bytes
    sha256: str | None = None  # hash of its content, where one was made
    main: bool = False  # the one `df()` means
    path: str | None = None  # on the server's machine
    archive: str | None = None  # of one that was archived: its path below the server's root
    raw: str | None = None  # of a name that is not UTF-8: its bytes, percent-encoded


class TargetInfo(Struct, frozen=True, gc=False):
    """What was submitted, for reading: never enough to run it again."""

    kind: str  # tool, command, script, notebook or function
    name: str  # wc-1.0, ``wc -l data.txt``, report.ipynb, simulate


class Job(Struct, frozen=True, gc=False):
    """One submitted run."""

    id: str  # UUIDv7
    pk: int  # a number, as some dialects want it
    name: str  # what people call it
    target: TargetInfo  # what it runs
    status: Status  # see the page on statuses
    owner: str  # whose it is
    created: str  # when it was accepted
    stage: str | None = None  # what an active job is at, finer than its status
    reason_code: str | None = None  # why it waits, or ended so, for programs
    reason: str | None = None  # the same as a sentence
    progress: Progress | None = None  # how far it says it is
    description: str = ""  # what people say of it
    notebook: str | None = None  # that it was submitted from, below the server's root
    project: str | None = None  # name of the project it belongs to
    batch: str | None = None  # id of the batch it belongs to
    batch_index: int | None = None  # its place in the batch, from 0
    arguments: dict[str, Any] = {}  # what it was given, by name
    options: dict[str, Any] = {}  # those that were given
    attempts: list[Attempt] = []  # from the first to the latest
    steps: list[Step] = []  # of a tool that has some, in the order they run
    started: str | None = None  # when its latest attempt began to run
    stopped: str | None = None  # when it ended
    deleted: str | None = None  # when it came into the trash
    cancel_requested: str | None = None  # when its end was asked for
    node: str | None = None  # id of the node that has it, or had it when it ended
    outputs: list[Output] = []  # of the latest attempt: the first 100 by name
    n_outputs: int = 0  # of all of them


class Batch(Struct, frozen=True):
    """Jobs submitted together: one target, many argument sets."""

    id: str  # UUIDv7
    pk: int  # a number, as some dialects want it
    name: str  # what people call it
    target: TargetInfo  # what its jobs run
    owner: str  # whose it is
    created: str  # when it was accepted
    n_jobs: int  # of all its argument sets
    n_made: int  # of them that are there as jobs; the rest follow, in groups
    counts: dict[str, int]  # all eight statuses; jobs not made yet count as SUBMITTED
    parameters: list[str] = []  # names of the arguments that differ between the jobs
    fixed: dict[str, Any] = {}  # arguments that all of its jobs have
    options: dict[str, Any] = {}  # those that were given, for each job
    project: str | None = None  # name of the project it belongs to
    deleted: str | None = None  # when it came into the trash
    cancel_requested: str | None = None  # when its end was asked for


class Failures(Struct, frozen=True):
    """Jobs of a batch that failed for the same reason."""

    reason_code: str | None
    n_jobs: int  # of the first 1,000 that failed
    example: Job  # the first of them


class Event(Struct, frozen=True):
    """One entry of the history. Order comes from `seq` alone, never from `time`."""

    seq: int  # larger in every later event
    time: str  # when it happened
    type: str  # submitted, status, progress, …: see the page on statuses
    job: str | None = None  # id of the job it happened to
    batch: str | None = None  # id of that job's batch, or of the batch it happened to
    data: dict[str, Any] = {}  # what the type says of it


T = TypeVar("T")


class Page(Struct, Generic[T], frozen=True):
    """One page of a listing; `next` is the cursor of the following page, None on the last."""

    items: list[T]  # in the order that was asked for
    next: str | None = None  # None: this is the last page
    total: int | None = None  # on the first page of jobs that are filtered by nothing but status


class LogChunk(Struct, frozen=True):
    """A piece of a log, by byte offset."""

    stream: str  # stdout or stderr
    attempt: int  # number of the attempt that wrote it
    offset: int  # of the first byte in `text`
    next: int  # where to read on
    size: int  # bytes in the log now
    text: str  # UTF-8, wrong bytes replaced
    final: bool  # True when nothing more will come
