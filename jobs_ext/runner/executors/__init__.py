"""What runs attempts: one file per executor behind one Protocol, keyed by our attempt key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec import Struct

from ...model.reasons import ReasonCode


class Launch(Struct, frozen=True):
    """Everything needed to start one attempt; its files and folders are made, but for `folder`."""

    key: str  # "<job id>/<attempt number>"
    lane: str  # attempts of one lane run one after another, in the order submitted
    argv: list[str]
    cwd: str
    stdout: str
    stderr: str
    alive: str
    environment: dict[str, str]  # this attempt's own variables
    shared: dict[str, str]  # those that many attempts have in common
    memory: int | None = None  # bytes: the executor holds it to that, where it can
    parent: list[str] = []  # argv of a warm parent; its last is the payload that `argv` names
    folder: str | None = None  # of stdout, stderr, alive and outputs: made by who starts it


class Why(Struct, frozen=True):
    """Why an attempt is being stopped; comes back with its end."""

    code: ReasonCode
    sentence: str


class Begun(Struct, frozen=True):
    """The attempt's process runs."""

    key: str
    time: float  # since the epoch
    pid: int
    process_start: float
    monotonic: float  # seconds
    boot_id: str
    host: str
    held: bool = False  # the executor holds it to its memory: nobody else needs to


class Exited(Struct, frozen=True):
    """The attempt's process ended, and nothing that it started is left."""

    key: str
    time: float
    exit_code: int | None
    signal: int | None
    peak_memory: int  # bytes: of its largest process, or of all together where it was held
    cpu_seconds: float
    duration: float
    told: Why | None  # why it was being stopped, if it was
    disk_full: bool = False  # it failed when no room was left on the disk of its folder
    exceeded: bool = False  # it was killed for using more memory than it was held to
    logs: dict[str, str] | None = None  # it succeeded, and left nothing but these; no folder either


class NotStarted(Struct, frozen=True):
    """The attempt could not be started: the end."""

    key: str
    why: str
    code: ReasonCode = ReasonCode.CANNOT_START


class Lost(Struct, frozen=True):
    """Nobody knows how the attempt ended; nothing of it runs any more."""

    key: str
    why: str


class Unstarted(Struct, frozen=True):
    """The attempt was surely never started, and will not be: it may be submitted anew."""

    key: str


Happening = Begun | Exited | NotStarted | Lost | Unstarted


class ExecutorUnavailable(Exception):
    """The executor can't be reached now; nothing is known to have changed."""


class Executor(Protocol):
    """Starts, finds, tells of and stops attempts. Methods may raise `ExecutorUnavailable`."""

    def fileno(self) -> int | None:
        """Return a descriptor that is readable when `poll` may have news, if there is one."""

    @property
    def takes_more(self) -> bool:
        """Whether attempts can be submitted now. Those under way are looked after in any case."""

    def recover(self, starts: Mapping[str, Begun | None]) -> None:
        """Take over attempts of an earlier runner, by key and known start."""

    def submit(self, launches: Iterable[Launch]) -> None:
        """Start attempts, each when its lane is free. The same key again does nothing."""

    def withdraw(self, keys: Iterable[str]) -> None:
        """Take back attempts that still wait in their lanes; `poll` tells which did."""

    def poll(self) -> list[Happening]:
        """Return what happened since the last call, in order."""

    def stop(self, key: str, why: Why, grace: float) -> None:
        """Begin to end an attempt and everything it started; `poll` tells when that is done.

        `grace` is how many seconds lie between the request to end and the end by force.
        """

    def tidy(self) -> None:
        """Drop records of what is over. Called when every happening polled so far is stored."""

    def close(self, *, idle: bool) -> None:
        """Let go; attempts go on. `idle`: none is left, and none will come soon."""
