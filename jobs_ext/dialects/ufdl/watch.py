"""What a WebSocket tells of a job: each transition once, as UFDL's clients know them."""

from __future__ import annotations

from collections.abc import Sequence

from ...model.errors import NotFound
from ...model.job import Event
from ...model.reasons import ReasonCode
from ...model.status import Status
from .children import Child
from .context import Ctx, action
from .shapes import Json, is_cancelled, progress, times

_FIRST = {Status.RUNNING: "progress", Status.SUCCEEDED: "finish", Status.FAILED: "error"}
_MOVES = {
    (Status.STARTING, Status.RUNNABLE): "release",
    (Status.STARTING, Status.RUNNING): "start",
    (Status.RUNNING, Status.SUCCEEDED): "finish",
    (Status.FAILED, Status.RUNNABLE): "reset",
    (Status.RUNNING, Status.RUNNABLE): "reset",
}


class Watched:
    """A job as it was told of last. Raises `NotFound` for none."""

    def __init__(self, ctx: Ctx, pk: str) -> None:
        self._seen = ctx.service.events.head()  # what was so far, the job shows by itself
        job = ctx.job(pk)
        self.job = job.id
        self._ctx = ctx
        self._pk = job.pk
        self._description = job.description
        self._progress = progress(job)
        self._node = job.node
        self._cancelled = is_cancelled(job)
        self._error = None if self._cancelled else times(job)[2]
        self._first = "cancel" if self._cancelled else _FIRST.get(job.status)

    def greeting(self) -> list[object]:
        """Return where the job stood, unless it was not started, and what happened meanwhile.

        Between the look at the job and the first news there is the handshake.
        """
        first = [self._frame(self._first, {})] if self._first else []
        return [*first, *self.frames(self._ctx.service.jobs.history(self._ctx.who, self.job))]

    def frames(self, events: Sequence[Event]) -> list[object]:
        """Return a frame for each transition among the events."""
        try:
            self._description = self._ctx.service.jobs.get(self._ctx.who, self.job).description
        except NotFound:  # it was removed for good, and has nothing more to tell
            return []
        news = [event for event in events if event.seq > self._seen]
        self._seen = max((event.seq for event in news), default=self._seen)
        return [frame for event in news for frame in self._told(event)]

    def _told(self, event: Event) -> list[object]:
        data: Json = {}
        if event.type == "progress":
            name, data = "progress", event.data.get("data") or {}
            self._progress = event.data.get("fraction") or 0.0
        elif event.type == "changed" and "node" in event.data:
            name = "acquire" if event.data["change"] == "taken" else "release"
            self._node = event.data["node"] if name == "acquire" else None
        elif event.type == "cancel_requested":
            name = self._cancel()
        elif event.type == "status":
            name = self._moved(event)
        else:
            return []
        return [self._frame(name, data)] if name else []

    def _moved(self, event: Event) -> str:
        """Take in a change of status; return the name of the transition, "" for none."""
        old, new = Status(event.data["from"]), Status(event.data["status"])
        if new is Status.CANCELLED:
            return self._cancel()
        if new is Status.FAILED:
            self._error = event.data.get("reason", "")
            return "error"
        if new is Status.STARTING:
            known, self._node = self._node, event.data.get("node")
            return "" if self._node is None or self._node == known else "acquire"
        if new in (Status.RUNNABLE, Status.PENDING):
            return self._came_back(old, event.data.get("reason_code"))
        return _MOVES.get((old, new), "")

    def _came_back(self, old: Status, code: str | None) -> str:
        self._error = None
        if old is not Status.FAILED:  # which its node keeps
            self._node = None
        return "abort" if code == ReasonCode.ABORTED else _MOVES.get((old, Status.RUNNABLE), "")

    def _cancel(self) -> str:
        """Take in that it was cancelled, of which is told once."""
        known, self._cancelled, self._error = self._cancelled, True, None
        return "" if known else "cancel"

    def _frame(self, name: str | None, data: Json) -> Json:
        pk = self._ctx.service.nodes.numbers([self._node]).get(self._node) if self._node else None
        return {
            "transition": name,
            "description": self._description,
            "pk": self._pk,
            "progress": self._progress,
            "cancelled": self._cancelled,
            **({} if pk is None else {"node": pk}),
            **({} if self._error is None else {"error": self._error}),
            "transition_data": data,
        }


class WatchedChild:
    """A child as it was told of last: each state that it has passed since is told of once."""

    def __init__(self, ctx: Ctx, child: Child) -> None:
        self.job = child.job.id
        self._ctx = ctx
        self._place = child.place
        self._pk = child.pk
        self._told = _state(child)

    def greeting(self) -> list[object]:
        """Return where the child stands, unless it was not started."""
        child = Child(self._ctx.service.jobs.get(self._ctx.who, self.job), self._place)
        self._told = _state(child)
        name = _FIRST.get(child.status, "cancel" if child.status is Status.CANCELLED else None)
        return [self._frame(name, child)] if name else []

    def frames(self, _: Sequence[Event]) -> list[object]:
        """Return a frame for each transition since the last: its job may have told of several."""
        try:
            job = self._ctx.service.jobs.get(self._ctx.who, self.job)
        except NotFound:  # it was removed for good
            return []
        child = Child(job, self._place)
        before, self._told = self._told, _state(child)
        return [self._frame(name, child) for name in _passed(before, self._told)]

    def _frame(self, name: str, child: Child) -> Json:
        over = child.status.final and name not in ("reset", "start")
        return {
            "transition": name,
            "description": child.description,
            "pk": self._pk,
            "progress": child.progress if over else 0.0,
            "cancelled": over and child.status is Status.CANCELLED,
            **({"error": child.error} if over and child.status is Status.FAILED else {}),
            "transition_data": {},
        }


def _state(child: Child) -> tuple[int, Status]:
    """Return the number of the try, and where the child stands in that."""
    return len(child.job.attempts), child.status


_ENDS = {Status.SUCCEEDED: "finish", Status.FAILED: "error", Status.CANCELLED: "cancel"}


def _passed(before: tuple[int, Status], after: tuple[int, Status]) -> list[str]:
    """Return the transitions that a child made between two looks."""
    if before == after:
        return []
    old, new = before[1], after[1]
    again = before[0] != after[0] or new is Status.PENDING
    names = ["reset"] if again and old is not Status.PENDING else []
    if (again or old is Status.PENDING) and new in (Status.RUNNING, *_STARTED):
        names.append("start")
    return [*names, *([_ENDS[new]] if new in _ENDS else [])]


_STARTED = (Status.SUCCEEDED, Status.FAILED)  # it must have been, to get there


@action
def watch(ctx: Ctx, pk: str) -> object:
    """Tell of the transitions of a job, or of the child of one."""
    child = ctx.job_or_child(pk)[1]
    return Watched(ctx, pk) if child is None else WatchedChild(ctx, child)
