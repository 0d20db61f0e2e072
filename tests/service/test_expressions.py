"""Regular expressions of tools: quick where they can be, given up where they take for ever."""

from __future__ import annotations

import re
import threading
import time

import pytest

from jobs_ext.service import expressions
from jobs_ext.service.expressions import TooLong, has_match


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("^[a-z]+(,[a-z]+)*$", "a,bc,def"),
        ("^[a-z]+(,[a-z]+)*$", "gene," * 40 + "gene"),
        ("^[a-z]+(,[a-z]+)*$", "gene," * 40),
        (r"^\d{4}-\d\d-\d\d$", "2026-11-22"),
        ("(?i)^(yes|no)$", "YES"),
        ("(a)(?(1)b|c)", "ab"),
        ("^(?=x)x(?!y)", "xy"),
        ("", ""),
        ("\u00fc+", "\u00fc\n\ud83d"),
    ],
)
def test_what_is_found_is_what_python_finds(expression, text):
    assert has_match(expression, text) == (re.search(expression, text) is not None)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("(a+)+$", "a" * 60 + "!"),
        ("^(a|aa)+$", "a" * 90 + "!"),
        ("(?:a|b|ab)*c", "ab" * 60),
        ("x*" * 20 + "y", "x" * 60),
    ],
)
def test_what_takes_for_ever_is_given_up_and_holds_nobody(monkeypatch, expression, text):
    monkeypatch.setattr(expressions, "PATIENCE", 0.2)
    longest, over = [0.0], threading.Event()

    def watch():
        last = time.monotonic()
        while not over.wait(0.01):
            longest[0] = max(longest[0], time.monotonic() - last)
            last = time.monotonic()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with pytest.raises(TooLong):
            has_match(expression, text)
    finally:
        over.set()
        watcher.join()
    assert longest[0] < 1.0  # the others went on
    assert has_match("^(a+)+$", "a" * 60)  # and the next one is told


def test_a_text_without_end_is_not_looked_through():
    assert has_match("^[ab]*", "ab" * 100_000)
    with pytest.raises(TooLong):
        has_match("^(a+)+$", "a" * 1_000_000)


def test_a_process_that_was_killed_is_followed_by_another():
    slow = ("(a+)+b", "a" * 5 + "b" * 5_000)
    assert has_match(*slow)
    first = expressions._APART._process
    assert first is not None
    first.kill()
    first.wait(10)
    assert has_match(*slow)
