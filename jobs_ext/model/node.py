"""Nodes: workers outside that take jobs over HTTP, and what they tell of them (UFDL's protocol)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from .job import Job
from .request import Target
from .status import Status


class NodeRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``POST nodes``: what a worker says of itself."""

    name: str  # one of a kind on the server; whoever registers it again gets it back
    cpu: float | None = None  # cores it gives to a job; default: jobs of any size
    memory: int | str | None = None  # bytes it gives to a job; default: jobs of any size
    gpus: int = 0  # GPUs it gives to a job
    tags: list[str] = []  # what jobs may ask for by their option `tags`
    about: dict[str, Any] = {}  # anything else it tells of itself


class HeldJob(Struct, frozen=True):
    """A job that a node has taken and not given back."""

    job: str  # its id
    pk: int  # of the job
    attempt: int  # number of the attempt that the node makes
    status: Status  # STARTING: acquired; RUNNING: started
    cancel_requested: bool = False  # somebody asked for its end: stop, and finish it


class Node(Struct, frozen=True, kw_only=True):
    """A worker outside of the server."""

    id: str  # by which it calls itself in everything it asks for
    pk: int  # a number, as some dialects want it
    name: str  # one of a kind on the server
    owner: str  # who registered it
    cpu: float | None  # cores it gives to a job; None: to jobs of any size
    memory: int | None  # bytes
    gpus: int  # GPUs it gives to a job
    tags: list[str]  # what jobs may ask for by their option `tags`
    about: dict[str, Any]  # anything else it tells of itself
    created: str  # when it was registered
    seen: str  # when it was last heard of
    jobs: list[HeldJob] = []  # what it holds now


class AcquireRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``POST nodes/{node}/acquire``."""

    job: str | None = None  # the id of the job that is wanted; default: the next that suits
    tools: list[str] = []  # only jobs of these, by name or name-version; default: of any


class NodeInput(Struct, frozen=True):
    """A file that a job reads: ``GET nodes/{node}/jobs/{job}/inputs/{number}`` gives its bytes."""

    number: int  # from 0 on
    argument: str  # name of the one that it belongs to
    path: str  # what it is called in the folder of the job, and in command and arguments


class Assignment(Struct, frozen=True, kw_only=True):
    """A job that a node has just acquired, with all that it takes to run it."""

    job: Job  # as it is shown
    attempt: int  # its number goes with everything the node tells of the job
    target: Target  # the whole of what was submitted: a tool or a command
    command: list[str] | None  # what to run, arguments filled in; None: the tool has no command
    arguments: dict[str, Any]  # those of the job, with the paths of `inputs` in them
    inputs: list[NodeInput]  # files to fetch before it is run
    tool: dict[str, Any] | None  # the tool as it was at submit
    timeout: float | None  # seconds it may run
    lease: float  # seconds of silence after which the job is taken back


class Acquired(Struct, frozen=True):
    """What a node gets when it asks for a job."""

    assignment: Assignment | None = None  # null: none waits that suits it


class NodeStart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``start`` and ``release``."""

    attempt: int  # that of the assignment


class NodeProgress(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``progress``: how far the job is; everybody who watches it sees all of it."""

    attempt: int  # that of the assignment
    fraction: float | None = None  # 0.0 to 1.0
    message: str = ""  # for people
    data: Any = None  # any JSON


class NodeFinish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``finish``: how it ended."""

    attempt: int  # that of the assignment
    success: bool  # false: the attempt failed
    reason: str | None = None  # of a failure: why, in the node's own words
    exit_code: int | None = None  # of the program, if there was one
    duration: float | None = None  # seconds it ran, by the node's monotonic clock
