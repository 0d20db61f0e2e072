"""The steps of a job: what its tool declares, joined with what its attempt says of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from .job import Progress, Step
from .status import Status
from .tool import ToolStep


class Told(Struct, frozen=True):
    """What the attempt says of one of its steps (``runner/payloads/steps.py`` writes it)."""

    status: Status
    started: str | None = None
    stopped: str | None = None
    exit_code: int | None = None
    signal: int | None = None
    reason: str | None = None


def in_order(steps: Iterable[ToolStep]) -> list[list[ToolStep]]:
    """Return the steps in groups that follow one another; those of a group run side by side."""
    groups: dict[int, list[ToolStep]] = {}
    for step in sorted(steps, key=lambda step: step.ordering):
        groups.setdefault(step.ordering, []).append(step)
    return list(groups.values())


def steps_of(
    tool: dict[str, Any] | None,
    progress: Progress | None,
    status: Status,
    outputs: Sequence[str] = (),
) -> list[Step]:
    """Return the steps of a job of this tool (as JSON), [] when it has none.

    `outputs` are the names of those that the job shows. In a job that has ended no step goes on,
    and none will: those are CANCELLED.
    """
    declared = (tool or {}).get("steps")
    if not declared:
        return []
    told = _told(progress)
    steps = msgspec.convert(declared, list[ToolStep])
    return [
        _step(step, told.get(step.name), status, outputs)
        for group in in_order(steps)
        for step in group
    ]


def _told(progress: Progress | None) -> dict[str, Told]:
    said = progress.data if progress is not None else None
    try:
        return msgspec.convert((said or {})["steps"], dict[str, Told])
    except (msgspec.ValidationError, KeyError, TypeError):  # a step wrote over it
        return {}


def _step(declared: ToolStep, told: Told | None, status: Status, outputs: Sequence[str]) -> Step:
    told = told or Told(Status.PENDING)
    ended = status.final and not told.status.final
    facts = msgspec.structs.asdict(told) | ({"status": Status.CANCELLED} if ended else {})
    wrote = [name for name in outputs if name.startswith(f"{declared.name}/")]
    return Step(declared.name, declared.ordering, **facts, outputs=wrote)
