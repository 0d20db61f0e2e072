"""The end of a log, as it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs_ext.runner.tail import hide, last_line, log_tail, one_line
from jobs_ext.store.paths import AttemptPaths


@pytest.fixture
def at(tmp_path: Path) -> AttemptPaths:
    return AttemptPaths(tmp_path)


def test_stderr_goes_before_stdout(at: AttemptPaths) -> None:
    assert log_tail(at) == ""
    at.stdout.write_text("one\ntwo\n")
    at.stderr.write_text("\n \n")
    assert log_tail(at) == "one\ntwo"
    at.stderr.write_text("bad\n")
    assert log_tail(at) == "bad"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"\x1b[1;31mred\x1b[0m", "red"),
        (b"\x1b]8;;http://x\x07link\x1b]8;;\x07", "link"),
        (b"10%\r 50%\r100%\r", "100%"),
        (b"a\x00b\x07c", "a b c"),
        (b"caf\xe9", "caf�"),
        ("né\u2028e".encode(), "né e"),
    ],
)
def test_it_is_what_a_terminal_shows(at: AttemptPaths, written: bytes, shown: str) -> None:
    at.stderr.write_bytes(b"before\n" + written + b"\n")
    assert log_tail(at) == f"before\n{shown}"
    assert last_line(at.stderr) == shown


TRACE = 'Traceback (most recent call last):\n  File "/a/b.py", line 3, in f\n    g(x)\n    ~~^^\n'


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (f"{TRACE}ValueError: bad", "ValueError: bad"),
        (f"{TRACE}pkg.OddError", "pkg.OddError (b.py, line 3)"),
        (f"{TRACE}ValueError: bad\nbye", "ValueError: bad; its last line: bye"),
        (f"{TRACE}KeyError: 1\n\nDuring …:\n\n{TRACE}OSError: 2", "OSError: 2"),
        (f"{TRACE}OSError: 1\nException ignored in: <f>\n{TRACE}KeyError: 2", "OSError: 1; its "),
        (f"Exception ignored in: <f>\n{TRACE}KeyError: 2\ngave up", "gave up"),
        ("ValueError: no traceback\nthe end", "the end"),
    ],
)
def test_what_python_raised_stands_first(at: AttemptPaths, written: str, shown: str) -> None:
    at.stderr.write_text(written)
    assert last_line(at.stderr).startswith(shown)


def test_a_crash_of_python_is_told_with_the_call_it_was_in(at: AttemptPaths) -> None:
    at.stderr.write_text(
        "Fatal Python error: Segmentation fault\n\n"
        "Current thread 0x00007f257e7fab80 (most recent call first):\n"
        '  File "/lib/ctypes/__init__.py", line 519 in string_at\n'
        '  File "/tmp/1.py", line 2 in mine\n'
        "\nExtension modules: numpy._core._multiarray_umath (total: 1)\n"
    )
    told = "Fatal Python error: Segmentation fault in string_at (__init__.py, line 519)"
    assert last_line(at.stderr) == told


def test_it_is_short(at: AttemptPaths) -> None:
    at.stderr.write_text("\n".join(f"line {n}" for n in range(1000)))
    assert log_tail(at).split("\n") == [f"line {n}" for n in range(980, 1000)]
    at.stderr.write_text("é" * 1_000_000)
    assert 3990 <= len(log_tail(at).encode()) <= 4000
    assert len(last_line(at.stderr)) == 500


def test_one_line_is_one_line() -> None:
    assert one_line("a\n\tb\x1b[0m\x00 c ") == "a b c"


def test_values_of_secret_names_are_hidden() -> None:
    variables = {
        "GITHUB_TOKEN": "abcdef",
        "db_password": "hunter22",
        "PIN_SECRET": "1",
        "HOME": "/h",
    }
    assert hide("abcdef hunter22 1 /h", variables) == "*** *** 1 /h"
