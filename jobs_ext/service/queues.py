"""The named queues, for those who choose one."""

from __future__ import annotations

from msgspec import Struct

from ..store import lines
from .core import Core
from .principal import Principal
from .shares import Shares


class QueueInfo(Struct, frozen=True):
    """A queue."""

    name: str  # by which a job asks for it
    description: str  # for people, from the trait `queues`
    max_running: int | None  # jobs of it that run at once; None: as many as fit
    running: int  # jobs of it under way now, of all owners


class Queues:
    """What can be asked of the queues."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(self, who: Principal) -> list[QueueInfo]:
        """Return all queues in the order of their configuration, the default one first."""
        who.require("read")
        rules = self._core.house.scheduling
        with self._core.store.read() as connection:
            shares = Shares(lines.active(connection))
        return [
            QueueInfo(name, queue.description, queue.max_running, shares.running("queue", name))
            for name, queue in rules.queues.items()
        ]
