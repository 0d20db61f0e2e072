"""Types that a parameter may have, at the top of a module as in a notebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, NamedTuple, NotRequired, TypedDict
from uuid import UUID

import msgspec


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass
class Point:
    """A point.

    Attributes:
        x: How far right.
    """

    x: int
    seen: date = date(2026, 1, 2)
    near: list[Point] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("x is left of all")


class Pair(NamedTuple):
    left: int
    colour: Colour = Colour.RED


class Entry(TypedDict):
    name: str
    at: NotRequired[Point]


class Cut(msgspec.Struct):
    depth: Annotated[int, msgspec.Meta(ge=1, lt=9)]
    share: Decimal = Decimal("0.5")


#: for each type: JSON as a form holds it, what a function gets, and the code of that
KINDS: list[tuple[Any, Any, Any, str]] = [
    (Point, {"x": 1, "near": [{"x": 2}]}, Point(1, near=[Point(2)]), ""),
    (list[Point], [{"x": 1}], [Point(1)], ""),
    (Point | None, None, None, "None"),
    (Pair, {"left": 1, "colour": "BLUE"}, Pair(1, Colour.BLUE), ""),
    (Entry, {"name": "a", "at": {"x": 1}}, {"name": "a", "at": Point(1)}, ""),
    (Cut, {"depth": 2, "share": "0.25"}, Cut(2, Decimal("0.25")), ""),
    (Point | Pair, {"left": 3}, Pair(3), ""),
    (int | str, "5", "5", "'5'"),
    (dict[str, date], {"a": "2026-01-02"}, {"a": date(2026, 1, 2)}, ""),
    (dict[int, float], {"1": 0.5}, {1: 0.5}, "{1: 0.5}"),
    (tuple[int, str], [1, "a"], (1, "a"), "(1, 'a')"),
    (tuple[int, ...], [1], (1,), "(1,)"),
    (set[str], ["a"], {"a"}, "{'a'}"),
    (frozenset[int], [], frozenset(), "frozenset()"),
    (datetime, "2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5), ""),  # noqa: DTZ001
    (time, "10:30:00", time(10, 30), "_datetime.time(10, 30)"),
    (timedelta, "90s", timedelta(seconds=90), "_datetime.timedelta(seconds=90)"),
    (timedelta, "-0.25s", timedelta(seconds=-0.25), ""),
    (timedelta, "0s", timedelta(0), "_datetime.timedelta(0)"),
    (timedelta, "1234567.000001s", timedelta(seconds=1234567, microseconds=1), ""),
    (Decimal, "0.1", Decimal("0.1"), "decimal.Decimal('0.1')"),
    (UUID, f"{UUID(int=1)}", UUID(int=1), ""),
    (bytes, "é", "é".encode(), repr("é".encode())),
    (float, 1.5, 1.5, "1.5"),
]
