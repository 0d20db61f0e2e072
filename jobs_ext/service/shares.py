"""Who has how much of the machine now: what caps and turns go by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec import Struct

from ..model.scheduling import Scheduling
from ..store.lines import LineRow
from ..store.nodes import NodeRow


class Cap(Struct, frozen=True):
    """How many jobs of one kind may run at once."""

    kind: str  # batch, queue, tool or owner
    name: str | int
    most: int


def caps(line: LineRow, rules: Scheduling) -> Iterator[Cap]:
    """Yield what limits the jobs of a line, the narrowest kind first."""
    limits = {
        "batch": (line.batch_pk, line.batch_max),
        "tool": (line.tool, line.tool_max),
        "queue": (line.queue, rules.most_of(line.queue)),
        "owner": (line.owner, rules.max_running_per_owner),
    }
    for kind, (name, most) in limits.items():
        if most:
            yield Cap(kind, name, most)


def suits(node: NodeRow, line: LineRow) -> bool:
    """Tell whether a node has what the jobs of a line take, and all the tags they ask for."""
    has = msgspec.json.decode(node.tags)
    return (
        (node.cpu is None or line.cpu <= node.cpu)
        and (node.memory is None or line.memory <= node.memory)
        and line.gpu <= node.gpus
        and set(msgspec.json.decode(line.tags)) <= set(has)
    )


class Shares:
    """The jobs under way by kind, the cores by owner, and whose turn was last.

    `active` are lines with the number of their jobs under way; `turns` are the owners' numbers.
    """

    def __init__(self, active: Iterable[LineRow] = (), turns: Mapping[str, int] = {}) -> None:
        self._turns = dict(turns)
        self._latest = max(turns.values(), default=0)
        self._running: Counter[tuple[str, str | int]] = Counter()
        self._cpu: Counter[str] = Counter()
        for line in active:
            self._add(line, line.jobs)

    def running(self, kind: str, name: str | int) -> int:
        """Return how many jobs of this queue, owner, tool or batch are under way."""
        return self._running[kind, name]

    def full(self, limits: Iterable[Cap]) -> Cap | None:
        """Return the one of these caps that keeps jobs from being started, if one does."""
        for cap in limits:
            if self._running[cap.kind, cap.name] >= cap.most:
                return cap
        return None

    def standing(self, owner: str) -> tuple[float, int]:
        """Return what an owner's turn goes by, the least first: cores held, last turn."""
        return self._cpu[owner], self._turns.get(owner, 0)

    def start(self, line: LineRow) -> None:
        """Count one more job of a line; it was its owner's turn."""
        self._add(line, 1)
        self._latest += 1
        self._turns[line.owner] = self._latest

    def _add(self, line: LineRow, jobs: int) -> None:
        kinds = {"queue": line.queue, "owner": line.owner, "tool": line.tool}
        for kind, name in (kinds | {"batch": line.batch_pk}).items():
            self._running[kind, name] += jobs
        self._cpu[line.owner] += jobs * line.cpu
