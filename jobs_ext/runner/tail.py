"""The end of a log, fit to be shown: a few lines of plain text that give no secret away."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ..store.paths import AttemptPaths

_LINES = 20
_LONGEST = 4000  # bytes of a tail
_LONGEST_LINE = 500  # characters of a sentence's part
_READ = 8192  # bytes at the end of a log that are looked at
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_SECRET = re.compile(r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY")
_FRAME = re.compile(r'\s+File "(.+)", line (\d+)')  # of a traceback
_CALL = re.compile(r'\s+File "(.+)", line (\d+) in (.+)')  # of faulthandler
_PLACELESS = re.compile(r"[^:]*|(Syntax|Indentation|Tab)Error: .*")  # says little by itself
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:: .*)?")
_SHORTEST_SECRET = 6  # characters: a shorter value says nothing, and occurs by chance


def log_tail(at: AttemptPaths) -> str:
    """Return the last lines of stderr, or of stdout when nothing stands there."""
    return _tail(at.stderr) or _tail(at.stdout)


def _tail(path: Path) -> str:
    lines = _lines(path)[-_LINES:]
    while lines and not lines[0]:
        del lines[0]
    data = "\n".join(lines).encode()
    return data[-_LONGEST:].decode("utf-8", "ignore")


def last_line(path: Path) -> str:
    """Return the last line of a log that says something, shortened; "" when none does.

    When Python says there what was raised, that stands first: other things are often said at exit.
    When it says that it crashed, that is it, with the call it was in.
    """
    written = _lines(path)
    lines = [line for line in map(one_line, written) if line]
    if not lines:
        return ""
    if crash := _crash(written):
        return one_line(crash)
    raised, place = _raised(written)
    if raised not in lines or raised == lines[-1]:
        wants_place = place and _PLACELESS.fullmatch(lines[-1])
        return f"{lines[-1]} ({place})" if wants_place else lines[-1]
    return one_line(f"{raised}; its last line: {lines[-1]}")


def _crash(lines: list[str]) -> str:
    """Return what faulthandler says of a crash, and the innermost call; "" for none."""
    for number, line in enumerate(lines):
        if line.startswith("Fatal Python error: "):
            call = next(filter(None, map(_CALL.match, lines[number:])), None)
            place = f" in {call[3]} ({Path(call[1]).name}, line {call[2]})" if call else ""
            return line + place
    return ""


def _raised(lines: list[str]) -> tuple[str, str]:
    """Return the line by which Python says what ended it, and where that was; "" for none."""
    found, place, heard = "", "", ""
    is_ignored = False
    for line in lines:
        is_ignored = is_ignored or line.startswith("Exception ignored in")
        if frame := _FRAME.match(line):
            place = f"{Path(frame[1]).name}, line {frame[2]}"
        elif place and _EXCEPTION.fullmatch(line):
            if not is_ignored:
                found, heard = one_line(line), place
            place, is_ignored = "", False
    return found, heard


def _lines(path: Path) -> list[str]:
    """Return the lines at the end of a log, as a terminal would show them."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _READ))
            text = file.read().decode("utf-8", "replace")
    except OSError:  # the job removed it
        return []
    return [_shown(line) for line in text.rstrip().split("\n")] if text.strip() else []


def _shown(line: str) -> str:
    """Return a line without escape sequences and what a carriage return has overwritten."""
    parts = [part for part in _ESCAPE.sub("", line).split("\r") if part.strip()]
    return printable(parts[-1]).rstrip() if parts else ""


def printable(text: str) -> str:
    """Return text with blanks for what can't be printed."""
    return "".join(c if c.isprintable() else " " for c in text)


def one_line(text: str) -> str:
    """Return text as one line, without control characters, shortened."""
    line = " ".join(printable(_ESCAPE.sub("", text)).split())
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"


def hide(text: str, environment: Mapping[str, str]) -> str:
    """Return text with stars for the values of variables whose names say that they are secret."""
    for name, value in environment.items():
        if len(value) >= _SHORTEST_SECRET and _SECRET.search(name.upper()):
            text = text.replace(value, "***")
    return text
