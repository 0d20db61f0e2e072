"""The line that a wait in a terminal shows."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from jobs_ext.client import progressline
from jobs_ext.client.progressline import of_counts, progress_line
from jobs_ext.model.status import Status

COUNTS = dict.fromkeys(map(str, Status), 0) | {
    "SUCCEEDED": 5, "FAILED": 1, "RUNNING": 1, "STARTING": 1, "RUNNABLE": 2,
}  # fmt: skip


def test_a_batch_in_words():
    assert of_counts(COUNTS, 10) == (0.6, "6 of 10 done, 2 running, 1 failed")


def test_where_nobody_reads_it_there_is_none(capsys, monkeypatch):
    monkeypatch.setattr(progressline, "_PATIENCE", 0)
    with progress_line("sweep") as line:
        line.show(0.5, "half")
    assert capsys.readouterr() == ("", "")


def in_terminal(program):
    """Return what a program writes on stderr where that is a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", program], stderr=theirs) as running:
        os.close(theirs)
        said = b""
        while True:
            try:
                said += os.read(ours, 4096)
            except OSError:  # its other end is closed
                break
        os.close(ours)
    assert running.returncode == 0, said
    return said.decode()


def test_in_a_terminal_it_is_one_line():
    said = in_terminal(
        "from jobs_ext.client import progressline as p\n"
        "p._PATIENCE = 0\n"
        "with p.progress_line('sweep\\nof') as line:\n"
        "    line.show(None, 'RUNNING')\n"
        "    line.show(0.5, '5 of 10 done')\n"
    )
    first, second = said.split("\r\x1b[K")[1:]
    assert first.startswith("sweep of: RUNNING, ")
    assert second.startswith("sweep of: [##########----------] 5 of 10 done, ")
    assert second.endswith("\n")


def test_what_others_write_does_not_stand_behind_it():
    said = in_terminal(
        "import sys\n"
        "from jobs_ext.client import progressline as p\n"
        "p._PATIENCE = 0\n"
        "with p.progress_line('sweep') as line:\n"
        "    line.show(0.5, 'half \\x1b[2J')\n"
        "    line.clear()\n"
        "    print('mine', file=sys.stderr)\n"
    )
    shown, cleared, rest = said.split("\r\x1b[K")
    assert shown == ""
    assert cleared.startswith("sweep: [##########----------] half [2J, ")
    assert rest.split() == ["mine"]


def test_of_what_is_seen_anyway_there_is_none():
    assert in_terminal(
        "from jobs_ext.client import progressline as p\n"
        "p._PATIENCE = 0\n"
        "with p.progress_line('sweep', seen=True) as line:\n"
        "    line.show(0.5, 'half')\n"
    ) == ""  # fmt: skip


def test_who_waits_a_moment_sees_nothing():
    assert in_terminal(
        "from jobs_ext.client import progressline as p\n"
        "with p.progress_line('sweep') as line:\n"
        "    line.show(0.5, 'half')\n"
    ) == ""  # fmt: skip
