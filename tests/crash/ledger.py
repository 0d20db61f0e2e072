"""The ledger: what the jobs themselves say about when they ran. See `work`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Run:
    """One start of a job's program."""

    job: str
    attempt: int
    pid: int
    start: float  # monotonic seconds
    twin: bool = False  # another one of the same job was there
    end: float | None = None  # monotonic seconds; None: it did not get to its end
    ended: float | None = None  # the same by the clock on the wall
    code: int | None = None  # what it was about to exit with

    def ran_at(self, moment: float) -> bool:
        """Whether it had started and had not come to its end."""
        return self.start < moment and (self.end is None or self.end > moment)


def read(folder: Path) -> list[Run]:
    """Return all runs in the order of their starts."""
    file = folder / "ledger"
    *lines, _unfinished = file.read_bytes().split(b"\n") if file.exists() else [b""]
    runs: dict[tuple[str, int, int], Run] = {}
    for line in map(json.loads, lines):
        key = line["job"], line["attempt"], line["pid"]
        if line["event"] == "start":
            runs[key] = Run(*key, start=line["at"], twin=line["twin"])
        else:
            runs[key].end, runs[key].ended = line["at"], line["time"]
            runs[key].code = line["code"]
    return list(runs.values())
