"""What became of an attempt: from how its process ended to a status, a code and a sentence."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any, NamedTuple

from ..model.reasons import (
    ReasonCode,
    exit_sentence,
    log_sentence,
    memory_sentence,
    output_sentence,
    signal_sentence,
    system_memory_sentence,
)
from ..model.status import Status
from .executors import Exited
from .staging import Plan
from .tail import last_line, one_line

_SHELLS_SIGKILL = 128 + signal.SIGKILL
_MEMORY_ERRORS = ("MemoryError", "_ArrayMemoryError")  # Python's and numpy's
_OWN_FAULT = (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT)


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
    flood: int = 0  # bytes: the limit that a log of it exceeded
    unmatched: tuple[str, ...] = ()  # patterns of outputs that it wrote nothing for


def judge(one: Plan, exited: Exited, found: Evidence) -> Verdict:
    """Return the verdict.

    Whether it was cancelled follows from who told it to stop, never from the exit code.
    """
    if exited.told is not None:
        return stopped(exited.told.code, exited.told.sentence)
    if exited.exceeded:
        told = memory_sentence(exited.peak_memory, one.work.memory or 0)
        return _failed(ReasonCode.OUT_OF_MEMORY, told)
    if exited.signal is not None:
        return _by_signal(one, exited.signal, oom=found.oom)
    if one.kind == "steps" and (failed := _error(Path(one.request, "failed.json"))):
        return _by_step(one, failed, oom=found.oom)
    if exited.exit_code:
        said = _by_error(one, oom=found.oom)
        return said or _by_code(one, exited.exit_code, oom=found.oom)
    if found.flood:
        return _failed(ReasonCode.LOG_LIMIT, log_sentence(found.flood))
    if found.excess:
        return _failed(ReasonCode.OUTPUT_LIMIT, output_sentence(found.excess))
    if found.missing:
        return _failed(ReasonCode.MISSING_OUTPUT, "; ".join(found.missing))
    return Verdict(Status.SUCCEEDED)


def stopped(code: ReasonCode, sentence: str) -> Verdict:
    """Return the verdict on an attempt that was told to stop."""
    status = Status.CANCELLED if code is ReasonCode.CANCELLED else Status.FAILED
    return Verdict(status, code, sentence)


def _by_signal(one: Plan, number: int, *, oom: bool) -> Verdict:
    if number == signal.SIGKILL and oom:
        return _failed(ReasonCode.OUT_OF_MEMORY, system_memory_sentence(number))
    said = _last_words(one) if number in _OWN_FAULT else ""
    return _failed(ReasonCode.SIGNAL, signal_sentence(number, said))


def _by_code(one: Plan, code: int, *, oom: bool) -> Verdict:
    if code == _SHELLS_SIGKILL and oom:
        return _failed(ReasonCode.OUT_OF_MEMORY, system_memory_sentence(signal.SIGKILL))
    return _failed(ReasonCode.EXIT_CODE, exit_sentence(code, _last_words(one)))


def _failed(code: ReasonCode, sentence: str) -> Verdict:
    return Verdict(Status.FAILED, code, sentence)


def _last_words(one: Plan) -> str:
    """Return the last line of stderr, or of stdout when nothing stands there."""
    return last_line(one.at.stderr) or last_line(one.at.stdout)


def _by_error(one: Plan, *, oom: bool) -> Verdict | None:
    """Return what a payload said that went wrong, None when it said nothing."""
    said = _error(Path(one.request, "error.json"))
    if said is None:
        return None
    kind, message = (one_line(str(said.get(key, ""))) for key in ("type", "message"))
    where = f"cell {said['cell']} failed: " if "cell" in said else ""
    message += "" if oom else _of_kernel(said.get("code"))
    told = f"{where}{kind}: {message}" if message else f"{where}{kind}"
    if kind in ("ImportError", "ModuleNotFoundError"):
        under = f" (under {one.python})" if one.kind == "function" else ""
        return _failed(ReasonCode.IMPORT_ERROR, told + under)
    if kind == "DeadKernelError" and oom:
        return _failed(ReasonCode.OUT_OF_MEMORY, f"{told}: the machine ran out of memory")
    if kind in _MEMORY_ERRORS:
        asked = f"{told}; it asked for more memory than there is"
        return _failed(ReasonCode.OUT_OF_MEMORY, asked)
    return _failed(ReasonCode.EXCEPTION, told)


def _of_kernel(code: object) -> str:
    """Say how a kernel died; "" when it is not known."""
    if not isinstance(code, int):
        return ""
    return f": {signal_sentence(-code) if code < 0 else exit_sentence(code)}"


def _by_step(one: Plan, said: dict[str, Any], *, oom: bool) -> Verdict:
    """Return what became of a job one of whose steps failed, by name."""
    if "exit_code" in said:
        verdict = _by_code(one, said["exit_code"], oom=oom)
    elif "signal" in said:
        verdict = _by_signal(one, said["signal"], oom=oom)
    else:
        verdict = _failed(ReasonCode(said["code"]), one_line(said["message"]))
    return verdict._replace(reason=f"step {said['step']}: {verdict.reason}")


def _error(path: Path) -> dict[str, Any] | None:
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) else None
