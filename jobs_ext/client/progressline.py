"""One line that says how far a wait has come: in a terminal, or below the cell that waits.

A thing whose card is on show has none: the card says it.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jobs_ext.model.job import Job
from jobs_ext.model.quantities import show_duration
from jobs_ext.model.status import ACTIVE, Status

from . import origin

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

METADATA = {"jobs_ext": "progress"}  # of the output in a notebook, for those who compare outputs
_PATIENCE = 0.5  # seconds that a wait may take without a word
_BAR = 20  # characters
_LONGEST = 100  # characters in a notebook, whose width is not known here
_CLEAR = "\r\x1b[K"


class _Nowhere:
    """Where a line is written: here nobody reads it."""

    patience = 20  # seconds in which there may be nothing new

    def write(self, text: str) -> None:
        """Put `text` in place of what the line says."""

    def clear(self) -> None:
        """Make room for what others write."""

    def end(self) -> None:
        """Leave the line as it is, so that what comes next stands below it."""


class _Terminal(_Nowhere):
    """Over and over on stderr."""

    patience = 1
    _shown = False

    def write(self, text: str) -> None:
        self._put(_CLEAR + text[: shutil.get_terminal_size().columns - 1])
        self._shown = True

    def clear(self) -> None:
        if self._shown:
            self._put(_CLEAR)
            self._shown = False

    def end(self) -> None:
        if self._shown:
            self._put("\n")
            self._shown = False

    def _put(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


class _Notebook(_Nowhere):
    """In an output of the cell that stays where it is: what others write stands below it."""

    patience = 1
    _output: DisplayHandle | None = None

    def write(self, text: str) -> None:
        from IPython.display import display

        told = {"text/plain": text[:_LONGEST]}
        if self._output is None:
            self._output = display(told, raw=True, metadata=METADATA, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._output.update(told, raw=True, metadata=METADATA)  # type: ignore[no-untyped-call]


class Line:
    """The line of a wait for something of a name."""

    def __init__(self, name: str, place: _Nowhere) -> None:
        self._name = name
        self._place = place
        self._began = time.monotonic()

    @property
    def patience(self) -> int:
        """For how many seconds nothing new is to be said."""
        return self._place.patience

    def show(self, fraction: float | None, said: str) -> None:
        """Say how far it is, 0 to 1 where that is known; nothing in the first half second."""
        waited = time.monotonic() - self._began
        if waited < _PATIENCE:
            return
        bar = "" if fraction is None else f"[{'#' * round(fraction * _BAR):-<{_BAR}}] "
        text = f"{self._name}: {bar}{said}, {show_duration(waited)}"
        plain = "".join(c if c.isprintable() else " " for c in text)
        self._place.write(" ".join(plain.split()))

    def clear(self) -> None:
        """Take the line away until it is shown again, as others may write now."""
        self._place.clear()

    def end(self) -> None:
        """Leave the line as it is, so that what comes next stands below it."""
        self._place.end()


@contextmanager
def progress_line(name: str, *, seen: bool = False) -> Iterator[Line]:
    """Give a line for as long as the block takes; one that is silent for what is `seen` anyway."""
    line = Line(name, _Nowhere() if seen else _place())
    try:
        yield line
    finally:
        line.end()


def _place() -> _Nowhere:
    if hasattr(origin.shell(), "kernel"):
        return _Notebook()
    return _Terminal() if sys.stderr.isatty() else _Nowhere()


def of_job(job: Job) -> tuple[float | None, str]:
    """Return how far a job is, and that in words: what it says, or why it waits."""
    progress = job.progress
    fraction = None if progress is None else progress.fraction
    told = job.reason if progress is None or not progress.message else progress.message
    return fraction, f"{job.status}: {told}" if told else str(job.status)


def of_counts(counts: Mapping[str, int], n_jobs: int) -> tuple[float, str]:
    """Return how far a batch of so many jobs is, and that in words."""
    done = sum(n for status, n in counts.items() if Status(status).final)
    running = sum(counts[status] for status in ACTIVE)
    told = [f"{done:,} of {n_jobs:,} done", f"{running:,} running" if running else ""]
    told += [f"{counts[s]:,} {s.lower()}" for s in (Status.FAILED, Status.CANCELLED) if counts[s]]
    return done / n_jobs, ", ".join(filter(None, told))
