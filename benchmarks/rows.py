"""A row of the table of measurements, and how the table is printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One comparison: what was measured, against what, and whether the goal was met."""

    what: str
    against: str
    ours: str
    peer: str
    ratio: float
    goal: str
    met: bool

    @classmethod
    def at_most(
        cls, what: str, against: str, seconds: tuple[float, float], most: float, goal: str = ""
    ) -> Row:
        """Compare two times: the first may be `most` times the second."""
        ours, peer = seconds
        ratio = ours / peer
        texts = (_milliseconds(ours), _milliseconds(peer))
        return cls(what, against, *texts, ratio, goal or f"≤ {most:g} ×", ratio <= most)

    def cells(self) -> list[str]:
        """Return the texts of the table."""
        met = "met" if self.met else "NOT MET"
        return [self.what, self.against, self.ours, self.peer, f"{self.ratio:.2f}", self.goal, met]


HEADER = ["what", "against", "ours", "peer", "ratio", "goal", ""]


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [HEADER, ["---"] * len(HEADER), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"
