"""Why a job waits or failed: an enum for programs and one plain sentence for people."""

from __future__ import annotations

import signal as signals
from enum import StrEnum

from .quantities import show_bytes, show_duration


class ReasonCode(StrEnum):
    """Why a job waits, failed or was cancelled."""

    WAITING_SLOTS = "waiting_slots"  # waits for a free share of the machine
    WAITING_JOBS = "waiting_jobs"  # waits for jobs it comes after
    WAITING_RETRY = "waiting_retry"  # waits until its next attempt is due
    WAITING_RUNNER = "waiting_runner"  # waits until there is a runner again
    WAITING_DISK = "waiting_disk"  # waits until the disk of the data directory has room
    WAITING_BATCH = "waiting_batch"  # waits: as many jobs of its batch run as may
    WAITING_QUEUE = "waiting_queue"  # waits: as many jobs of its queue run as may
    WAITING_TOOL = "waiting_tool"  # waits: as many jobs of its tool run as may
    WAITING_OWNER = "waiting_owner"  # waits: as many jobs of its owner run as may
    WAITING_GPUS = "waiting_gpus"  # waits for GPUs of its own
    WAITING_NODE = "waiting_node"  # waits for a node that takes it
    WAITING_TURN = "waiting_turn"  # waits for its owner's turn: other owners' jobs wait, too
    HELD = "held"  # waits for `release`
    EXIT_CODE = "exit_code"  # its program ended with an exit code other than 0
    SIGNAL = "signal"  # a signal ended its program
    EXCEPTION = "exception"  # its function or notebook raised
    OUT_OF_MEMORY = "out_of_memory"  # it used more memory than it reserved
    TIME_LIMIT = "time_limit"  # it ran longer than its time limit
    LOG_LIMIT = "log_limit"  # it wrote more to its log than it may
    OUTPUT_LIMIT = "output_limit"  # its files took more of the disk than they may
    DISK_FULL = "disk_full"  # it failed when no space was left on a disk it writes to
    MISSING_INPUT = "missing_input"  # a file it reads was gone when it was to start
    INPUT_CHANGED = "input_changed"  # a file it reads was edited between its submit and its start
    MISSING_OUTPUT = "missing_output"  # it did not write an output that its tool requires
    FETCH_FAILED = "fetch_failed"  # an input named by a URI could not be fetched
    ARCHIVE_FAILED = "archive_failed"  # its outputs are there, but could not be archived
    CANNOT_START = "cannot_start"  # its program could not be started
    IMPORT_ERROR = "import_error"  # its function needs a module that its interpreter lacks
    DEPENDENCY_FAILED = "dependency_failed"  # a job it comes after did not succeed
    INTERNAL_ERROR = "internal_error"  # jobs_ext itself failed; runner.log has the traceback
    LOST = "lost"  # nobody knows how its attempt ended
    LEASE_EXPIRED = "lease_expired"  # its node was not heard of for longer than its lease
    NODE_FAILED = "node_failed"  # its node said that it failed
    ABORTED = "aborted"  # somebody took it from its node
    REUSED = "reused"  # it succeeded without running: an equal job had (`cache`)
    CANCELLED = "cancelled"  # somebody cancelled it


#: Codes of attempts of which nobody knows how they ended: ``on_lost`` says what comes after them.
LOST = (ReasonCode.LOST, ReasonCode.LEASE_EXPIRED)


_LAST_SIGNAL = 31  # those above have no names
_EXITS = {126: "not executable", 127: "command not found"}
_SAID = {  # by commands that were found, and end with 127, too
    "error while loading shared libraries": "a library that it needs is missing",
    "to pass options in shebang lines": "its first line has options, or ends as in Windows: CR LF",
}
_SIGNALS: dict[int, str] = {
    signals.SIGSEGV: "it used memory that is not its own, or ran out of stack",
    signals.SIGBUS: "it used memory that is not there",
    signals.SIGILL: "it was made for another kind of processor",
    signals.SIGFPE: "it divided by zero or the like",
    signals.SIGABRT: "it gave up by itself",
    signals.SIGPIPE: "nobody reads what it writes any more",
    signals.SIGKILL: "something other than jobs_ext killed it",
    signals.SIGTERM: "something other than jobs_ext told it to end",
    signals.SIGINT: "something other than jobs_ext interrupted it",
    signals.SIGHUP: "something other than jobs_ext told it to end",
    signals.SIGXCPU: "it reached `ulimit -t`, its own or of who began the server",
    signals.SIGXFSZ: "a file of it became larger than `ulimit -f` lets it",
}


def signal_name(number: int) -> str:
    """Return e.g. ``SIGKILL`` for 9; ``signal 99`` for a number without a name."""
    try:
        return signals.Signals(number).name
    except ValueError:
        return f"signal {number}"


def exit_sentence(code: int, last_line: str = "") -> str:
    """Say that a program ended with exit code `code`; `last_line` is the end of what it said."""
    hint = next((hint for said, hint in _SAID.items() if said in last_line), _EXITS.get(code, ""))
    if 128 < code <= 128 + _LAST_SIGNAL:  # what a shell makes of it
        hint = f"a program in it was killed by {signal_name(code - 128)}"
    said = f" ({hint})" if hint else ""
    return f"exited with code {code}{said}" + (f": {last_line}" if last_line else "")


def signal_sentence(number: int, last_line: str = "") -> str:
    """Say that a signal ended the program; `last_line` is the end of what it said."""
    hint = _SIGNALS.get(number)
    sentence = f"killed by {signal_name(number)}" + (f": {hint}" if hint else "")
    return f"{sentence}; its last line: {last_line}" if last_line else sentence


def system_memory_sentence(number: int) -> str:
    """Say that a signal ended the program because the machine has no memory left."""
    return f"killed by {signal_name(number)}: the machine ran out of memory"


def memory_sentence(used: int, limit: int) -> str:
    """Say that the job used more memory than it reserved; both in bytes."""
    return f"killed: used {show_bytes(used)} of {show_bytes(limit)}"


def log_sentence(limit: int) -> str:
    """Say that the job wrote more than `limit` bytes to its log."""
    return f"wrote more than {show_bytes(limit)} to its log"


def output_sentence(limit: int) -> str:
    """Say that the job's new files took more than `limit` bytes of the disk."""
    return f"its files took more than {show_bytes(limit)} of the disk"


def lease_sentence(node: str, lease: float) -> str:
    """Say that the node of that name was silent for longer than the lease, in seconds."""
    return f"its node {node} was not heard of for {show_duration(lease)}"


def time_sentence(limit: float) -> str:
    """Say that the job ran into its time limit, in seconds."""
    return f"stopped: ran longer than its time limit of {show_duration(limit)}"
