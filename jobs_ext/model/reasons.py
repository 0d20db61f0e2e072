"""Why a job waits or failed: an enum for programs and one plain sentence for people."""

from __future__ import annotations

import signal as signals
from enum import StrEnum

from .quantities import show_bytes, show_duration


class ReasonCode(StrEnum):
    """Why a job waits, failed or was cancelled."""

    WAITING_SLOTS = "waiting_slots"
    WAITING_JOBS = "waiting_jobs"
    WAITING_RETRY = "waiting_retry"
    WAITING_BATCH = "waiting_batch"
    HELD = "held"
    EXIT_CODE = "exit_code"
    SIGNAL = "signal"
    EXCEPTION = "exception"
    OUT_OF_MEMORY = "out_of_memory"
    TIME_LIMIT = "time_limit"
    MISSING_INPUT = "missing_input"
    MISSING_OUTPUT = "missing_output"
    CANNOT_START = "cannot_start"
    IMPORT_ERROR = "import_error"
    DEPENDENCY_FAILED = "dependency_failed"
    LOST = "lost"
    CANCELLED = "cancelled"


def signal_name(number: int) -> str:
    """Return e.g. ``SIGKILL`` for 9; ``signal 99`` for a number without a name."""
    try:
        return signals.Signals(number).name
    except ValueError:
        return f"signal {number}"


def exit_sentence(code: int, last_line: str = "") -> str:
    """Say that a program ended with exit code `code`; `last_line` is the end of its stderr."""
    said = {126: " (not executable)", 127: " (command not found)"}.get(code, "")
    return f"exited with code {code}{said}" + (f": {last_line}" if last_line else "")


def signal_sentence(number: int) -> str:
    """Say that a signal ended the program."""
    return f"killed by {signal_name(number)}"


def memory_sentence(used: int, limit: int) -> str:
    """Say that the job used more memory than it reserved; both in bytes."""
    return f"killed: used {show_bytes(used)} of {show_bytes(limit)}"


def time_sentence(limit: float) -> str:
    """Say that the job ran into its time limit, in seconds."""
    return f"stopped: ran longer than its time limit of {show_duration(limit)}"
