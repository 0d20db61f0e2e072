"""One line in a terminal that says how far a wait has come; nowhere else: a notebook has cards."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from jobs_ext.model.job import Job
from jobs_ext.model.quantities import show_duration
from jobs_ext.model.status import ACTIVE, Status

_PATIENCE = 0.5  # seconds that a wait may take without a word
_BAR = 20  # characters
_CLEAR = "\r\x1b[K"


class Line:
    """The line: written over and over on stderr, if that is a terminal."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._began = time.monotonic()
        self._on = sys.stderr.isatty()
        self._shown = False

    def show(self, fraction: float | None, said: str) -> None:
        """Say how far it is, 0 to 1 where that is known; nothing in the first half second."""
        waited = time.monotonic() - self._began
        if not self._on or waited < _PATIENCE:
            return
        bar = "" if fraction is None else f"[{'#' * round(fraction * _BAR):-<{_BAR}}] "
        text = f"{self._name}: {bar}{said}, {show_duration(waited)}"
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(_CLEAR + " ".join(text.split())[:width])
        sys.stderr.flush()
        self._shown = True

    def end(self) -> None:
        """Leave the line as it is, so that what comes next stands below it."""
        if self._shown:
            sys.stderr.write("\n")
            self._shown = False


@contextmanager
def progress_line(name: str) -> Iterator[Line]:
    """Give a line for as long as the block takes."""
    line = Line(name)
    try:
        yield line
    finally:
        line.end()


def of_job(job: Job) -> tuple[float | None, str]:
    """Return how far a job is, and that in words."""
    progress = job.progress
    fraction = None if progress is None else progress.fraction
    message = "" if progress is None or not progress.message else f" {progress.message}"
    return fraction, f"{job.status}{message}"


def of_counts(counts: Mapping[str, int], n_jobs: int) -> tuple[float, str]:
    """Return how far a batch of so many jobs is, and that in words."""
    done = sum(n for status, n in counts.items() if Status(status).final)
    running = sum(counts[status] for status in ACTIVE)
    told = [f"{done} of {n_jobs} done", f"{running} running" if running else ""]
    told += [f"{counts[s]} {s.lower()}" for s in (Status.FAILED, Status.CANCELLED) if counts[s]]
    return done / n_jobs, ", ".join(filter(None, told))
