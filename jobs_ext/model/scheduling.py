"""How jobs share the machine: named queues, and what one owner may have of it."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from msgspec import Meta, Struct, field

DEFAULT_QUEUE = "default"
LIGHT_CPU, LIGHT_MEMORY = 0.25, 256_000_000  # cores and bytes, at most, of a light job
BESIDE = 0.5  # cores that light jobs have beside the machine's


class Share(NamedTuple):
    """What one job holds of the machine."""

    cpu: float  # cores
    memory: int  # bytes; 0: none is reserved
    gpu: int  # how many

    @property
    def light(self) -> bool:
        """Whether it may run when all slots are taken: it takes little, and says how much."""
        small = self.cpu <= LIGHT_CPU and 0 < self.memory <= LIGHT_MEMORY
        return small and not self.gpu


class QueueRules(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What holds for the jobs of one queue."""

    max_running: Annotated[int, Meta(ge=1)] | None = None  # jobs of it that run at once
    description: str = ""  # for people and forms


class Scheduling(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The rules by which the next job is chosen."""

    queues: dict[str, QueueRules] = field(default_factory=lambda: {DEFAULT_QUEUE: QueueRules()})
    max_running_per_owner: int | None = None  # jobs that run at once
    patience: float = 60.0  # seconds for which a job that does not fit lets others pass

    def most_of(self, queue: str) -> int | None:
        """Return how many jobs of a queue may run at once; one that is gone has no cap."""
        rules = self.queues.get(queue)
        return None if rules is None else rules.max_running
