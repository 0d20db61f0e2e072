"""What a submit asks for, as it is sent: strict, so that a misspelt field is refused."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from .notification import Notify
from .provenance import Origin, Packages, Version


class Target(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to run: exactly one of the five kinds is set.

    `function` names the uploaded part that holds the cloudpickled function; `qualname` is how
    people call it, `modules` the top-level modules it can't be loaded without, `code` a hash of
    what it does, wherever it was defined.
    """

    tool: str | UnsetType = UNSET  # name or name-version
    command: list[str] | UnsetType = UNSET  # an argv, never parsed by a shell
    script: str | UnsetType = UNSET  # path
    notebook: str | UnsetType = UNSET  # path
    function: str | UnsetType = UNSET  # part
    qualname: str | UnsetType = UNSET  # how people call the function
    modules: list[str] = []  # top-level modules that the function can't be loaded without
    code: str | UnsetType = UNSET  # a hash of what the function does

    @property
    def kind(self) -> str:
        """Which of the five it is; ``""`` when none or several are set."""
        kinds = [k for k in KINDS if getattr(self, k) is not UNSET]
        return kinds[0] if len(kinds) == 1 else ""


KINDS = ("tool", "command", "script", "notebook", "function")


class Options(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How to run it. Sizes and durations may be text (``"4GB"``, ``"1h"``) or plain numbers."""

    name: str | None = None  # what people call it; default: its target's
    description: str = ""  # what people say of it
    cpu: float | None = None  # cores; default: the tool's, else 1
    memory: int | str | None = None  # bytes; the job is stopped when its tree uses more
    gpu: int | None = None  # GPUs of its own, in CUDA_VISIBLE_DEVICES; default: the tool's, else 0
    timeout: float | str | None = None  # seconds, of one attempt
    max_log_size: int | str | None = None  # bytes that stdout, and that stderr, may have
    max_output_size: int | str | None = None  # bytes of disk that its new files may take
    grace: float | str | None = None  # seconds from SIGTERM to SIGKILL when it is ended; default 5
    retries: int = 0  # further attempts after a failure
    on_lost: str = "fail"  # or "retry": what to do when nobody knows how an attempt ended
    after: list[str] = []  # ids of jobs that must succeed first
    after_ended: list[str] = []  # ids of jobs that must have ended first, whichever way
    executor: str | None = None  # what runs it: "local", or "node"; default: the tool's, else local
    tags: list[str] = []  # what the node must have that runs it
    python: str | None = None  # interpreter, instead of the submitting kernel's
    kernel: str | None = None  # kernelspec name of a notebook
    cwd: str = "here"  # "here" (the submitter's folder), "private", or an absolute path
    inputs: list[str] = []  # files copied into a private folder
    mounts: dict[str, str] = {}  # folders that a private folder links to, by their names in it
    outputs: list[str] = []  # patterns of files to keep, relative to the folder
    archive: str | None = None  # folder below the server's root that gets copies of the outputs
    env: dict[str, str] = {}  # more environment variables
    cache: str = "off"  # or "reuse": take over the results of an equal job that succeeded
    key: str | None = None  # idempotency: the same key and request give the same job
    queue: str | None = None  # one of the server's queues; default: the tool's, else "default"
    priority: int = 0  # larger runs earlier
    max_running: int | None = None  # of a batch: at most so many at once
    workers: str = "own"  # of a batch of functions: each in a process of its own, or "shared" ones
    hold: bool = False  # wait for `release`
    project: str | None = None  # the project it belongs to
    notify: list[str | Notify] = []  # whom to tell when it has ended: URLs, or more of it


class Context(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where the submit came from; the rules of interpreter, folder and environment use it."""

    python: str | None = None  # sys.executable of the submitter
    cwd: str | None = None  # its folder, absolute
    kernel: str | None = None  # its kernelspec name, where known
    environment: dict[str, str] = {}  # the allow-listed variables; kept by content, never served
    path: list[str] = []  # folders of modules that live beside the notebook
    version: Version | None = None  # of that interpreter: 3.11.7
    packages: Packages = []  # installed for it: "numpy 2.1.0"
    origin: Origin = Origin()  # what made the submit


class SubmitRequest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Body of ``POST jobs``."""

    target: Target  # what to run
    arguments: dict[str, Any] = {}  # values, by name
    options: Options = Options()  # how to run it
    context: Context = Context()  # where the submit came from


class JobChange(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Body of ``PATCH jobs/{id}``: what to change of a job; but the description, if it waits."""

    description: str | None = None  # what people say of it
    priority: int | None = None  # larger runs earlier
    hold: bool | None = None  # true: wait for a release; false: go on


class BatchChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of ``PATCH batches/{id}``: what to change of the jobs that wait."""

    priority: int  # larger runs earlier


class BatchRequest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Body of ``POST batches``: one job per entry of `arguments`, `fixed` added to each.

    There are 1 to 100,000 entries.
    """

    target: Target  # what to run
    arguments: list[dict[str, Any]]  # values by name, for each job
    fixed: dict[str, Any] = {}  # values that every job gets
    options: Options = Options()  # how to run each
    context: Context = Context()  # where the submit came from
