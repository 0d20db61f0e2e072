"""What became of an attempt: from how its process ended to a status, a code and a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from ..model.reasons import ReasonCode, exit_sentence, output_sentence, signal_sentence
from ..model.status import Status
from .executors import Exited
from .staging import Plan

_SIGKILL = 9
_LONGEST = 500  # characters of a message in a reason
_TAIL = 8192  # bytes of stderr that are searched for its last line


class Verdict(NamedTuple):
    """The end of an attempt in three words."""

    status: Status
    code: ReasonCode | None = None
    reason: str | None = None


class Evidence(NamedTuple):
    """What was found beside the exit code."""

    missing: list[str]  # outputs it should have written, as sentences
    excess: int = 0  # bytes: the limit that its outputs exceed
    oom: bool = False  # the system ran out of memory when it ended


def judge(one: Plan, exited: Exited, found: Evidence) -> Verdict:
    """Return the verdict.

    Whether it was cancelled follows from who told it to stop, never from the exit code.
    """
    if exited.told is not None:
        return stopped(exited.told.code, exited.told.sentence)
    if exited.signal is not None:
        return _by_signal(exited.signal, oom=found.oom)
    if exited.exit_code:
        return _by_error(one) or Verdict(
            Status.FAILED,
            ReasonCode.EXIT_CODE,
            exit_sentence(exited.exit_code, last_line(one.at.stderr)),
        )
    if found.excess:
        return Verdict(Status.FAILED, ReasonCode.OUTPUT_LIMIT, output_sentence(found.excess))
    if found.missing:
        return Verdict(Status.FAILED, ReasonCode.MISSING_OUTPUT, "; ".join(found.missing))
    return Verdict(Status.SUCCEEDED)


def stopped(code: ReasonCode, sentence: str) -> Verdict:
    """Return the verdict on an attempt that was told to stop."""
    status = Status.CANCELLED if code is ReasonCode.CANCELLED else Status.FAILED
    return Verdict(status, code, sentence)


def _by_signal(number: int, *, oom: bool) -> Verdict:
    sentence = signal_sentence(number)
    if number == _SIGKILL and oom:
        told = f"{sentence}: the system ran out of memory"
        return Verdict(Status.FAILED, ReasonCode.OUT_OF_MEMORY, told)
    return Verdict(Status.FAILED, ReasonCode.SIGNAL, sentence)


def _by_error(one: Plan) -> Verdict | None:
    """Return what a payload said that went wrong, None when it said nothing."""
    said = _error(one.at.request / "error.json")
    if said is None:
        return None
    kind, message = (one_line(str(said.get(key, ""))) for key in ("type", "message"))
    where = f"cell {said['cell']} failed: " if "cell" in said else ""
    code = ReasonCode.EXCEPTION
    if kind in ("ImportError", "ModuleNotFoundError"):
        code = ReasonCode.IMPORT_ERROR
    told = f"{where}{kind}: {message}" if message else f"{where}{kind}"
    return Verdict(Status.FAILED, code, told)


def _error(path: Path) -> dict[str, Any] | None:
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) else None


def last_line(path: Path) -> str:
    """Return the last line of a log that says something, shortened; "" when none does."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line for line in map(one_line, text.splitlines()) if line]
    return lines[-1] if lines else ""


def one_line(text: str) -> str:
    """Return text as one line, without control characters, shortened."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
