"""What the scripts of the shipped tools share: tables in and out, progress, and how they end."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

#: Told how far the work is, from 0.0 to 1.0.
Report = Callable[[float], None]


class BadInput(Exception):
    """A file, or what was asked of it, makes no sense; says why in one sentence."""


def ignore(_fraction: float) -> None:
    """Report to nobody."""


def read_text(path: Path) -> str:
    """Return the text of a file; BadInput if it has none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return file.read()
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not a text file.") from None


def read_rows(path: Path) -> list[list[str]]:
    """Return the rows of a tab-separated table, its header too, without empty lines."""
    lines = csv.reader(io.StringIO(read_text(path)), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        return [row for row in lines if row]
    except csv.Error:
        raise BadInput(f"{path.name} is not a text file.") from None


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows as CSV with a header line."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def progress_reporter(path: str | None, steps: int = 20) -> Report:
    """Return what appends progress to the file at `path`, at most `steps` times; None: to none."""
    if path is None:
        return ignore
    said = 0

    def report(fraction: float) -> None:
        nonlocal said
        if int(fraction * steps) > said:
            said = int(fraction * steps)
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(json.dumps({"fraction": round(fraction, 2)}) + "\n")

    return report


def ended(work: Callable[[], str]) -> int:
    """Do the work of a script and print what it says of it; return the exit code."""
    try:
        print(work())
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 0
