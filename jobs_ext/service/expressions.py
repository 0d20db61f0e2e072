"""Looking for regular expressions of tools in values that anybody gives, without end for none.

Python's own search holds all threads of a process, and some expressions take longer than anybody
waits: ``(a+)+$`` in forty letters a and one b. What can take long is left to a process of its own,
which is ended when its time is over.
"""

from __future__ import annotations

import atexit
import math
import re
import select
import subprocess
import sys
from functools import lru_cache
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from threading import Lock
from typing import Any

import msgspec

PATIENCE = 2.0  # seconds that one search may take
_QUICK = 1e6  # steps that are made here: less than a tenth of a second
_LONGEST = 2**16  # characters of a text that is looked through at all
_REPEATS = {ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT}
_SEARCH = """
import json, re, sys
sys.stdout.write("here")
sys.stdout.flush()
for line in sys.stdin.buffer:
    expression, text = json.loads(line)
    found = re.search(expression, text) is not None
    sys.stdout.write("1" if found else "0")
    sys.stdout.flush()
"""


class TooLong(Exception):
    """It takes too long to tell."""


def has_match(expression: str, text: str) -> bool:
    """Tell whether a text has a match for an expression, one that compiles.

    Raises `TooLong` when nobody can tell in `PATIENCE`.
    """
    if _steps(expression, len(text)) <= _QUICK:
        return re.search(expression, text) is not None
    if len(text) > _LONGEST:
        raise TooLong
    return _APART.search(expression, text)


class _Apart:
    """The process that looks where it can take long; started when it is needed first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def search(self, expression: str, text: str) -> bool:
        """Tell whether there is a match; raise `TooLong` after `PATIENCE`."""
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                self._end()  # the system ended it, for its memory perhaps
            process = self._process = self._process or _started()
            assert process.stdin
            assert process.stdout
            process.stdin.write(msgspec.json.encode((expression, text)) + b"\n")
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
            answer = process.stdout.read(1) if ready else b""
            if not answer:
                self._end()
                raise TooLong
            return answer == b"1"

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-S", "-c", _SEARCH]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.read(len("here"))  # a busy machine's time to start it is not the search's
    return process


_APART = _Apart()
atexit.register(_APART._end)


@lru_cache(1000)
def _parsed(expression: str) -> Any:
    return parser.parse(expression)


def _steps(expression: str, length: int) -> float:
    """Return how many steps a search takes at most, about."""
    parsed = _parsed(expression)
    anchored = len(parsed) > 0 and parsed[0] == (ops.AT, ops.AT_BEGINNING)
    ways = _ways(parsed, length + 1)
    return ways + length if anchored else ways * (length + 1)


def _ways(parsed: Any, length: int) -> float:
    """Return in how many ways a part of an expression can match some of `length` characters."""
    ways = 1.0
    for operator, value in parsed:
        if operator in _REPEATS:
            least, most, part = value
            inner = _ways(part, length)
            rounds = min(most, length)
            ways *= 1 + min(most - least, length) if inner == 1 else _power(inner, rounds)
        elif operator is ops.BRANCH:
            ways *= sum(_ways(part, length) for part in value[1])
        else:
            for part in _parts(value):
                ways *= _ways(part, length)
    return ways


def _power(base: float, times: int) -> float:
    return math.inf if times * math.log(base) > 700 else base**times


def _parts(value: Any) -> list[Any]:
    """Return the expressions within what an operator says of itself."""
    found = value if isinstance(value, tuple) else (value,)
    return [one for one in found if isinstance(one, parser.SubPattern)]
