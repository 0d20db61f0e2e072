"""How much memory attempts use, as whole trees, and whether the system ran out of it."""

from __future__ import annotations

import re
import time
from pathlib import Path

from .executors import Begun
from .keeper import processes

_LOOK_EVERY = 1.0  # seconds


def used_more_than(limit: int, begun: Begun, everything: dict[int, processes.Process]) -> int:
    """Return the bytes an attempt's tree uses when they are more than `limit`, else 0.

    Pages shared between processes count once where the system tells (PSS): a pool of forked
    workers is not what it seems.
    """
    tree = _tree(begun, everything)
    if sum(entry.rss for entry in tree) <= limit:
        return 0
    used = sum(_share(entry) for entry in tree)
    return used if used > limit else 0


def _tree(begun: Begun, everything: dict[int, processes.Process]) -> list[processes.Process]:
    main = everything.get(begun.pid)
    if main is None or main.start != begun.process_start:
        return []
    roots = {entry.pid for entry in everything.values() if entry.session == begun.pid}
    found = processes.subtree(roots | {begun.pid}, everything)
    return [everything[pid] for pid in found]


def _share(entry: processes.Process) -> int:
    try:
        text = Path(f"/proc/{entry.pid}/smaps_rollup").read_text()
    except OSError:  # gone, not ours to read, or no /proc
        return entry.rss
    match = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(match[1]) * 1024 if match else entry.rss


class OutOfMemoryWatch:
    """Notices when the kernel's out-of-memory killer has been at work."""

    def __init__(self) -> None:
        self._counts = (_kills(), _kills())  # as of the last look but one, and of the last
        self._due = 0.0  # monotonic

    def look(self) -> None:
        """Note how things stand. To be called again and again."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _LOOK_EVERY
            self._counts = (self._counts[1], _kills())

    def struck(self) -> bool:
        """Tell whether it killed something in the last one or two seconds."""
        return _kills() > self._counts[0]


def _kills() -> int:
    try:
        text = Path("/proc/vmstat").read_text()
    except OSError:  # not Linux
        return 0
    match = re.search(r"^oom_kill (\d+)", text, re.MULTILINE)
    return int(match[1]) if match else 0
